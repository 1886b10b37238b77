"""Slots as an operator cares about them: they heal, they end, they hold nothing back."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from codex_code_execution.judging import model
from codex_code_execution.judging.judge import Judge
from codex_code_execution.judging.model import Job, Kind, Verdict
from codex_code_execution.sandbox.config import SandboxConfig
from codex_code_execution.sandbox.errors import RunnerNotBuilt, SandboxUnavailable
from codex_code_execution.sandbox.host import HostSandbox

ECHO = Job(
    id="echo",
    kind=Kind.SUBMIT,
    language="python",
    code="print(input())",
    tests=(model.TestCase(input="a", expected="a"),),
)
SLEEP = Job(id="sleep", kind=Kind.SUBMIT, language="python", code="import time; time.sleep(5)", tests=ECHO.tests)


async def until(holds: Callable[[], bool], seconds: float = 10.0) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it did not happen in time"
        await asyncio.sleep(0.01)


@pytest.fixture
def config(sandbox: HostSandbox, runner: Path, tmp_path: Path) -> SandboxConfig:  # noqa: ARG001 - skips without it
    return SandboxConfig(runner=runner, slots=2, work_dir=tmp_path)


async def test_two_slots_start_within_a_second_and_a_half(config: SandboxConfig) -> None:
    started = time.monotonic()
    async with HostSandbox(config) as sandbox:
        assert time.monotonic() - started < 1.5
        assert (sandbox.backend, sandbox.tier, sandbox.slots, sandbox.free) == ("host", "userns", 2, 2)
        assert "python" in {language.id for language in sandbox.languages}


async def test_a_job_whose_slot_dies_gets_no_verdict_and_the_slot_is_replaced(config: SandboxConfig) -> None:
    async with HostSandbox(config) as sandbox:
        judge = Judge(sandbox)
        pids = sandbox.pids
        judging = [asyncio.create_task(judge.judge(SLEEP)) for _ in pids]
        await until(lambda: sandbox.free == 0)
        for pid in pids:
            os.kill(pid, signal.SIGKILL)

        outcomes = await asyncio.gather(*judging, return_exceptions=True)
        assert all(isinstance(outcome, SandboxUnavailable) for outcome in outcomes)
        await until(lambda: sandbox.free == 2)
        assert not set(pids) & set(sandbox.pids)
        assert (await judge.judge(ECHO)).verdict is Verdict.ACCEPTED


async def test_a_cancelled_job_frees_its_slot_at_once(config: SandboxConfig) -> None:
    async with HostSandbox(config) as sandbox:
        judging = asyncio.create_task(Judge(sandbox).judge(SLEEP))
        await until(lambda: sandbox.free == 1)
        judging.cancel()
        await until(lambda: sandbox.free == 2, seconds=2)


async def test_slots_are_recycled_after_their_jobs(runner: Path, tmp_path: Path) -> None:
    one = SandboxConfig(runner=runner, slots=1, work_dir=tmp_path, recycle_after=10)
    async with HostSandbox(one) as sandbox:
        judge = Judge(sandbox)
        before = sandbox.pids
        for _ in range(12):
            assert (await judge.judge(ECHO)).verdict is Verdict.ACCEPTED
        assert sandbox.pids != before


async def test_as_many_jobs_run_at_once_as_there_are_slots(config: SandboxConfig) -> None:
    async with HostSandbox(config) as sandbox:
        judge = Judge(sandbox)
        verdicts = [judgement.verdict for judgement in await asyncio.gather(*[judge.judge(ECHO) for _ in range(20)])]
        assert verdicts == [Verdict.ACCEPTED] * 20
        assert sandbox.free == 2


async def test_closing_leaves_no_process(config: SandboxConfig) -> None:
    async with HostSandbox(config) as sandbox:
        await Judge(sandbox).judge(ECHO)
        slots = {pid for runner in sandbox.pids for pid in tree(runner)}
    await until(lambda: not any(alive(pid) for pid in slots), seconds=3)


SERVICE = """
import asyncio, sys
from pathlib import Path
from codex_code_execution.sandbox.config import SandboxConfig
from codex_code_execution.sandbox.host import HostSandbox
from codex_code_execution.judging.judge import Judge
from codex_code_execution.judging.model import Job, Kind, TestCase

async def main():
    async with HostSandbox(SandboxConfig(runner=Path(sys.argv[1]), slots=2, work_dir=Path(sys.argv[2]))) as sandbox:
        tests = (TestCase(input=""),)
        job = Job(id="x", kind=Kind.SUBMIT, language="python", code="import time; time.sleep(5)", tests=tests)
        judging = asyncio.create_task(Judge(sandbox).judge(job))
        await asyncio.sleep(0.2)
        print(*sandbox.pids, flush=True)
        await judging

asyncio.run(main())
"""


async def test_no_process_outlives_a_service_that_was_killed(config: SandboxConfig) -> None:
    command = [sys.executable, "-c", SERVICE, str(config.runner), str(config.work_dir)]
    service = await asyncio.to_thread(subprocess.Popen, command, stdout=subprocess.PIPE, text=True)
    assert service.stdout is not None
    line = await asyncio.to_thread(service.stdout.readline)
    slots = {pid for runner in map(int, line.split()) for pid in tree(runner)}
    assert len(slots) >= 2 * 4

    service.kill()
    await asyncio.to_thread(service.wait)
    service.stdout.close()
    await until(lambda: not any(alive(pid) for pid in slots), seconds=3)


def tree(pid: int) -> list[int]:
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(each for child in map(int, children) for each in tree(child))]


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


async def test_a_missing_runner_is_named(tmp_path: Path) -> None:
    with pytest.raises(RunnerNotBuilt, match="no-such-runner"):
        await HostSandbox(SandboxConfig(runner=tmp_path / "no-such-runner", work_dir=tmp_path)).__aenter__()
