"""The short form of ``make chaos``: every part is killed once within half a minute; and a clock that is wrong."""

from datetime import UTC, datetime

import pytest

from tests.chaos.faults import Scope, plan
from tests.chaos.run import torment
from tests.chaos.stack import running
from tests.e2e.client import Platform
from tests.e2e.programs import TWO_SUM

SECONDS = 20
LATE = 50  # repeated records
HOUR = 3600


async def test_a_worker_whose_clock_is_wrong_changes_no_time_that_people_see() -> None:
    answers = []
    async with running() as stack:
        platform = Platform(stack.gateway, stack.traces)
        ada = await platform.sign_up()
        began = datetime.now(UTC)
        for seconds in (HOUR, -HOUR):
            stack.clock.set_wrong(seconds)
            answers += [await platform.judged(ada, TWO_SUM), await platform.run(ada, TWO_SUM)]
        await platform.close()

    for answer in answers:
        assert answer["verdict"] == "AC"
        created, judged = (datetime.fromisoformat(answer[name]) for name in ("created_at", "judged_at"))
        assert began <= created <= judged <= datetime.now(UTC)


@pytest.mark.timeout(300)
async def test_while_everything_is_killed_in_turn_no_submission_is_lost_or_judged_wrong() -> None:
    async with running("code-manage.CODEX_RECONCILE_AFTER=10") as stack:
        faults = plan(3, Scope(seconds=SECONDS, kills=10, disks=frozenset()))
        outcome = await torment(stack, faults, clients=6, seed=3, note=lambda _: None, late=LATE)

    assert not outcome.violations, "\n".join(map(str, outcome.violations))
    assert outcome.injector.count("kill") == 10
    assert outcome.accepted > 0
