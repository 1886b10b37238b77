"""Who is woken by which judgement."""

import asyncio

import pytest

from codex_code_manage.jobs.waiters import Waiters
from codex_protos.judging.v1 import judging_pb2 as judging
from codex_testing.judging import judgement

JUDGED = judging.Submission(id="1", judgement=judgement())


async def test_everybody_who_waits_for_a_submission_is_woken() -> None:
    waiters = Waiters()
    with waiters.expect("1") as one, waiters.expect("1") as other, waiters.expect("2") as else_:
        waiters.tell(JUDGED)

        assert await one == await other == JUDGED
        assert not else_.done()


async def test_telling_twice_or_nobody_is_fine() -> None:
    waiters = Waiters()
    waiters.tell(JUDGED)
    with waiters.expect("1") as answer:
        waiters.tell(JUDGED)
        waiters.tell(JUDGED)

        assert await answer == JUDGED


async def test_whoever_stops_waiting_is_forgotten() -> None:
    waiters = Waiters()
    with pytest.raises(TimeoutError), waiters.expect("1") as answer:
        async with asyncio.timeout(0.01):
            await answer

    assert len(waiters) == 0
    assert waiters.waited_for() == []
