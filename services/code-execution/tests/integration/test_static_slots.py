"""Slots that are containers: a worker reaches them over sockets, and nothing of one connection meets the next."""

import asyncio
import signal
import stat
import subprocess
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import psutil
import pytest
from pydantic import ValidationError

from codex_code_execution.judging import model
from codex_code_execution.judging.judge import Judge
from codex_code_execution.judging.model import Job, Kind, Verdict
from codex_code_execution.sandbox.config import StaticConfig
from codex_code_execution.sandbox.connection import RunnerConnection
from codex_code_execution.sandbox.errors import SandboxUnavailable
from codex_code_execution.sandbox.static import StaticSandbox
from codex_code_execution.settings import Settings
from codex_testing.waiting import eventually

Start = Callable[..., Awaitable[Process]]

ECHO = Job(
    id="echo",
    kind=Kind.SUBMIT,
    language="python",
    code="print(input())",
    tests=(model.TestCase(input="a", expected="a"),),
)
SLEEP = replace(ECHO, id="sleep", code="import time; time.sleep(5)")


def below(pid: int) -> list[psutil.Process]:
    return psutil.Process(pid).children(recursive=True)


@pytest.fixture
def config(sockets: Path, tmp_path: Path) -> StaticConfig:
    return StaticConfig(sockets=sockets, work_dir=tmp_path, patience=5)


async def test_every_socket_is_a_slot_also_one_that_comes_later(start: Start, config: StaticConfig) -> None:
    await start("1.sock")
    async with StaticSandbox(config) as sandbox:
        assert (sandbox.backend, sandbox.tier) == ("static", "userns")
        assert "python" in {language.id for language in sandbox.languages}
        await start("2.sock")
        await eventually(lambda: (sandbox.slots, sandbox.free) == (2, 2))
        judgements = await asyncio.gather(*[Judge(sandbox).judge(ECHO) for _ in range(10)])
        assert {judgement.verdict for judgement in judgements} == {Verdict.ACCEPTED}


LITTER = """
import os, time
for folder in "/tmp", "/dev/shm", "/box":
    try:
        open(folder + "/litter", "w").close()
    except OSError:
        pass
if os.fork() == 0:
    os.setsid()
    time.sleep(60)
print(input())
"""
LOOK = """
import os
found = [name for folder in ("/tmp", "/dev/shm") for name in os.listdir(folder)]
processes = [name for name in os.listdir("/proc") if name.isdigit()]
assert found == [] and len(processes) <= 3, (found, processes)
print(input())
"""


async def test_a_slot_is_recycled_by_connecting_anew_and_nothing_is_shared(start: Start, config: StaticConfig) -> None:
    container = await start("1.sock")
    async with StaticSandbox(replace(config, recycle_after=1)) as sandbox:
        judge = Judge(sandbox)
        before = below(container.pid)
        assert (await judge.judge(replace(ECHO, code=LITTER))).verdict is Verdict.ACCEPTED
        await eventually(lambda: sandbox.free == 1)
        assert not any(process.is_running() for process in before)
        assert not [process for process in below(container.pid) if process.status() == psutil.STATUS_ZOMBIE]
        assert (await judge.judge(replace(ECHO, code=LOOK))).verdict is Verdict.ACCEPTED
    assert container.returncode is None


async def test_a_cancelled_job_frees_its_slot_at_once(start: Start, config: StaticConfig) -> None:
    await start("1.sock")
    async with StaticSandbox(config) as sandbox:
        judging = asyncio.create_task(Judge(sandbox).judge(SLEEP))
        await eventually(lambda: sandbox.free == 0)
        judging.cancel()
        await eventually(lambda: sandbox.free == 1, within=1.5)


