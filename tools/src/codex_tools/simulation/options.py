"""What a table can be asked for with."""

from dataclasses import dataclass, field

from codex_tools.simulation.load import Load


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """The day, the fleet that was asked for, and prices in any currency: a core for an hour, a GB for a month."""

    load: Load = field(default_factory=Load)
    workers: int = 1_000
    seed: int = 1
    core_hour: float = 0.04
    gigabyte_month: float = 0.10
