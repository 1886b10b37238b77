"""Real slots for all tests: nothing of the sandbox is replaced."""

import asyncio
import os
import shutil
import socket
import sys
import tempfile
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest
import uvloop

from codex_code_execution.judging.judge import Judge
from codex_code_execution.judging.model import (
    Checker,
    Job,
    Judgement,
    Kind,
    Limits,
    Parameter,
    Signature,
    TestCase,
    TestOutcome,
)
from codex_code_execution.sandbox.build import build_runner
from codex_code_execution.sandbox.config import HostConfig, StaticConfig
from codex_code_execution.sandbox.errors import IsolationRefused, RunnerNotBuilt
from codex_code_execution.sandbox.host import HostSandbox
from codex_code_execution.sandbox.pool import Sandbox
from codex_code_execution.sandbox.static import StaticSandbox

ADD = Signature(
    function="add", parameters=(Parameter(name="a", type="int"), Parameter(name="b", type="int")), returns="int"
)

Run = Callable[..., Awaitable[Judgement]]


@pytest.fixture(scope="session")
def event_loop_policy() -> uvloop.EventLoopPolicy:
    """The services' loop, which has sockets and processes of its own kind."""
    return uvloop.EventLoopPolicy()


NOBODY = 65534
AS_NOBODY = ("setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups")


@pytest.fixture(scope="session")
def runner(tmp_path_factory: pytest.TempPathFactory) -> Path:
    try:
        return build_runner(tmp_path_factory.mktemp("bin"))
    except RunnerNotBuilt as error:
        pytest.skip(str(error))


# A machine that refuses user namespaces, as Ubuntu 24.04 does: a runner whose call for them fails.
REFUSING = """#!{python} -IS
import ctypes, os, struct, sys
unshare, clone_newuser, eperm = {unshare}, 0x10000000, 0x00050001
code = [(0x20, 0, 0, 0), (0x15, 0, 3, unshare), (0x20, 0, 0, 16), (0x45, 0, 1, clone_newuser), (0x06, 0, 0, eperm),
        (0x06, 0, 0, 0x7FFF0000)]
text = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *each) for each in code))
class Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("code", ctypes.c_void_p))
libc = ctypes.CDLL(None, use_errno=True)
libc.prctl(38, 1, 0, 0, 0)
assert libc.prctl(22, 2, ctypes.byref(Program(len(code), ctypes.addressof(text)))) == 0
os.execv("{runner}", sys.argv)
"""
UNSHARE = {"x86_64": 272, "aarch64": 97}


@pytest.fixture(scope="session")
def refusing_runner(runner: Path) -> Path:
    """The runner on a machine that refuses user namespaces."""
    path = runner.with_name("refused")
    path.write_text(REFUSING.format(python=sys.executable, unshare=UNSHARE[os.uname().machine], runner=runner))
    path.chmod(0o755)
    return path


class Containers:
    """Runners that listen, as the first processes of slots' containers do; their user is nobody if we are root."""

    def __init__(self, folder: Path, runner: Path) -> None:
        self.folder = folder
        self._runner = runner
        self._started: dict[str, Process] = {}

    async def start(self, name: str, runner: Path | None = None) -> Process:
        """Start one, which listens at a socket of this name in the folder when this returns."""
        user = AS_NOBODY if os.geteuid() == 0 and runner is None else ()
        command = (*user, runner or self._runner, "--listen", self.folder / name)
        self._started[name] = await asyncio.create_subprocess_exec(*command, cwd="/")
        async with asyncio.timeout(5):
            while not self._accepts(name):  # noqa: ASYNC110 - there is nothing to be told by
                await asyncio.sleep(0.01)
        return self._started[name]

    def slots(self) -> list[int]:
        """First processes of the slots that they have made."""
        return [child.pid for runner in self._living() for child in psutil.Process(runner.pid).children()]

    async def stop(self) -> None:
        """Kill them all."""
        for runner in self._living():
            runner.kill()
            await runner.wait()

    def _living(self) -> list[Process]:
        return [runner for runner in self._started.values() if runner.returncode is None]

    def _accepts(self, name: str) -> bool:
        with socket.socket(socket.AF_UNIX) as client:
            return client.connect_ex(str(self.folder / name)) == 0