async def test_jobs_wait_while_the_only_container_is_gone_and_are_judged_when_it_is_back(
    start: Start, config: StaticConfig
) -> None:
    container = await start("1.sock")
    async with StaticSandbox(config) as sandbox:
        judge = Judge(sandbox)
        judging = asyncio.create_task(judge.judge(SLEEP))
        await eventually(lambda: sandbox.free == 0)
        processes = below(container.pid)
        container.kill()

        with pytest.raises(SandboxUnavailable):
            await judging
        await eventually(lambda: not sandbox.healthy)
        await eventually(lambda: not any(process.is_running() for process in processes))
        waiting = asyncio.create_task(judge.judge(ECHO))
        await start("1.sock")
        assert (await waiting).verdict is Verdict.ACCEPTED
        assert sandbox.healthy


async def test_a_container_that_is_gone_while_idle_costs_no_job(start: Start, config: StaticConfig) -> None:
    first = await start("1.sock")
    await start("2.sock")
    async with StaticSandbox(config) as sandbox:
        await eventually(lambda: sandbox.free == 2)
        first.kill()
        await eventually(lambda: sandbox.free == 1)
        assert sandbox.healthy
        for _ in range(3):
            assert (await Judge(sandbox).judge(ECHO)).verdict is Verdict.ACCEPTED


async def test_a_second_worker_gets_the_slot_when_the_first_has_left(start: Start, config: StaticConfig) -> None:
    await start("1.sock")
    async with StaticSandbox(config):
        second = asyncio.create_task(StaticSandbox(config).__aenter__())
        await asyncio.wait({second}, timeout=0.5)
        assert not second.done()
    sandbox = await second
    assert (await Judge(sandbox).judge(ECHO)).verdict is Verdict.ACCEPTED
    await sandbox.__aexit__(None, None, None)


WORKER = """
import asyncio, sys
from pathlib import Path
from codex_code_execution.judging.judge import Judge
from codex_code_execution.judging.model import Job, Kind, TestCase
from codex_code_execution.sandbox.config import StaticConfig
from codex_code_execution.sandbox.connection import RunnerConnection
from codex_code_execution.sandbox.static import StaticSandbox

async def main():
    async with StaticSandbox(StaticConfig(sockets=Path(sys.argv[1]), work_dir=Path(sys.argv[2]))) as sandbox:
        code = "import time; time.sleep(5)"
        job = Job(id="x", kind=Kind.SUBMIT, language="python", code=code, tests=(TestCase(input=""),))
        judging = asyncio.create_task(Judge(sandbox).judge(job))
        while sandbox.free:
            await asyncio.sleep(0.01)
        print("judging", flush=True)
        await judging

asyncio.run(main())
"""


async def test_nothing_outlives_a_worker_that_was_killed_and_the_next_one_gets_the_slot(
    start: Start, config: StaticConfig
) -> None:
    container = await start("1.sock")
    command = (sys.executable, "-c", WORKER, config.sockets, config.work_dir)
    worker = await asyncio.create_subprocess_exec(*command, stdout=PIPE)
    assert worker.stdout is not None
    async with asyncio.timeout(10):
        assert await worker.stdout.readline() == b"judging\n"
    processes = below(container.pid)
    assert len(processes) >= 4

    worker.kill()
    await worker.wait()
    await eventually(lambda: not any(process.is_running() for process in processes), within=3)
    async with StaticSandbox(config) as sandbox:
        assert (await Judge(sandbox).judge(ECHO)).verdict is Verdict.ACCEPTED


@pytest.mark.parametrize("busy", [True, False], ids=["amid a job", "without a worker"])
async def test_a_container_that_is_told_to_stop_does_at_once_and_leaves_nothing(
    start: Start, config: StaticConfig, *, busy: bool
) -> None:
    container = await start("1.sock")
    sandbox = StaticSandbox(config)
    judging: list[asyncio.Task[model.Judgement]] = []
    if busy:
        await sandbox.__aenter__()
        judging.append(asyncio.create_task(Judge(sandbox).judge(SLEEP)))
        await eventually(lambda: sandbox.free == 0)
    processes = below(container.pid)

    container.terminate()
    async with asyncio.timeout(1):
        assert await container.wait() == 0
    assert not any(process.is_running() for process in processes)
    assert list(config.sockets.glob("*.sock")) == []
    assert [type(error) for error in await asyncio.gather(*judging, return_exceptions=True)] == (
        [SandboxUnavailable] if busy else []
    )
    await sandbox.__aexit__(None, None, None)


