"""Work that comes again and again."""

from codex_service.background import Periodic
from codex_testing.waiting import eventually


async def test_a_turn_that_fails_does_not_end_the_others() -> None:
    turns: list[int] = []

    async def work() -> None:
        turns.append(1)
        raise ConnectionError("not now")

    periodic = Periodic(work, interval=0.01, name="work")
    await periodic.start()
    await eventually(lambda: len(turns) >= 3)
    await periodic.stop(0)
    done = len(turns)

    assert done >= 3