@contextmanager
def folder_of_nobody() -> Iterator[Path]:
    """A folder that nobody may write to, and everybody read."""
    with tempfile.TemporaryDirectory(prefix="codex-sockets-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        if os.geteuid() == 0:
            os.chown(folder, NOBODY, NOBODY)
        yield folder


@asynccontextmanager
async def open_containers(runner: Path) -> AsyncIterator[Containers]:
    """They share a folder with the workers, where their user finds the runner too."""
    with folder_of_nobody() as folder:
        opened = Containers(folder, Path(shutil.copy(runner, folder)))
        yield opened
        await opened.stop()


@pytest.fixture
async def containers(
    sandbox: Sandbox,  # noqa: ARG001 - skips without it
    runner: Path,
) -> AsyncIterator[Containers]:
    """Containers of slots, none at first."""
    async with open_containers(runner) as opened:
        yield opened


@pytest.fixture
def sockets(containers: Containers) -> Path:
    """The folder that workers share with them."""
    return containers.folder


@pytest.fixture
def start(containers: Containers) -> Callable[..., Awaitable[Process]]:
    """Starts one; see ``Containers.start``."""
    return containers.start


@dataclass(frozen=True, slots=True, kw_only=True)
class Backend:
    """A sandbox of one slot, and how to find that one's first process, which is another one when it was replaced."""

    sandbox: Sandbox
    slots: Callable[[], list[int]]


@pytest.fixture(scope="session")
async def backend(
    request: pytest.FixtureRequest, runner: Path, refusing_runner: Path, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Backend]:
    """One slot, so that every job follows the one before it in the same place. A parameter names another kind of it."""
    kind = getattr(request, "param", "userns")
    work_dir = tmp_path_factory.mktemp("work")
    async with AsyncExitStack() as stack:
        if kind == "static":
            containers = await stack.enter_async_context(open_containers(runner))
            await containers.start("1.sock")
            static = StaticSandbox(StaticConfig(sockets=containers.folder, work_dir=work_dir, patience=5))
            opened = Backend(sandbox=static, slots=containers.slots)
        else:
            chosen, weak = (refusing_runner, True) if kind == "landlock" else (runner, False)
            host = HostSandbox(HostConfig(runner=chosen, slots=1, work_dir=work_dir, allow_weak=weak))
            opened = Backend(sandbox=host, slots=lambda: host.pids)
        try:
            await stack.enter_async_context(opened.sandbox)
        except IsolationRefused as error:
            pytest.skip(str(error))
        assert opened.sandbox.tier == kind.replace("static", "userns")
        yield opened


@pytest.fixture(scope="session")
def sandbox(backend: Backend) -> Sandbox:
    """The sandbox that all programs of a test are judged in."""
    return backend.sandbox


@pytest.fixture(scope="session")
def slots(backend: Backend) -> Callable[[], list[int]]:
    """Process ids of its slots."""
    return backend.slots


@pytest.fixture(scope="session")
def run(sandbox: Sandbox) -> Run:
    """Judges a script on inputs and expected outputs, or a function that adds two numbers."""
    judge = Judge(sandbox)
    offered = {language.id for language in sandbox.languages}

    async def run_program(
        code: str,
        *cases: tuple[str, str | None],
        language: str = "python",
        kind: Kind = Kind.SUBMIT,
        signature: Signature | None = None,
        limits: Limits | None = None,
        checker: Checker | None = None,
    ) -> Judgement:
        if language not in offered:
            pytest.skip(f"{language} can't be run on this machine")
        tests = tuple(TestCase(input=given, expected=expected) for given, expected in cases or (("", None),))
        job = Job(
            id="job",
            kind=kind,
            language=language,
            code=code,
            tests=tests,
            signature=signature,
            limits=limits or Limits(),
            checker=checker or Checker(),
        )
        return await judge.judge(job)

    return run_program


@pytest.fixture(scope="session")
def add() -> Signature:
    """The signature of the function problem "add two numbers"."""
    return ADD


@pytest.fixture(scope="session")
def only() -> Callable[[Judgement], TestOutcome]:
    """The outcome of a judgement that has one."""

    def single(judgement: Judgement) -> TestOutcome:
        (outcome,) = judgement.outcomes
        return outcome

    return single