async def test_a_socket_that_a_killed_container_left_is_replaced(start: Start, config: StaticConfig) -> None:
    killed = await start("1.sock")
    killed.send_signal(signal.SIGKILL)
    await killed.wait()
    assert (config.sockets / "1.sock").is_socket()

    await start("1.sock")
    async with StaticSandbox(config) as sandbox:
        assert sandbox.healthy


async def test_a_file_in_the_place_of_the_socket_is_not_removed(runner: Path, tmp_path: Path) -> None:
    precious = tmp_path / "1.sock"
    precious.write_text("precious")
    command = (runner, "--listen", precious)
    done = await asyncio.to_thread(subprocess.run, command, capture_output=True, text=True, timeout=5, check=False)
    assert done.returncode != 0
    assert "listening" in done.stderr
    assert precious.read_text() == "precious"


async def test_workers_of_any_user_may_connect(start: Start, sockets: Path) -> None:
    await start("1.sock")
    assert stat.S_IMODE((sockets / "1.sock").stat().st_mode) & 0o006 == 0o006


async def test_a_container_that_refuses_namespaces_is_named_with_what_it_needs(
    start: Start, refusing_runner: Path, config: StaticConfig
) -> None:
    await start("1.sock", runner=refusing_runner)
    with pytest.raises(SandboxUnavailable, match=r"1\.sock.*user namespace.*seccomp-slot\.json"):
        await StaticSandbox(replace(config, patience=0.5)).__aenter__()


async def test_an_empty_folder_is_named(tmp_path: Path) -> None:
    nothing = StaticConfig(sockets=tmp_path / "sockets", work_dir=tmp_path, patience=0.1)
    with pytest.raises(SandboxUnavailable, match=r"no socket \(\*\.sock\) in .*sockets"):
        await StaticSandbox(nothing).__aenter__()


async def test_a_runner_of_another_version_is_not_used(tmp_path: Path) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(bytes(64))
        await reader.read()
        writer.close()

    async with await asyncio.start_unix_server(answer, tmp_path / "1.sock"):
        with pytest.raises(SandboxUnavailable, match="version 0 of the protocol"):
            await StaticSandbox(StaticConfig(sockets=tmp_path, work_dir=tmp_path, patience=0.5)).__aenter__()


@pytest.mark.parametrize("given", [{}, {"runner_path": "/runner", "slot_sockets": "/sockets"}], ids=["none", "both"])
def test_the_settings_must_name_one_kind_of_slots(given: dict[str, str]) -> None:
    others = {
        "grpc_address": "127.0.0.1:1",
        "kafka_bootstrap_servers": "127.0.0.1:2",
        "redis_url": "redis://127.0.0.1:3",
        "problem_target": "127.0.0.1:4",
        "work_dir": "/work",
    }
    with pytest.raises(ValidationError, match="CODEX_RUNNER_PATH and CODEX_SLOT_SOCKETS"):
        Settings(**others, **given)  # type: ignore[arg-type] # texts, as from the environment


async def test_a_runner_that_hung_up_can_still_be_told_to_end(tmp_path: Path) -> None:
    server = await asyncio.start_unix_server(lambda _, writer: writer.close(), tmp_path / "1.sock")
    async with server:
        connection = await RunnerConnection.open(tmp_path / "1.sock")
        await connection.ended()
        connection.let_go()
        await connection.writer.wait_closed()
        connection.end()
        assert not connection.alive
