"""``make chaos``: processes killed and frozen, disks full, networks slow, records repeated; no submission lost.

Starts a stack of its own. Ends with 1 if one promise was not kept.
"""

import argparse
import logging
import random
import sys
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from pathlib import Path

import uvloop

from tests.chaos.faults import FILLED, TARGETS, Fault, Scope, plan
from tests.chaos.report import report, say
from tests.chaos.run import torment
from tests.chaos.stack import running


def main() -> int:
    """One run, and its report."""
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # it says at length that a broker was killed
    return uvloop.run(_run(_options()))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make chaos", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10, help="how long faults go on (default 10)")
    parser.add_argument("--clients", type=int, default=20, help="people who hand in programs (default 20)")
    parser.add_argument("--kills", type=int, default=60, help="how often something is killed (default 60)")
    parser.add_argument("--seed", type=int, default=random.randrange(10_000), help="makes a run repeatable")
    parser.add_argument("--only", default="", metavar="NAME,...", help=f"spare all but these of {', '.join(TARGETS)}")
    parser.add_argument("--logs", type=Path, metavar="FOLDER", help="copy the stack's logs to this folder at the end")
    options = parser.parse_args()
    options.only = options.only.split(",") if options.only else list(TARGETS)
    if unknown := set(options.only) - set(TARGETS):
        parser.error(f"no target: {', '.join(sorted(unknown))}")
    return options


async def _run(options: argparse.Namespace) -> int:
    async with running(keep=options.logs) as stack:
        for store in sorted(set(FILLED) - stack.disks.keys()):
            say(f"  full disk of {store}: left out, a tmpfs may not be mounted here")
        faults = plan(options.seed, _scope(options, stack.disks.keys()))
        _announce(options, faults)
        outcome = await torment(stack, faults, clients=options.clients, seed=options.seed, note=say)
        restarts = stack.restarts()
    return report(outcome, restarts)


def _scope(options: argparse.Namespace, disks: AbstractSet[str]) -> Scope:
    return Scope(seconds=60 * options.minutes, kills=options.kills, targets=options.only, disks=frozenset(disks))


def _announce(options: argparse.Namespace, faults: Sequence[Fault]) -> None:
    say(f"  seed {options.seed}: {len(faults)} faults in {options.minutes:g} min, {options.clients} clients")
    for fault in faults:
        say(f"  {fault}")


if __name__ == "__main__":
    sys.exit(main())
