"""``python -m codex_tools.simulation TABLE``: one table, as Markdown."""

import argparse
import sys
from collections.abc import Callable, Sequence

from codex_tools.simulation.cores import cores
from codex_tools.simulation.cost import cost
from codex_tools.simulation.fairness import fairness
from codex_tools.simulation.limits import limits
from codex_tools.simulation.load import Load
from codex_tools.simulation.options import Options
from codex_tools.simulation.partitions import partitions
from codex_tools.simulation.stores import stores
from codex_tools.simulation.table import Table
from codex_tools.simulation.waiting import fleets, hours

TABLES: dict[str, Callable[[Options], Table]] = {
    "fleets": fleets,
    "hours": hours,
    "partitions": partitions,
    "fairness": fairness,
    "stores": stores,
    "cores": cores,
    "cost": cost,
    "limits": limits,
}


def main(argv: Sequence[str] | None = None) -> int:
    """Print the table that the arguments ask for."""
    sys.stdout.write(table(argv).markdown())
    return 0


def table(argv: Sequence[str] | None) -> Table:
    """The table that the arguments ask for."""
    chosen = _parser().parse_args(argv)
    load = Load(submissions=chosen.submissions, contest_share=chosen.contest_share, people=chosen.people)
    options = Options(
        load=load,
        workers=chosen.workers,
        seed=chosen.seed,
        core_hour=chosen.core_hour,
        gigabyte_month=chosen.gigabyte_month,
    )
    return TABLES[chosen.table](options)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m codex_tools.simulation", description="A day, as a table.")
    usual = Options()
    parser.add_argument("table", choices=TABLES)
    parser.add_argument("--submissions", type=int, default=usual.load.submissions, help="a day")
    parser.add_argument("--contest-share", type=float, default=usual.load.contest_share, help="of all submissions")
    parser.add_argument("--people", type=int, default=usual.load.people, help="who submit, a day")
    parser.add_argument("--workers", type=int, default=usual.workers)
    parser.add_argument("--seed", type=int, default=usual.seed)
    parser.add_argument("--core-hour", type=float, default=usual.core_hour, help="price of a core for an hour")
    parser.add_argument("--gigabyte-month", type=float, default=usual.gigabyte_month, help="price of a GB of disk")
    return parser


if __name__ == "__main__":
    sys.exit(main())
