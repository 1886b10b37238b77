"""``requirements.lock``: every third-party version with its hashes, and the proof that it is current.

No other lock is committed. To resolve anew with the versions that we have, a copy of all ``pyproject.toml`` files is
given the lock's versions as constraints; what comes out is the lock itself unless a ``pyproject.toml`` wants otherwise.
"""

import argparse
import difflib
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from codex_tools.stack.environment import caller, for_downloads
from codex_tools.stack.errors import StackError
from codex_tools.stack.home import REPOSITORY, cache_from
from codex_tools.stack.pinned import find_uv

_LOCK = REPOSITORY / "requirements.lock"
_EXPORT = ("export", "--quiet", "--all-packages", "--all-extras", "--no-emit-workspace", "--no-header", "--locked")
_SHOWN = 30
_MEMBERS = ("libs/*", "services/*", "tools", "tools/*")


def main() -> int:
    """Write the lock, or check that it is current; the exit status."""
    parser = argparse.ArgumentParser(prog="python -m codex_tools.lock", description=__doc__)
    parser.add_argument("action", choices=("write", "check"))
    parser.add_argument("--upgrade", action="store_true", help="take the newest versions that fit")
    options = parser.parse_args()
    old = _LOCK.read_text(encoding="utf-8") if _LOCK.exists() else ""
    try:
        new = resolve("" if options.upgrade else old)
    except StackError as error:
        print(error, file=sys.stderr)  # noqa: T201  (a program's message)
        return 1
    if options.action == "write":
        _LOCK.write_text(new, encoding="utf-8")
        return 0
    return _compare(old, new)


def resolve(lock: str) -> str:
    """The lock that the ``pyproject.toml`` files ask for, with the versions of ``lock`` as far as they fit.

    Raises:
        StackError: the wishes contradict each other or the lock, or uv is missing.
    """
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder)
        for file in _projects():
            target = copy / file.relative_to(REPOSITORY)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, target)
        _constrain(copy / "pyproject.toml", versions(lock))
        _uv(copy, "lock", "--quiet")
        return _uv(copy, *_EXPORT)


def versions(lock: str) -> list[str]:
    """The requirements of a lock without their hashes: ``name==version ; marker``."""
    lines = (line.removesuffix("\\").strip() for line in lock.splitlines() if line[:1].isalnum())
    return list(lines)


def _projects() -> Iterator[Path]:
    yield REPOSITORY / "pyproject.toml"
    for pattern in _MEMBERS:
        yield from sorted(REPOSITORY.glob(f"{pattern}/pyproject.toml"))


def _constrain(project: Path, requirements: list[str]) -> None:
    constraints = "".join(f'    "{requirement}",\n' for requirement in requirements)
    text = project.read_text(encoding="utf-8")
    addition = f"[tool.uv]\nconstraint-dependencies = [\n{constraints}]\n"
    project.write_text(text.replace("[tool.uv]\n", addition, 1), encoding="utf-8")


def _uv(folder: Path, *arguments: str) -> str:
    uv, environment = find_uv(cache_from(caller())), for_downloads(caller())
    argv = [uv, *arguments, "--python", sys.executable]
    result = subprocess.run(  # noqa: S603  (our own argv)
        argv, cwd=folder, env=environment, capture_output=True, text=True, timeout=300, check=False
    )
    if result.returncode != 0:
        raise StackError(f"requirements.lock can't be resolved:\n{result.stderr.strip()}")
    return result.stdout


def _compare(old: str, new: str) -> int:
    if old == new:
        return 0
    changes = difflib.unified_diff(old.splitlines(), new.splitlines(), "requirements.lock", "wanted", lineterm="", n=0)
    shown = islice(changes, _SHOWN)
    print("requirements.lock is not current; run `make lock`.", *shown, sep="\n")  # noqa: T201  (a program's message)
    return 1


if __name__ == "__main__":
    sys.exit(main())
