"""Whoever brings much does not make the others wait."""

import asyncio

from codex_service.kafka.fair import FairQueue


def _filled(queue: FairQueue[str], *items: str) -> None:
    for item in items:
        queue.put(item[0], item)


async def test_lanes_take_turns() -> None:
    queue: FairQueue[str] = FairQueue()
    _filled(queue, "a1", "a2", "a3", "a4", "b1", "c1", "b2")

    order = [(await queue.get())[1] for _ in range(7)]

    assert order == ["a1", "b1", "c1", "a2", "b2", "a3", "a4"]


async def test_a_lane_of_slow_items_never_takes_every_place() -> None:
    queue: FairQueue[str] = FairQueue(narrow=1, slow_after=0.5)
    _filled(queue, "a0", "a1", "a2")
    await queue.get()
    queue.done("a", 3.0)
    await queue.get()

    second = asyncio.create_task(queue.get())
    queue.put("b", "b1")

    assert await second == ("b", "b1")


async def test_a_lane_of_slow_items_goes_on_when_its_place_is_free() -> None:
    queue: FairQueue[str] = FairQueue(narrow=1, slow_after=0.5)
    _filled(queue, "a0", "a1")
    await queue.get()
    queue.done("a", 3.0)

    assert (await queue.get())[1] == "a1"


async def test_a_lane_of_quick_items_may_take_every_place() -> None:
    queue: FairQueue[str] = FairQueue(narrow=1, slow_after=0.5)
    _filled(queue, "a0", "a1", "a2")
    await queue.get()
    queue.done("a", 0.01)

    assert [(await queue.get())[1] for _ in range(2)] == ["a1", "a2"]


async def test_whoever_stops_waiting_takes_nothing_with_it() -> None:
    queue: FairQueue[str] = FairQueue()
    leaving, staying = asyncio.create_task(queue.get()), asyncio.create_task(queue.get())
    await asyncio.sleep(0)
    queue.put("a", "a1")
    leaving.cancel()

    assert await asyncio.wait_for(staying, 1) == ("a", "a1")
