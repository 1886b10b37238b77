"""``requirements.lock``: every third-party version with its hashes, and the proof that it is current.

Each container image has a part of it in ``deploy/docker/locks``: what its service needs at run time, and what building
our packages needs. To resolve anew with the versions that we have, a copy of all ``pyproject.toml`` files is given the
lock's versions as constraints; what comes out is the lock itself unless a ``pyproject.toml`` wants otherwise.
"""

import argparse
import difflib
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path

from codex_tools.stack.environment import caller, for_downloads
from codex_tools.stack.errors import StackError
from codex_tools.stack.home import REPOSITORY, cache_from
from codex_tools.stack.pinned import find_uv

_LOCK = REPOSITORY / "requirements.lock"
_IMAGE_LOCKS = REPOSITORY / "deploy/docker/locks"
_BUILD_LOCK = _IMAGE_LOCKS / "build.lock"
_IMAGES = ("auth-user", "code-execution", "code-manage", "collab", "gateway", "problem")
_EXPORT = ("export", "--quiet", "--no-emit-workspace", "--no-header", "--locked")
_COMPILE = (
    "pip",
    "compile",
    "--quiet",
    "--universal",
    "--generate-hashes",
    "--no-header",
    "--no-annotate",
    "--constraints",
)
_SHOWN = 30
_MEMBERS = ("libs/*", "services/*", "tools", "tools/*")


def main() -> int:
    """Write the lock, or check that it is current; the exit status."""
    parser = argparse.ArgumentParser(prog="python -m codex_tools.lock", description=__doc__)
    parser.add_argument("action", choices=("write", "check"))
    parser.add_argument("--upgrade", action="store_true", help="take the newest versions that fit")
    options = parser.parse_args()
    try:
        new = resolve(*("" if options.upgrade else _read(path) for path in (_LOCK, _BUILD_LOCK)))
    except StackError as error:
        print(error, file=sys.stderr)  # noqa: T201  (a program's message)
        return 1
    if options.action == "write":
        _write(new)
        return 0
    return max(_compare(path, text) for path, text in new.items())


def resolve(lock: str, build_lock: str) -> dict[Path, str]:
    """All locks that the ``pyproject.toml`` files ask for, with the versions of the given ones as far as they fit.

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
        whole = _uv(copy, *_EXPORT, "--all-packages", "--all-extras")
        build = _build_requirements(copy, [*versions(whole), *_only_in(build_lock, whole)])
        return {_LOCK: whole, **dict(_image_locks(copy)), _BUILD_LOCK: build}


def _image_locks(workspace: Path) -> Iterator[tuple[Path, str]]:
    for image in _IMAGES:
        yield _IMAGE_LOCKS / f"{image}.lock", _uv(workspace, *_EXPORT, "--no-dev", "--package", f"codex-{image}")


def _build_requirements(workspace: Path, known: list[str]) -> str:
    """What our packages' build back end and build hook need, in the versions that are ``known``."""
    wanted, constraints = workspace / "build.in", workspace / "known.txt"
    wishes = {wish for file in _projects() for wish in _build_wishes(file)}
    wanted.write_text("".join(f"{wish}\n" for wish in sorted(wishes)), encoding="utf-8")
    constraints.write_text("".join(f"{version}\n" for version in known), encoding="utf-8")
    return _uv(workspace, *_COMPILE, str(constraints), str(wanted))


def _only_in(lock: str, other: str) -> list[str]:
    there = {version.partition("==")[0] for version in versions(other)}
    return [version for version in versions(lock) if version.partition("==")[0] not in there]


def _build_wishes(project: Path) -> list[str]:
    return list(tomllib.loads(_read(project)).get("build-system", {}).get("requires", []))


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


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.exists() else ""


def _write(locks: Mapping[Path, str]) -> None:
    for path, text in locks.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def _compare(path: Path, new: str) -> int:
    old, name = _read(path), str(path.relative_to(REPOSITORY))
    if old == new:
        return 0
    changes = difflib.unified_diff(old.splitlines(), new.splitlines(), name, "wanted", lineterm="", n=0)
    shown = islice(changes, _SHOWN)
    print(f"{name} is not current; run `make lock`.", *shown, sep="\n")  # noqa: T201  (a program's message)
    return 1


if __name__ == "__main__":
    sys.exit(main())
