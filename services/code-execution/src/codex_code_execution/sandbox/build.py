"""Builds the runner: ``python -m codex_code_execution.sandbox.build DIR`` prints where it is."""

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from codex_code_execution.sandbox.errors import RunnerNotBuilt

NATIVE = Path(__file__).with_name("native")
OPTIONS = ("-std=gnu11", "-O2", "-Wall", "-Wextra")
BUILD_SECONDS = 300


def build_runner(target_dir: Path) -> Path:
    """The runner of this source under ``target_dir``; it is compiled when it isn't there yet.

    Raises:
        RunnerNotBuilt: there is no C compiler, or it failed.
    """
    runner = target_dir / f"codex-runner-{source_hash()}"
    if runner.exists():
        return runner
    target_dir.mkdir(parents=True, exist_ok=True)
    complaint = ""
    for linking in (("-static",), ()):  # without a static libc a dynamic runner does as well
        with tempfile.TemporaryDirectory(dir=target_dir) as folder:
            made = Path(folder, "runner")
            complaint = _compile([*compiler(), *OPTIONS, *linking, *map(str, _sources("*.c")), "-o", str(made)])
            if not complaint:
                made.replace(runner)
                return runner
    raise RunnerNotBuilt(f"the sandbox's runner does not compile: {complaint[-1000:]}")


def source_hash() -> str:
    """Names the present state of the source; another source is another runner."""
    digest = hashlib.sha256()
    for path in _sources("*.[ch]"):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def compiler() -> list[str]:
    """The C compiler to be used: ``cc``, else the one in the package ``ziglang``.

    Raises:
        RunnerNotBuilt: there is neither.
    """
    if (cc := shutil.which("cc")) is not None:
        return [cc]
    if importlib.util.find_spec("ziglang") is not None:
        return [sys.executable, "-m", "ziglang", "cc"]
    raise RunnerNotBuilt("the sandbox's runner is written in C: install a C compiler (cc) or the package ziglang")


def _sources(pattern: str) -> list[Path]:
    return sorted(NATIVE.glob(pattern))


def _compile(command: list[str]) -> str:
    """Empty when it went well, else what the compiler said."""
    environment = {**os.environ, "LC_ALL": "C"}
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=BUILD_SECONDS, env=environment)  # noqa: S603 - our own words
    return "" if done.returncode == 0 else done.stderr or "no reason given"


if __name__ == "__main__":
    print(build_runner(Path(sys.argv[1])))  # noqa: T201 - the answer of this command
