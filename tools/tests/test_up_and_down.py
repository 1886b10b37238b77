"""A stack comes up or says why not, and leaves nothing behind."""

import asyncio
import os
import signal
import socket
from contextlib import closing
from pathlib import Path

import psutil
import pytest

from codex_tools.stack.files import read_json, write_json
from codex_tools.testing import Stack, eventually


async def test_down_leaves_no_process_and_the_next_up_finds_the_old_ports(stack: Stack) -> None:
    assert (await stack.codex("up", "--stores-only")).status == 0
    ports = {name: part["port"] for name, part in stack.document()["stores"].items()}
    assert len(stack.processes()) >= 6

    assert (await stack.codex("down")).status == 0
    assert stack.processes() == []
    assert not stack.home.stack_file.exists()

    await _with_redis_only(stack)
    assert stack.document()["stores"]["redis"]["port"] == ports["redis"]


async def test_down_where_nothing_runs_says_so(stack: Stack) -> None:
    outcome = await stack.codex("down")
    assert (outcome.status, "No stack runs" in outcome.text) == (0, True)


async def test_down_ends_what_a_killed_supervisor_left(stack: Stack) -> None:
    await _with_redis_only(stack)
    _kill(stack.supervisor())
    assert stack.processes() != []

    outcome = await stack.codex("down")

    assert "killed supervisor had left: redis" in outcome.text
    assert stack.processes() == []


async def test_up_replaces_what_a_killed_supervisor_left(stack: Stack) -> None:
    await _with_redis_only(stack)
    left = stack.pid("redis")
    _kill(stack.supervisor())

    await _with_redis_only(stack)

    assert left not in {process.pid for process in stack.processes()}
    assert stack.pid("redis") != left


async def test_a_stranger_with_a_recorded_pid_is_left_alone(stack: Stack) -> None:
    await _with_redis_only(stack)
    await stack.codex("down")
    stranger = await asyncio.create_subprocess_exec("sleep", "60")
    try:
        process = {"pid": stranger.pid, "started": 1.0, "word": "sleep"}
        part = {"name": "redis", "store": True, "port": 1, "log": "", "state": "running", "restarts": 0}
        write_json(stack.home.records_file, {"parts": [{**part, "process": process}]})

        assert (await stack.codex("down")).status == 0

        assert psutil.pid_exists(stranger.pid)
    finally:
        stranger.kill()
        await stranger.wait()


async def test_a_taken_port_is_replaced(stack: Stack) -> None:
    await _with_redis_only(stack)
    port = stack.document()["stores"]["redis"]["port"]
    await stack.codex("down")

    with closing(socket.create_server(("127.0.0.1", port))):
        await _with_redis_only(stack)
        assert stack.document()["stores"]["redis"]["port"] != port


async def test_a_given_store_is_used_and_not_started(stack: Stack) -> None:
    given = "redis://127.0.0.1:1/0"

    assert (await stack.codex("up", "--only", "redis", REDIS_URL=given)).status == 0

    document = stack.document()
    assert (document["redis"], document["stores"]) == (given, {})


async def test_what_keeps_running_holds_none_of_the_callers_descriptors(stack: Stack) -> None:
    reader, writer = os.pipe()
    os.set_inheritable(writer, True)
    os.set_blocking(reader, False)

    await _with_redis_only(stack, pass_fds=(writer,))
    os.close(writer)

    assert os.read(reader, 1) == b""
    os.close(reader)


async def test_an_unwritable_folder_is_said_in_one_sentence(tmp_path: Path, stack: Stack) -> None:
    (tmp_path / "file").write_text("")

    outcome = await stack.codex("up", CODEX_HOME=str(tmp_path / "file" / "codex"))

    assert (outcome.status, "is not a folder. Set CODEX_HOME" in outcome.text) == (1, True)


async def test_a_full_disk_is_said_in_one_sentence(tmp_path: Path, stack: Stack) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    if await _run("mount", "-t", "tmpfs", "-o", "size=1m", "codex", str(disk)) != 0:
        pytest.skip("needs the right to mount a small disk")
    try:
        outcome = await stack.codex("up", CODEX_HOME=str(disk / "codex"))
    finally:
        await _run("umount", str(disk))
    assert (outcome.status, "MB free, and the stack needs" in outcome.text) == (1, True)


async def test_an_up_that_is_interrupted_leaves_no_process(stack: Stack) -> None:
    process = await stack.begin("up")
    await eventually(lambda: read_json(stack.home.stack_file)["stores"] != {}, 20)

    process.send_signal(signal.SIGINT)

    await asyncio.wait_for(process.wait(), 30)
    assert stack.processes() == []


async def test_a_misspelt_service_is_refused(stack: Stack) -> None:
    outcome = await stack.codex("up", "--set", "gatway.CODEX_X=1")
    assert (outcome.status, "gateway-service" in outcome.text) == (1, True)
    assert not stack.home.lock_file.exists()


async def test_a_misspelt_scale_is_refused(stack: Stack) -> None:
    for wish in ("gateway", "gateway=0", "gateway=many", "gatway=2"):
        outcome = await stack.codex("up", "--scale", wish)
        assert (outcome.status, "write SERVICE=N" in outcome.text) == (1, True)
    assert not stack.home.lock_file.exists()


async def _with_redis_only(stack: Stack, *, pass_fds: tuple[int, ...] = ()) -> None:
    """The cheapest stack that has a store."""
    outcome = await stack.codex("up", "--only", "redis", pass_fds=pass_fds)
    assert outcome.status == 0, outcome.text


async def _run(*argv: str) -> int:
    process = await asyncio.create_subprocess_exec(*argv)
    return await asyncio.wait_for(process.wait(), 10)


def _kill(pid: int) -> None:
    process = psutil.Process(pid)
    process.kill()
    process.wait(timeout=5)
