"""Real slots for all tests: nothing of the sandbox is replaced."""

import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

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
from codex_code_execution.sandbox.config import SandboxConfig
from codex_code_execution.sandbox.errors import IsolationRefused, RunnerNotBuilt
from codex_code_execution.sandbox.host import HostSandbox

ADD = Signature(
    function="add", parameters=(Parameter(name="a", type="int"), Parameter(name="b", type="int")), returns="int"
)

Run = Callable[..., Awaitable[Judgement]]


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


@pytest.fixture(scope="session")
async def sandbox(
    request: pytest.FixtureRequest, runner: Path, refusing_runner: Path, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[HostSandbox]:
    """One slot, so that every job follows the one before it in the same place. A parameter names another tier."""
    tier = getattr(request, "param", "userns")
    weak = tier == "landlock"
    work_dir = tmp_path_factory.mktemp("work")
    opened = HostSandbox(
        SandboxConfig(runner=refusing_runner if weak else runner, slots=1, work_dir=work_dir, allow_weak=weak)
    )
    try:
        await opened.__aenter__()
    except IsolationRefused as error:
        pytest.skip(str(error))
    assert opened.tier == tier
    yield opened
    await opened.__aexit__(None, None, None)


@pytest.fixture(scope="session")
def run(sandbox: HostSandbox) -> Run:
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
