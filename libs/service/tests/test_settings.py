"""What a service can be told, and what it refuses to start with."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from asyncio.subprocess import Process

Run = Callable[..., Awaitable["Process"]]
Ended = Callable[["Process"], Awaitable[tuple[int | None, str]]]
Said = Callable[["Process", str], Awaitable[str]]

RIGHT = {"CODEX_GRPC_ADDRESS": "127.0.0.1:0", "CODEX_BUILDING": "fails"}
STARTS = 1  # settings were right, so it went on to its building, which fails
REFUSES = 2


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"CODEX_GRPC_ADRESS": "127.0.0.1:1"}, "CODEX_GRPC_ADRESS: not a setting of this service"),
        ({"CODEX_GRPC_ADRESS_FILE": "/x"}, "CODEX_GRPC_ADRESS_FILE: not a setting of this service"),
        ({"CODEX_SHUTDOWN_GRACE": "-1"}, "CODEX_SHUTDOWN_GRACE: "),
        ({"CODEX_LOG_LEVEL": "loud"}, "CODEX_LOG_LEVEL: "),
        ({"REDIS_URL_FILE": "/no/such/file"}, "/no/such/file: No such file or directory"),
    ],
)
async def test_a_wrong_setting_is_named_and_nothing_starts(
    run: Run, ended: Ended, change: dict[str, str], sentence: str
) -> None:
    status, words = await ended(await run("little", **RIGHT, **change))

    assert status == REFUSES
    assert f"  {sentence}" in words
    assert "building" not in words
    assert "Traceback" not in words


async def test_all_faults_are_told_at_once(run: Run, ended: Ended) -> None:
    status, words = await ended(await run("little", CODEX_LOG_LEVEL="loud", CODEX_COLOUR="red"))

    assert status == REFUSES
    assert all(name in words for name in ("CODEX_GRPC_ADDRESS", "CODEX_LOG_LEVEL", "CODEX_COLOUR"))


async def test_variables_that_kubernetes_injects_are_ignored(run: Run, ended: Ended) -> None:
    injected = {
        "CODEX_GATEWAY_SERVICE_HOST": "10.0.0.1",
        "CODEX_GATEWAY_SERVICE_PORT": "80",
        "CODEX_GATEWAY_SERVICE_PORT_HTTP": "80",
        "CODEX_GATEWAY_PORT": "tcp://10.0.0.1:80",
        "CODEX_GATEWAY_PORT_80_TCP": "tcp://10.0.0.1:80",
        "CODEX_GATEWAY_PORT_80_TCP_PROTO": "tcp",
        "CODEX_GATEWAY_PORT_80_TCP_PORT": "80",
        "CODEX_GATEWAY_PORT_80_TCP_ADDR": "10.0.0.1",
    }

    assert (await ended(await run("little", **RIGHT, **injected)))[0] == STARTS


async def test_other_peoples_variables_are_ignored(run: Run, ended: Ended) -> None:
    assert (await ended(await run("little", **RIGHT, KAFKA_HEAP_OPTS="-Xmx1g", OTEL_SERVICE_NAME="x")))[0] == STARTS


async def test_a_setting_may_be_given_as_a_file(run: Run, ended: Ended, tmp_path: Path) -> None:
    (tmp_path / "url").write_text("redis://:unheard-of@redis:6379/0\n")

    status, words = await ended(await run("little", **RIGHT, REDIS_URL_FILE=str(tmp_path / "url")))

    assert status == STARTS
    assert "building redis://:unheard-of@redis:6379/0\n" in words


@pytest.mark.parametrize("password", ["", "codex", "password", "changeme"])
async def test_production_refuses_a_password_that_everybody_knows(run: Run, ended: Ended, password: str) -> None:
    url = {"REDIS_URL": f"redis://user:{password}@redis:6379/0"}

    status, words = await ended(await run("little", **RIGHT, **url, CODEX_ENVIRONMENT="production"))

    assert status == REFUSES
    assert "REDIS_URL: Value error, a password that everybody knows is not accepted in production" in words
    assert (await ended(await run("little", **RIGHT, **url)))[0] == STARTS


async def test_production_takes_a_password_of_ones_own(run: Run, ended: Ended) -> None:
    url = {"REDIS_URL": "redis://user:9fK2-unheard-of@redis:6379/0"}

    assert (await ended(await run("little", **RIGHT, **url, CODEX_ENVIRONMENT="production")))[0] == STARTS
