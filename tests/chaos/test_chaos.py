"""The short form of ``make chaos``: every part is killed once within half a minute."""

import pytest

from tests.chaos.faults import Scope, plan
from tests.chaos.run import torment
from tests.chaos.stack import running

SECONDS = 20
LATE = 50  # repeated records


@pytest.mark.timeout(300)
async def test_while_everything_is_killed_in_turn_no_submission_is_lost_or_judged_wrong() -> None:
    async with running("code-manage.CODEX_RECONCILE_AFTER=10") as stack:
        faults = plan(3, Scope(seconds=SECONDS, kills=10, disks=frozenset()))
        outcome = await torment(stack, faults, clients=6, seed=3, note=lambda _: None, late=LATE)

    assert not outcome.violations, "\n".join(map(str, outcome.violations))
    assert outcome.injector.count("kill") == 10
    assert outcome.accepted > 0
