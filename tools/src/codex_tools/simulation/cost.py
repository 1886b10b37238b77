"""What a month costs, by how the workers are sized. Every price is an option, every other assumption has a name."""

from collections.abc import Iterator, Sequence

from codex_tools.simulation import measured
from codex_tools.simulation.closed_form import slots_for
from codex_tools.simulation.cores import STORES, replicas, slot_hours
from codex_tools.simulation.options import Options
from codex_tools.simulation.table import Table, number

_DAYS = 30
_HOURS = 24
_GB = 1e9
_COLLAB = 2  # replicas, idle as far as submissions are concerned
_POSTGRES = 2  # cores: a primary and its standby
_SPARE = 1.5  # slots to have over those that are needed


def cost(options: Options) -> Table:
    """A month of the slots in three sizes, and of everything else, which is the same for all."""
    head = ["what", "core-hours a day", "a month", "for 1,000 submissions"]
    everything = [*_slots(options), *_others(options)]
    rows = [_row(name, hours, _month(hours, options), options) for name, hours in everything]
    size = _gigabytes(options)
    disk = size * options.gigabyte_month
    return Table(head=head, rows=[*rows, _row(f"disks: {number(size)} GB in the twelfth month", 0, disk, options)])


def _slots(options: Options) -> Iterator[tuple[str, float]]:
    yield f"{options.workers:,} workers of one slot, always", options.workers * _HOURS
    peak = round(slots_for(options.load.peak) * _SPARE)
    yield f"or {peak} slots, always", peak * _HOURS
    yield "or as many as each hour needs, and half of that", slot_hours(options) * _SPARE


def _others(options: Options) -> Iterator[tuple[str, float]]:
    having = replicas(options)
    services = sum(count for part, count in having.items() if part not in STORES) + _COLLAB
    stores = measured.REPLICATION * having["Kafka"] + measured.REPLICATION * having["MongoDB"] + having["Redis"]
    yield f"services: {services} replicas of a core", services * _HOURS
    yield f"stores: {stores + _POSTGRES} cores, their replicas too", (stores + _POSTGRES) * _HOURS


def _gigabytes(options: Options) -> float:
    a_day = options.load.submissions / _GB
    records = measured.JOB_BYTES + measured.RESULT_BYTES + 2 * measured.RECORD_OVERHEAD
    kafka = records * a_day * measured.KAFKA_DAYS
    documents = (measured.DOCUMENT_BYTES + measured.INDEX_BYTES) * a_day * 12 * _DAYS
    return measured.REPLICATION * (kafka + documents)


def _month(core_hours: float, options: Options) -> float:
    return core_hours * _DAYS * options.core_hour


def _row(name: str, hours: float, month: float, options: Options) -> Sequence[str]:
    each = 1_000 * month / _DAYS / options.load.submissions
    return [name, number(hours) if hours else "-", number(month), f"{each:.4f}"]
