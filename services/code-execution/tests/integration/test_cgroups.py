"""Slots in memory groups: the kernel's own wall behind the watcher.

Groups are made where somebody gave one away: below the group named by ``CODEX_TEST_CGROUP``, or below that of the tests
if systemd delegated it.
"""

import asyncio
import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from codex_code_execution.judging import model
from codex_code_execution.judging.judge import Judge
from codex_code_execution.judging.model import Guard, Job, Kind, Limits, Verdict
from codex_code_execution.sandbox.cgroups import open_groups
from codex_code_execution.sandbox.config import HostConfig
from codex_code_execution.sandbox.host import HostSandbox

NAMED = os.environ.get("CODEX_TEST_CGROUP")
ECHO = Job(
    id="echo",
    kind=Kind.SUBMIT,
    language="python",
    code="print(input())",
    tests=(model.TestCase(input="a", expected="a"),),
)
# Each process stays below the limit, all are gone before anybody looks, and the program ends well: the kernel's counter
# alone knows.
HUNGRY = Job(
    id="hungry",
    kind=Kind.SUBMIT,
    language="python",
    code="""
import os, signal, time
open("/proc/self/comm", "w").write("hungry")
time.sleep(0.5)
children = []
for _ in range(6):
    children.append(os.fork())
    if children[-1] == 0:
        kept = b"x" * (40 << 20)
        time.sleep(20)
        os._exit(0)
dead, _ = os.wait()
for child in children:
    if child != dead: os.kill(child, signal.SIGKILL)
""",
    tests=(model.TestCase(input=""),),
    limits=Limits(cpu_time=5.0, wall_time=30.0, memory=64 << 20),
)


async def until(holds: Callable[[], bool], seconds: float = 10.0) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it did not happen in time"
        await asyncio.sleep(0.005)


@pytest.fixture
def config(sandbox: HostSandbox, runner: Path, tmp_path: Path) -> HostConfig:  # noqa: ARG001 - skips without it
    return HostConfig(runner=runner, slots=1, work_dir=tmp_path, cgroup=Path(NAMED) if NAMED else None)


@pytest.fixture
def parent(config: HostConfig) -> Iterator[Path]:
    groups = open_groups(config.cgroup)
    if groups is None:
        pytest.skip("no cgroup is given to the tests; name one in CODEX_TEST_CGROUP")
    one = groups.make()
    groups.remove(one)
    yield one.parent
    assert not list(one.parent.glob(f"codex-{os.getpid()}-[0-9]*")), "groups are left behind"


async def test_a_slot_and_all_that_it_runs_are_in_its_group(config: HostConfig, parent: Path) -> None:
    async with HostSandbox(config) as sandbox:
        assert sandbox.bounded
        assert (await Judge(sandbox).judge(ECHO)).verdict is Verdict.ACCEPTED
        (group,) = groups_of(os.getpid(), parent)
        await until(lambda: members(group) == set(tree(sandbox.pids[0])))


async def test_what_the_kernel_kills_for_memory_gets_that_verdict_and_the_slot_survives(
    config: HostConfig, parent: Path
) -> None:
    async with HostSandbox(config) as sandbox:
        slot = sandbox.pids
        judging = asyncio.create_task(Judge(sandbox).judge(HUNGRY))
        _, runner, *_ = tree(slot[0])
        await until(lambda: hungry_in(slot[0]) > 0)
        os.kill(runner, signal.SIGSTOP)  # the watcher looks no more
        (group,) = groups_of(os.getpid(), parent)
        await until(lambda: killed_in(group) > 0 and hungry_in(slot[0]) == 0, seconds=20)
        os.kill(runner, signal.SIGCONT)

        judgement = await judging
        assert (judgement.verdict, judgement.guard) == (Verdict.MEMORY_LIMIT, Guard.MEMORY)
        assert (await Judge(sandbox).judge(ECHO)).verdict is Verdict.ACCEPTED
        assert sandbox.pids == slot


async def test_a_replaced_slot_takes_its_group_with_it(config: HostConfig, parent: Path) -> None:
    async with HostSandbox(config) as sandbox:
        before = groups_of(os.getpid(), parent)
        os.kill(sandbox.pids[0], signal.SIGKILL)
        with pytest.raises(Exception, match="did not answer"):
            await Judge(sandbox).judge(ECHO)
        await until(lambda: sandbox.free == 1)
        after = groups_of(os.getpid(), parent)
        assert len(after) == 1
        assert after != before


async def test_groups_of_a_dead_service_are_removed_and_no_others(config: HostConfig, parent: Path) -> None:
    dead = await asyncio.create_subprocess_exec("/bin/true")
    await dead.wait()
    left, living, foreign = (parent / name for name in (f"codex-{dead.pid}-1", f"codex-{os.getppid()}-1", "other-1-1"))
    for group in (left, living, foreign):
        group.mkdir()
    try:
        async with HostSandbox(config):
            assert (left.exists(), living.exists(), foreign.exists()) == (False, True, True)
    finally:
        for group in (left, living, foreign):
            if group.exists():
                group.rmdir()


@pytest.mark.parametrize("name", ["missing", "folder"])
async def test_where_there_can_be_no_group_programs_are_judged_all_the_same(
    config: HostConfig, tmp_path: Path, name: str
) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    nowhere = HostConfig(runner=config.runner, slots=1, work_dir=tmp_path, cgroup=tmp_path / name)
    async with HostSandbox(nowhere) as sandbox:
        assert not sandbox.bounded
        assert (await Judge(sandbox).judge(ECHO)).verdict is Verdict.ACCEPTED
    assert not os.listdir(folder)  # noqa: PTH208 - the same for asyncio's rules


def groups_of(pid: int, parent: Path) -> list[Path]:
    return list(parent.glob(f"codex-{pid}-[0-9]*"))


def members(group: Path) -> set[int]:
    return set(map(int, (group / "cgroup.procs").read_text().split()))


def killed_in(group: Path) -> int:
    unified = group / "memory.events"
    lines = (unified if unified.exists() else group / "memory.oom_control").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("oom_kill "))


def hungry_in(slot: int) -> int:
    """How many processes by that name have not ended."""
    states = [state_of(pid) for pid in tree(slot)]
    return sum("(hungry)" in state and ") Z" not in state for state in states)


def state_of(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return ""


def tree(pid: int) -> list[int]:
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except (FileNotFoundError, ProcessLookupError):
        return []
    return [pid, *(each for child in map(int, children) for each in tree(child))]
