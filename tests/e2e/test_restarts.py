"""Every service is restarted while people use the platform, and they lose nothing by it."""

import asyncio
import time
import uuid
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from codex_tools.testing import Stack, running
from tests.e2e.spans import Json
from tests.e2e.visitors import Answer, Diary, Visitor

SERVICES = ("gateway", "auth-user", "problem", "code-manage", "code-execution", "collab")
UNLIMITED = ("JUDGE_PER_MINUTE", "JUDGE_BURST", "READS_PER_MINUTE", "SIGN_INS_PER_HOUR")
PAGES = (
    "/api/v1/public/problems",
    "/api/v1/public/problems/two-sum",
    "/api/v1/public/languages",
    "/api/v1/user/profile",
    "/api/v1/user/submissions",
    "/api/v1/user/leaderboard/global",
)
ECHO = {"problem": "echo", "language": "python", "code": "print(input())\n"}
AT_LEAST = 25.0  # seconds of load
VERDICT_WITHIN = 60.0
LONG = pytest.mark.timeout(300)


def _options(*, of_each: int, workers: int) -> list[str]:
    options = [word for name in UNLIMITED for word in ("--set", f"gateway.CODEX_{name}=1000000")]
    if of_each > 1:
        counts = dict.fromkeys(SERVICES, of_each) | {"code-execution": workers}
        options += [word for name, count in counts.items() for word in ("--scale", f"{name}={count}")]
        options += ["--set", "code-execution.CODEX_SLOTS=1"]
    return options


@LONG
async def test_a_rolling_restart_of_one_process_each_loses_nothing(tmp_path: Path) -> None:
    async with running(tmp_path / "codex", *_options(of_each=1, workers=1)) as stack:
        diary = await _visited_while_restarting(stack)

    print(diary)  # noqa: T201 (the figures)
    assert diary.faults == []


@LONG
async def test_a_rolling_restart_of_two_processes_each_and_four_workers_is_hardly_noticed(tmp_path: Path) -> None:
    async with running(tmp_path / "codex", *_options(of_each=2, workers=4)) as stack:
        diary = await _visited_while_restarting(stack)

    print(diary)  # noqa: T201 (the figures)
    assert diary.faults == []
    # A call that reaches a process in the moment of its end is told to come again.
    assert sum(diary.unavailable.values()) <= len(diary.seconds) / 1000
    assert diary.refused == 0
    assert diary.quantile(0.99) <= 2.0


async def _visited_while_restarting(stack: Stack) -> Diary:
    """All services are restarted under load; then everything that was accepted must have its one verdict."""
    diary, gateway = Diary(), stack.document()["gateway"]
    before = {name: part["pid"] for name, part in stack.document()["services"].items()}
    visitors = [Visitor(gateway, diary) for _ in range(8)]
    over = asyncio.Event()
    await _signed_up(visitors)
    async with asyncio.TaskGroup() as tasks:
        for visitor in visitors[:5]:
            tasks.create_task(_until(over, visitor, _submits))
        for visitor in visitors[5:7]:
            tasks.create_task(_until(over, visitor, _reads))
        tasks.create_task(_until(over, visitors[7], _signs_up))
        await _restart(stack)
        over.set()
    after = {name: part["pid"] for name, part in stack.document()["services"].items()}
    assert after.keys() == before.keys()
    assert not set(after.values()) & set(before.values())
    for visitor in visitors[:5]:
        await _has_one_verdict_each(visitor, diary)
        visitor.leave()
    return diary


async def _restart(stack: Stack) -> None:
    end = time.monotonic() + AT_LEAST
    await asyncio.sleep(2)  # load as it is without restarts
    for service in SERVICES:
        outcome = await stack.codex("restart", service)
        print(outcome.text, end="")  # noqa: T201 (the figures)
        assert outcome.status == 0, outcome.text
    await asyncio.sleep(max(2.0, end - time.monotonic()))


async def _signed_up(visitors: list[Visitor]) -> None:
    for visitor in visitors:
        visitor.token = (await visitor.sign_up()).body["access_token"]


async def _until(over: asyncio.Event, visitor: Visitor, visit: Callable[[Visitor], Awaitable[None]]) -> None:
    while not over.is_set():
        await visit(visitor)
        await asyncio.sleep(0.02)


async def _submits(visitor: Visitor) -> None:
    key = uuid.uuid4().hex
    prefer = "respond-async" if int(key[0], 16) < 4 else "wait=20"
    answer = await visitor.ask("POST", "/api/v1/user/submit", ECHO, Idempotency_Key=key, Prefer=prefer)
    if _is(answer, {200, 202}, visitor, "submit"):
        visitor.diary.accepted[key] = answer.body["id"]
        visitor.submitted.append(answer.body["id"])


async def _reads(visitor: Visitor) -> None:
    for page in PAGES:
        _is(await visitor.ask("GET", page), {200}, visitor, page)


async def _signs_up(visitor: Visitor) -> None:
    _is(await visitor.sign_up(), {201}, visitor, "sign-up")
    await asyncio.sleep(0.5)


def _is(answer: Answer, statuses: set[int], visitor: Visitor, what: str) -> bool:
    if answer.status not in statuses:
        visitor.diary.faults.append(f"{what}: {answer.status} {answer.body}")
    return answer.status in statuses


async def _has_one_verdict_each(visitor: Visitor, diary: Diary) -> None:
    """As many submissions as were accepted, no more and no fewer, each judged."""
    async with asyncio.timeout(VERDICT_WITHIN):
        listed = await _listed(visitor)
        while any(item["status"] != "done" for item in listed):
            await asyncio.sleep(0.2)
            listed = await _listed(visitor)
    diary.faults += [f"{item['id']} got {item['verdict']}" for item in listed if item["verdict"] != "AC"]
    assert sorted(visitor.submitted) == sorted(item["id"] for item in listed)


async def _listed(visitor: Visitor) -> list[Json]:
    items: list[Json] = []
    cursor: str | None = ""
    while cursor is not None:
        page = (await visitor.ask("GET", f"/api/v1/user/submissions?limit=100&cursor={cursor}")).body
        items += page["items"]
        cursor = page["next_cursor"]
    return items
