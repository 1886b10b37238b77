"""Gets the real programs: collector and Loki built from Go modules, Prometheus from Debian's package.

``python -m tests.observability.obtain`` gets all of them, into the user's cache; what is there already costs nothing.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from codex_tools.stack.environment import caller, for_downloads
from codex_tools.stack.home import cache_from

_MODULES: Final = Path(__file__).with_name("programs")
_PATIENCE: Final = 3600  # seconds, for one build on a machine that has other work
_GO: Final = "Go 1.26 or later in PATH (its modules are downloaded the usual way, 1.5 GB)"
_DEBIAN: Final = "prometheus and promtool in PATH, or a Debian from whose archive apt-get can download them"


class Missing(Exception):
    """Something that must be installed first; the text says what."""


class Failed(Exception):
    """A command that ought to work; the text is the end of what it printed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GoProgram:
    """A program with a module of its own under ``programs``, whose go.mod and go.sum say every version."""

    name: str
    package: str

    def cached(self) -> Path:
        """Where it is, or will be: another version of anything gives another place.

        Raises:
            Missing: there is no Go.
        """
        module = _MODULES / self.name
        parts = [file.read_bytes() for file in sorted(module.iterdir()) if file.suffix in {".go", ".mod", ".sum"}]
        version = _output([_found("go", _GO), "env", "GOVERSION"], module)
        digest = hashlib.sha256(b"\0".join([*parts, version.encode()])).hexdigest()[:16]
        return _folder() / f"{self.name}-{digest}" / self.name

    def build(self) -> Path:
        """Build it unless it is there. Downloads are checked against go.sum."""
        target = self.cached()
        with _alone(target.parent):
            if not target.exists():
                draft = target.with_suffix(".draft")
                argv = ["nice", "-n", "19", "go", "build", "-mod=readonly", "-trimpath", "-buildvcs=false"]
                strip = ["-ldflags=-s -w", "-p", str(min(2, os.cpu_count() or 1)), "-o", str(draft), self.package]
                _run([*argv, *strip], _MODULES / self.name)
                draft.rename(target)
        return target


COLLECTOR: Final = GoProgram(name="collector", package=".")
LOKI: Final = GoProgram(name="loki", package="github.com/grafana/loki/v3/cmd/loki")


def prometheus() -> Path:
    """The folder of ``prometheus`` and ``promtool``: one in PATH, else that of Debian's package, unpacked.

    Raises:
        Missing: this machine has neither.
    """
    installed = shutil.which("prometheus")
    if installed and shutil.which("promtool"):
        return Path(installed).parent
    folder = _folder() / "debian-prometheus"
    binaries = folder / "usr" / "bin"
    with _alone(folder):
        if not (binaries / "promtool").exists():
            package = _debian_package(folder)
            _run(["dpkg-deb", "-x", str(package), str(folder)], folder)
            package.unlink()
    return binaries


def main() -> int:
    """Get everything that can be had here, and say what must be installed for the rest.

    Raises:
        Failed: a download or a build did not work.
    """
    steps: dict[str, Callable[[], Path]] = {
        "prometheus": prometheus,
        "collector": COLLECTOR.build,
        "loki": LOKI.build,
    }
    for name, get in steps.items():
        began = time.monotonic()
        try:
            outcome = str(get())
        except Missing as missing:
            outcome = f"left out: {missing}"
        print(f"  {name:<11} {time.monotonic() - began:6.1f} s  {outcome}", flush=True)  # noqa: T201 - builds take minutes
    return 0


def _debian_package(folder: Path) -> Path:
    download = [_found("apt-get", _DEBIAN), "download", "prometheus"]
    try:
        _run(download, folder)
    except Failed:
        _run([download[0], "update"], folder)
        _run(download, folder)
    return next(folder.glob("prometheus_*.deb"))


def _folder() -> Path:
    return cache_from(caller()) / "telemetry-programs"


def _found(program: str, otherwise: str) -> str:
    path = shutil.which(program)
    if path is None:
        raise Missing(f"needs {otherwise}")
    return path


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """One process at a time; a second one finds the work done."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _run(argv: list[str], folder: Path) -> None:
    done = subprocess.run(
        argv, cwd=folder, env=for_downloads(caller()), capture_output=True, text=True, timeout=_PATIENCE, check=False
    )
    if done.returncode != 0:
        raise Failed(f"{' '.join(argv)} ended with {done.returncode}:\n{(done.stdout + done.stderr)[-3000:]}")


def _output(argv: list[str], folder: Path) -> str:
    return subprocess.run(argv, cwd=folder, capture_output=True, text=True, timeout=60, check=True).stdout.strip()


if __name__ == "__main__":
    sys.exit(main())
