"""What each store is asked for, and what it keeps."""

from collections.abc import Sequence
from dataclasses import dataclass

from codex_tools.simulation import measured
from codex_tools.simulation.load import DAY, Load
from codex_tools.simulation.options import Options
from codex_tools.simulation.table import Table, number

_GB = 1e9
_ANNOUNCED_EVERY = 5.0  # seconds, two commands
_CONSUMER_REQUESTS = 3.0  # a second, of one that has nothing to do: two fetches, one heartbeat


@dataclass(frozen=True, slots=True, kw_only=True)
class Store:
    """Operations of one submission, what idle workers ask a second, bytes kept of a submission and for how long."""

    name: str
    operations: float
    writes: float
    idle: float
    bytes: float
    kept: str


def stores(options: Options) -> Table:
    """Load of each store over the day and in the busiest minute."""
    head = [
        "store",
        "operations a submission",
        "a second: mean",
        "peak",
        "writes at peak",
        "of idle workers",
        "GB a day",
    ]
    return Table(head=[*head, "kept"], rows=[_row(store, options.load) for store in _stores(options)])


def _stores(options: Options) -> Sequence[Store]:
    first = measured.FIRST_ACCEPTED
    return (
        _kafka(options),
        _mongo(options),
        Store(
            name="PostgreSQL",
            operations=measured.ACCEPTED,
            writes=measured.ACCEPTED,
            idle=0,
            bytes=measured.PROGRESS_BYTES * first,
            kept="for ever",
        ),
        _redis(options),
    )


def _kafka(options: Options) -> Store:
    written = measured.REPLICATION * (measured.JOB_BYTES + measured.RESULT_BYTES + 2 * measured.RECORD_OVERHEAD)
    kept = measured.KAFKA_DAYS * written * options.load.submissions / _GB
    return Store(
        name="Kafka (records)",
        operations=2,
        writes=2,
        idle=_CONSUMER_REQUESTS * options.workers,
        bytes=written,
        kept=f"{measured.KAFKA_DAYS} days: {number(kept)} GB",
    )


def _mongo(options: Options) -> Store:
    written = measured.DOCUMENT_BYTES + measured.INDEX_BYTES
    return Store(
        name="MongoDB",
        operations=2 + 3 * measured.FIRST_ACCEPTED,  # insert, judgement; ledger, sum and credit of a first solution
        writes=2 + 2 * measured.FIRST_ACCEPTED,
        idle=0,
        bytes=written,
        kept=f"for ever: {number(written * options.load.submissions * 365 / _GB)} GB a year",
    )


def _redis(options: Options) -> Store:
    # A script at the gate and one at the entrance; state, tests and their expiry; the verdict; boards.
    commands = 2 + (2 + measured.TESTS) + 5 + 3 * measured.FIRST_ACCEPTED
    live = options.load.peak * measured.LIVE_SECONDS * measured.LIVE_BYTES / _GB
    return Store(
        name="Redis (commands)",
        operations=commands,
        writes=commands,
        idle=2 * options.workers / _ANNOUNCED_EVERY,
        bytes=measured.LIVE_BYTES,
        kept=f"15 min: at most {live:.2f} GB",
    )


def _row(store: Store, load: Load) -> Sequence[str]:
    return [
        store.name,
        number(store.operations),
        number(store.operations * load.submissions / DAY),
        number(store.operations * load.peak),
        number(store.writes * load.peak),
        number(store.idle),
        number(store.bytes * load.submissions / _GB),
        store.kept,
    ]
