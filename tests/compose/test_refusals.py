"""What is said when something is wrong, and what is left at the end, on a second stack that is never whole."""

import socket
from collections.abc import Iterator
from dataclasses import replace

import pytest

from tests.compose.commands import run
from tests.compose.stack import VERSION, Stack, new_stack

_OTHER = "codex-test-other"


@pytest.fixture
def other(stack: Stack) -> Iterator[Stack]:
    other = replace(new_stack(_OTHER), absent=stack.absent)
    yield other
    other.down()


def _left() -> list[str]:
    mine = f"--filter=label=com.docker.compose.project={_OTHER}"
    kinds = (["container", "ls", "--all"], ["volume", "ls"], ["network", "ls"])
    return [line for kind in kinds for line in run(["docker", *kind, "--quiet", mine], timeout=60).splitlines()]


def test_a_taken_port_is_named(other: Stack) -> None:
    other.compose("up", "secrets")
    with socket.create_server(("127.0.0.1", other.gateway)):
        said = other.fails("up", "--detach", "--no-deps", "gateway")
    assert f"127.0.0.1:{other.gateway}" in said
    assert "gateway" in said
    assert "address already in use" in said


def test_a_missing_secret_is_named_and_none_is_made_instead(other: Stack) -> None:
    other.compose("up", "--detach", "--wait", "redis")
    other.compose("stop")
    as_root = ["docker", "run", "--rm", "--user=0", "--network=none", f"--volume={_OTHER}_secrets:/secrets"]
    run([*as_root, f"codex-init:{VERSION}", "rm", "/secrets/postgres/password"], timeout=60)

    said = other.fails("up", "--detach", "--wait", "postgres")

    assert 'service "secrets" didn\'t complete successfully' in said
    assert "missing secrets: postgres/password" in other.compose("logs", "secrets")


def test_a_service_whose_secret_is_not_there_says_which(other: Stack) -> None:
    other.compose("up", "secrets")
    said = other.fails("run", "--rm", "--no-deps", "--env", "REDIS_URL_FILE=/run/nowhere/redis_url", "collab")
    assert "/run/nowhere/redis_url: No such file or directory" in said


def test_secrets_outlive_a_restart_of_everything(other: Stack) -> None:
    other.compose("up", "--detach", "--wait", "redis")
    before = other.execute("redis", "cat", "/run/secrets/password")
    other.compose("down")
    other.compose("up", "--detach", "--wait", "redis")
    assert other.execute("redis", "cat", "/run/secrets/password") == before


def test_down_with_volumes_leaves_nothing(other: Stack) -> None:
    services = sorted(set(other.compose("config", "--services").split()) - set(other.absent))
    other.compose("create", *services)
    assert len(_left()) > len(services)
    other.down()
    assert _left() == []
