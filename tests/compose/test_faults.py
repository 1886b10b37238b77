"""Containers that die, stop and come back while people hand in programs."""

import asyncio
import time
from collections.abc import Callable

import pytest

from tests.compose.load import load
from tests.compose.stack import SERVICES, SLOTS, STORES, TELEMETRY, Stack, is_up, restarts
from tests.e2e.client import Platform, eventually
from tests.e2e.programs import TWO_SUM
from tests.e2e.spans import Span

_RECOVERY = 60  # seconds, until everything is healthy again


async def _until_healthy(stack: Stack, *services: str) -> None:
    async def healthy() -> bool:
        containers = await asyncio.to_thread(stack.containers, services)
        return all(is_up(each) for each in containers.values())

    await eventually(healthy, within=_RECOVERY, what=f"{', '.join(services)} healthy")


@pytest.fixture(autouse=True)
async def _judging(stack: Stack, platform: Platform) -> None:
    """A platform that judges, so that one fault is not counted twice."""
    ada = await platform.sign_up()
    if (await platform.submit(ada, TWO_SUM)).status_code != 200:
        await asyncio.to_thread(stack.compose, "restart", *SERVICES)
        await _until_healthy(stack, *SERVICES)


@pytest.mark.parametrize("victim", [*STORES, *SERVICES, *SLOTS, *TELEMETRY])
async def test_a_container_that_dies_under_load_comes_back_by_itself_and_nothing_is_lost(
    stack: Stack, platform: Platform, note: Callable[[str], None], victim: str
) -> None:
    if victim in stack.absent:
        pytest.skip(f"there is no image of {victim} here")
    before = stack.containers()
    async with load(platform) as people:
        await people.grows_by(10, within=30)
        began = time.monotonic()
        await asyncio.to_thread(stack.kill, victim)

        async def restarted() -> bool:
            return restarts(await asyncio.to_thread(stack.container, victim)) > restarts(before[victim])

        await eventually(restarted, within=_RECOVERY, what=f"{victim} is started again")
        await _until_healthy(stack, *stack.running)
        seconds = time.monotonic() - began
        await people.grows_by(10, within=30)
    await people.are_kept(within=60)

    after = stack.containers()
    others = [name for name, container in after.items() if restarts(container) != restarts(before[name])]
    assert others == [victim]
    note(f"kill -9 {victim:<16} everything healthy after {seconds:4.1f} s, {len(people.promises)} submissions kept")


@pytest.mark.parametrize("store", STORES)
async def test_a_store_that_is_stopped_and_started_again_needs_nobody_else_to_be_restarted(
    stack: Stack, platform: Platform, store: str
) -> None:
    before = stack.containers(SERVICES)
    async with load(platform) as people:
        await people.grows_by(5, within=30)
        await asyncio.to_thread(stack.compose, "stop", store)
        await asyncio.to_thread(stack.compose, "start", store)
        await _until_healthy(stack, *STORES, *SERVICES)
        await people.grows_by(10, within=30)
    await people.are_kept(within=60)

    started = {name: each["State"]["StartedAt"] for name, each in stack.containers(SERVICES).items()}
    assert started == {name: each["State"]["StartedAt"] for name, each in before.items()}


async def test_without_the_collector_nothing_but_telemetry_suffers(stack: Stack, platform: Platform) -> None:
    ada = await platform.sign_up()
    stack.compose("stop", "collector")
    try:
        for _ in range(20):
            assert (await platform.judged(ada, TWO_SUM))["verdict"] == "AC"
        assert (await platform.http.get("/health/ready")).status_code == 200
        assert all(is_up(each) for each in stack.containers(SERVICES).values())
    finally:
        stack.compose("start", "collector")

    async def traced_again() -> bool:
        trace = (await platform.judged(ada, TWO_SUM))["trace_id"]
        return bool(await platform.whole_trace(trace, _is_whole, within=3)) and _is_whole(await platform.spans(trace))

    await eventually(traced_again, within=60, what="traces arrive again")


async def test_the_trace_of_a_submission_is_readable_within_five_seconds_of_its_answer(
    platform: Platform, note: Callable[[str], None]
) -> None:
    ada = await platform.sign_up()
    waits = []
    for _ in range(10):
        trace = (await platform.judged(ada, TWO_SUM))["trace_id"]
        began = time.monotonic()
        spans = await platform.whole_trace(trace, _is_whole, within=5)
        waits.append(time.monotonic() - began)
        assert _is_whole(spans), sorted(span.name for span in spans)
    note(
        f"a whole trace readable {max(waits):.1f} s after its answer at the latest, {min(waits):.1f} s at the earliest"
    )


def _is_whole(spans: list[Span]) -> bool:
    """One root, nobody without a parent, all five traced services, and the last thing that a submission does."""
    ids = {span.span_id for span in spans}
    joined = all(span.parent in ids for span in spans if span.parent)
    roots = sum(span.parent is None for span in spans)
    last = any(span.name.endswith("/UpdateProgress") for span in spans)
    return joined and roots == 1 and last and len({span.service for span in spans}) == 5
