"""Jobs that the platform fails to judge: tried again, given up, replayed. A killed sandbox is what fails them."""

import asyncio
from collections.abc import AsyncIterator

import httpx
import psutil
import pytest
from aiokafka import AIOKafkaProducer

from codex_tools.testing import Stack, running
from tests.e2e import programs
from tests.e2e.client import Person, Platform, eventually
from tests.e2e.expectations import expected
from tests.e2e.spans import Json, Span
from tests.e2e.test_events import listen
from tests.e2e.test_trace import Traced, assert_contract, of

MARKER = "marker_4711"
SLOW = f"import time\n\ntime.sleep(0.3)\n{programs.ECHO}# {MARKER}\n"
FAILURES = 5
SUBMISSIONS = "/api/v1/user/submissions"
SETTINGS = {"CODEX_SLOTS": "1", "CODEX_RETRY_FIRST": "0.1"}


@pytest.fixture(scope="module")
async def stack(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stack]:
    """A stack of our own: we are its operator."""
    options = [word for name, value in SETTINGS.items() for word in ("--set", f"code-execution.{name}={value}")]
    async with running(tmp_path_factory.mktemp("codex"), *options) as stack:
        yield stack


@pytest.fixture(scope="module")
async def platform(stack: Stack) -> AsyncIterator[Platform]:
    """The same from outside, with warm caches."""
    document = stack.document()
    platform = Platform(document["gateway"], document["traces"])
    await platform.judged(await platform.sign_up(), programs.ECHO, problem="echo")
    yield platform
    await platform.close()


async def failing(stack: Stack, platform: Platform, person: Person, *, times: int) -> httpx.Response:
    """Submit, and kill the sandbox as often as the program has begun to run; the answer."""
    waiting = asyncio.create_task(platform.submit(person, SLOW, problem="echo"))
    async with asyncio.timeout(60):
        async for told in listen(platform, person, await _newest(platform, person)):
            if times and told.data.get("state") == "running":
                times -= 1
                _kill_slots(stack)
    assert times == 0
    return await waiting


def _kill_slots(stack: Stack) -> None:
    worker = psutil.Process(stack.document()["services"]["code-execution-service"]["pid"])
    for slot in worker.children():
        slot.kill()


async def _newest(platform: Platform, person: Person) -> str:
    items: list[Json] = []

    async def listed() -> bool:
        items[:] = (await platform.get(person, SUBMISSIONS)).json()["items"]
        return bool(items)

    await eventually(listed, what="the submission is recorded")
    return str(items[0]["id"])


async def letters(stack: Stack) -> str:
    outcome = await stack.codex("dlq", "list")
    assert outcome.status == 0, outcome.text
    return outcome.text


async def letter_of(stack: Stack, submission: str) -> str:
    """The id of its letter, as the list shows it."""
    [line] = [line for line in (await letters(stack)).splitlines() if submission in line]
    return line.split()[0]


async def last_attempt(platform: Platform, trace_id: str) -> Span:
    spans = await platform.spans(trace_id)
    letter = next(span for span in spans if span.name == "send code-dead-letter-topic")
    return next(span for span in spans if span.span_id == letter.parent)


async def test_a_job_that_failed_is_tried_again_in_the_same_trace(
    stack: Stack, platform: Platform, ada: Person
) -> None:
    answer = await failing(stack, platform, ada, times=2)

    assert (answer.json()["verdict"], answer.json()["attempt"]) == ("AC", 3)
    await assert_contract(platform, of(answer, "retried", ada, MARKER))
    assert answer.json()["id"] not in await letters(stack)


async def test_a_job_that_is_given_up_says_so_and_its_replay_counts_once(
    stack: Stack, platform: Platform, ada: Person
) -> None:
    answer = await failing(stack, platform, ada, times=FAILURES)

    id, old_trace = answer.json()["id"], answer.headers["x-trace-id"]
    assert (answer.json()["verdict"], answer.json()["score"]) == ("SE", 0)
    await assert_contract(platform, of(answer, "given_up", ada, MARKER, cache="warm"))
    assert (await platform.get(ada, "/api/v1/user/profile")).json()["solved"]["easy"] == 0
    letter = await letter_of(stack, id)
    shown = (await stack.codex("dlq", "show", letter)).text
    assert all(
        text in shown for text in (letter, id, old_trace, "echo", "SandboxUnavailable", f"{FAILURES} of its own")
    )
    assert MARKER not in shown

    replayed = await stack.codex("dlq", "replay", letter)

    assert replayed.status == 0, replayed.text
    new_trace = replayed.text.split()[-1]
    expectation = expected("replayed", "warm").without_texts(MARKER, ada.name, ada.email)
    await assert_contract(platform, Traced(trace_id=new_trace, expectation=expectation))
    [root] = [span for span in await platform.spans(new_trace) if span.parent is None]
    assert root.links == ((old_trace, (await last_attempt(platform, old_trace)).span_id),)
    await _counts_once(platform, ada, id)
    again = await stack.codex("dlq", "replay", letter)
    assert (again.status, "There is no dead letter" in again.text) == (1, True)


async def _counts_once(platform: Platform, person: Person, id: str) -> None:
    judged: Json = (await platform.get(person, f"{SUBMISSIONS}/{id}")).json()
    profile: Json = (await platform.get(person, "/api/v1/user/profile")).json()
    mine: Json = (await platform.get(person, "/api/v1/user/leaderboard/global")).json()["me"]
    assert (judged["verdict"], judged["attempt"]) == ("AC", FAILURES + 1)
    assert judged["score"] == mine["score"] > 0
    assert mine["solved"] == 1
    assert profile["solved"] == {"easy": 1, "medium": 0, "hard": 0}


async def test_a_record_that_is_no_job_is_listed_at_once_and_can_be_dropped(stack: Stack, platform: Platform) -> None:
    assert platform.first is None
    async with AIOKafkaProducer(bootstrap_servers=stack.document()["kafka"]) as producer:
        for _ in range(3):
            await producer.send_and_wait("code-execution-topic", f"\xff no job of ours {MARKER}".encode("latin-1"))

    async def all_listed() -> bool:
        return (await letters(stack)).count("Unprocessable: not an ExecutionRequested") == 3

    await eventually(all_listed, what="the records are dead letters")
    one, *_ = (line.split()[0] for line in (await letters(stack)).splitlines() if "Unprocessable" in line)
    shown = await stack.codex("dlq", "show", one)
    dropped = await stack.codex("dlq", "drop", one, "no/such/letter")
    rest = await stack.codex("dlq", "drop", "--all")

    assert (shown.status, MARKER in shown.text) == (0, False)
    assert (dropped.status, f"{one} dropped" in dropped.text) == (1, True)
    assert "There is no dead letter no/such/letter" in dropped.text
    assert (rest.status, rest.text.count("dropped")) == (0, 2)
    assert await letters(stack) == "There are no dead letters.\n"
