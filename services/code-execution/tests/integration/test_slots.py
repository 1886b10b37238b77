"""Slots as an operator cares about them: they heal, they end, they hold nothing back."""

import asyncio
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import pytest

from codex_code_execution.judging import model
from codex_code_execution.judging.judge import Judge
from codex_code_execution.judging.model import Job, Kind, Verdict
from codex_code_execution.sandbox.config import HostConfig
from codex_code_execution.sandbox.errors import RunnerNotBuilt, SandboxTooWeak, SandboxUnavailable
from codex_code_execution.sandbox.host import HostSandbox
from codex_testing.waiting import eventually

ECHO = Job(
    id="echo",
    kind=Kind.SUBMIT,
    language="python",
    code="print(input())",
    tests=(model.TestCase(input="a", expected="a"),),
)
SLEEP = Job(id="sleep", kind=Kind.SUBMIT, language="python", code="import time; time.sleep(5)", tests=ECHO.tests)


@pytest.fixture(params=["userns", "landlock"])
def tier(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def config(
    sandbox: HostSandbox,  # noqa: ARG001 - skips without it
    runner: Path,
    refusing_runner: Path,
    tier: str,
    tmp_path: Path,
) -> HostConfig:
    weak = tier == "landlock"
    return HostConfig(runner=refusing_runner if weak else runner, slots=2, work_dir=tmp_path, allow_weak=weak)


async def test_two_slots_start_within_a_second_and_a_half(config: HostConfig, tier: str) -> None:
    started = time.monotonic()
    async with HostSandbox(config) as sandbox:
        assert time.monotonic() - started < 1.5
        assert (sandbox.backend, sandbox.tier, sandbox.slots, sandbox.free) == ("host", tier, 2, 2)
        assert "python" in {language.id for language in sandbox.languages}


async def test_a_job_whose_slot_dies_gets_no_verdict_and_the_slot_is_replaced(config: HostConfig) -> None:
    async with HostSandbox(config) as sandbox:
        judge = Judge(sandbox)
        pids = sandbox.pids
        judging = [asyncio.create_task(judge.judge(SLEEP)) for _ in pids]
        await eventually(lambda: sandbox.free == 0)
        for pid in pids:
            os.kill(pid, signal.SIGKILL)

        outcomes = await asyncio.gather(*judging, return_exceptions=True)
        assert all(isinstance(outcome, SandboxUnavailable) for outcome in outcomes)
        await eventually(lambda: sandbox.free == 2)
        assert not set(pids) & set(sandbox.pids)
        assert (await judge.judge(ECHO)).verdict is Verdict.ACCEPTED


async def test_a_cancelled_job_frees_its_slot_at_once(config: HostConfig) -> None:
    async with HostSandbox(config) as sandbox:
        judging = asyncio.create_task(Judge(sandbox).judge(SLEEP))
        await eventually(lambda: sandbox.free == 1)
        judging.cancel()
        await eventually(lambda: sandbox.free == 2, within=2)


async def test_slots_are_recycled_after_their_jobs(runner: Path, tmp_path: Path) -> None:
    one = HostConfig(runner=runner, slots=1, work_dir=tmp_path, recycle_after=10)
    async with HostSandbox(one) as sandbox:
        judge = Judge(sandbox)
        before = sandbox.pids
        for _ in range(12):
            assert (await judge.judge(ECHO)).verdict is Verdict.ACCEPTED
        assert sandbox.pids != before


async def test_as_many_jobs_run_at_once_as_there_are_slots(config: HostConfig) -> None:
    async with HostSandbox(config) as sandbox:
        judge = Judge(sandbox)
        verdicts = [judgement.verdict for judgement in await asyncio.gather(*[judge.judge(ECHO) for _ in range(20)])]
        assert verdicts == [Verdict.ACCEPTED] * 20
        assert sandbox.free == 2


async def test_closing_leaves_no_process(config: HostConfig) -> None:
    async with HostSandbox(config) as sandbox:
        await Judge(sandbox).judge(ECHO)
        slots = {pid for runner in sandbox.pids for pid in tree(runner)}
    await eventually(lambda: not any(alive(pid) for pid in slots), within=3)


BOMB = replace(SLEEP, code="import os\nwhile True:\n    try: os.fork()\n    except OSError: pass")
FLOOD = replace(SLEEP, code="while True: print('x' * 1000)", limits=model.Limits(output=16 << 20))


@pytest.mark.parametrize(
    ("job", "processes"), [(SLEEP, 0), (BOMB, 22), (FLOOD, 0)], ids=["a sleeper", "a fork bomb", "a flood"]
)
async def test_closing_is_done_within_three_seconds_whatever_runs(config: HostConfig, job: Job, processes: int) -> None:
    sandbox = await HostSandbox(config).__aenter__()
    judge = Judge(sandbox)
    judging = [asyncio.create_task(judge.judge(job)) for _ in range(2)]
    await eventually(lambda: sandbox.free == 0 and sum(len(tree(pid)) for pid in sandbox.pids) >= processes)
    slots = {pid for runner in sandbox.pids for pid in tree(runner)}

    async with asyncio.timeout(3):
        await sandbox.__aexit__(None, None, None)
        outcomes = await asyncio.gather(*judging, return_exceptions=True)
    assert all(isinstance(outcome, SandboxUnavailable) for outcome in outcomes)
    assert (sandbox.pids, sandbox.healthy) == ([], False), "a slot was started while the sandbox was closed"
    await eventually(lambda: not any(alive(pid) for pid in slots), within=3)


async def test_closing_is_done_within_three_seconds_while_slots_are_replaced(config: HostConfig) -> None:
    before = slot_folders(os.getpid())
    sandbox = await HostSandbox(config).__aenter__()
    judging = [asyncio.create_task(Judge(sandbox).judge(SLEEP)) for _ in range(2)]
    await eventually(lambda: sandbox.free == 0)
    for task in judging:
        task.cancel()
    await asyncio.wait(judging)

    async with asyncio.timeout(3):
        await sandbox.__aexit__(None, None, None)
    assert (sandbox.pids, sandbox.healthy) == ([], False)
    assert slot_folders(os.getpid()) == before


async def test_slots_that_die_while_idle_are_replaced_and_cost_no_job(config: HostConfig) -> None:
    async with HostSandbox(config) as sandbox:
        pids = sandbox.pids
        for pid in pids:
            os.kill(pid, signal.SIGKILL)
        await eventually(lambda: sandbox.free == 2 and not set(pids) & set(sandbox.pids))
        assert sandbox.healthy
        assert (await Judge(sandbox).judge(ECHO)).verdict is Verdict.ACCEPTED


async def test_a_sandbox_is_not_healthy_while_no_slot_can_be_started(config: HostConfig, tmp_path: Path) -> None:
    runner = Path(shutil.copy(config.runner, tmp_path / "runner"))
    async with HostSandbox(replace(config, runner=runner)) as sandbox:
        away = await asyncio.to_thread(runner.rename, tmp_path / "away")
        for pid in sandbox.pids:
            os.kill(pid, signal.SIGKILL)
        await eventually(lambda: not sandbox.healthy)

        await asyncio.to_thread(away.rename, runner)
        await eventually(lambda: sandbox.healthy and sandbox.free == 2)


SERVICE = """
import asyncio, sys
from pathlib import Path
from codex_code_execution.sandbox.config import HostConfig
from codex_code_execution.sandbox.host import HostSandbox
from codex_code_execution.judging.judge import Judge
from codex_code_execution.judging.model import Job, Kind, TestCase

async def main():
    config = HostConfig(runner=Path(sys.argv[1]), slots=2, work_dir=Path(sys.argv[2]), allow_weak=True)
    async with HostSandbox(config) as sandbox:
        tests = (TestCase(input=""),)
        job = Job(id="x", kind=Kind.SUBMIT, language="python", code="import time; time.sleep(5)", tests=tests)
        judging = asyncio.create_task(Judge(sandbox).judge(job))
        await asyncio.sleep(0.2)
        print("slots", *sandbox.pids, flush=True)
        await judging

asyncio.run(main())
"""


async def test_no_process_outlives_a_service_that_was_killed(config: HostConfig) -> None:
    command = [sys.executable, "-c", SERVICE, str(config.runner), str(config.work_dir)]
    service = await asyncio.to_thread(subprocess.Popen, command, stdout=subprocess.PIPE, text=True)
    assert service.stdout is not None
    line = ""
    async with asyncio.timeout(10):
        while not line.startswith("slots"):
            line = await asyncio.to_thread(service.stdout.readline)
    slots = {pid for runner in map(int, line.split()[1:]) for pid in tree(runner)}
    assert len(slots) >= 2 * 4

    service.kill()
    await asyncio.to_thread(service.wait)
    service.stdout.close()
    await eventually(lambda: not any(alive(pid) for pid in slots), within=3)


def tree(pid: int) -> list[int]:
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except (FileNotFoundError, ProcessLookupError):
        return []
    return [pid, *(each for child in map(int, children) for each in tree(child))]


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


async def test_a_missing_runner_is_named(tmp_path: Path) -> None:
    with pytest.raises(RunnerNotBuilt, match="no-such-runner"):
        await HostSandbox(HostConfig(runner=tmp_path / "no-such-runner", work_dir=tmp_path)).__aenter__()


async def test_a_machine_without_namespaces_is_refused_unless_weakness_is_tolerated(
    refusing_runner: Path, tmp_path: Path
) -> None:
    config = HostConfig(runner=refusing_runner, slots=1, work_dir=tmp_path)
    before = slot_folders(os.getpid())
    with pytest.raises(SandboxTooWeak, match="apparmor_restrict_unprivileged_userns=0"):
        await HostSandbox(config).__aenter__()
    assert slot_folders(os.getpid()) == before


async def test_the_weak_tier_says_once_that_it_is_weak(
    config: HostConfig, tier: str, capsys: pytest.CaptureFixture[str]
) -> None:
    async with HostSandbox(config):
        pass
    assert capsys.readouterr().out.count("apparmor_restrict_unprivileged_userns=0") == (tier == "landlock")


async def test_closing_leaves_no_folder(config: HostConfig, tier: str) -> None:
    litter = replace(ECHO, code="import os\nos.makedirs('a/b')\nopen('a/b/c', 'w').close()\nprint(input())")
    before = slot_folders(os.getpid())
    async with HostSandbox(config) as sandbox:
        assert (await Judge(sandbox).judge(litter)).verdict is Verdict.ACCEPTED
        assert len(slot_folders(os.getpid()) - before) == (2 if tier == "landlock" else 0)
    assert slot_folders(os.getpid()) == before


async def test_folders_of_a_dead_service_are_removed(config: HostConfig) -> None:
    dead = await asyncio.create_subprocess_exec("/bin/true")
    await dead.wait()
    left = Path(tempfile.mkdtemp(prefix=f"codex-slot-{dead.pid}-"))
    async with HostSandbox(config):
        assert left not in slot_folders("*")


def slot_folders(service: int | str) -> set[Path]:
    return set(Path(tempfile.gettempdir()).glob(f"codex-slot-{service}-*"))
