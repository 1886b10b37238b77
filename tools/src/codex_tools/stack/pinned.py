"""Programs from PyPI that must not share our environment: each has one of its own, pinned by hashes, in the cache."""

import os
import shutil
import tempfile
from hashlib import sha256
from importlib.resources import files
from pathlib import Path
from sys import executable

from codex_tools.stack.environment import caller, for_downloads
from codex_tools.stack.errors import StackError
from codex_tools.stack.home import Home
from codex_tools.stack.part import Note
from codex_tools.stack.tool import run_tool


async def environment_of(home: Home, package: str, note: Note) -> Path:
    """The environment that ``<package>.lock`` describes, made when it is first needed.

    Raises:
        StackError: the packages can't be had, or are not the ones we know.
    """
    target = home.cache / _name(package)
    if not target.exists():
        note(f"installing {package} into an environment of its own, once")
        home.cache.mkdir(parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(prefix=f".{package}-", dir=home.cache))
        try:
            await _fill(home, package, draft)
            _publish(draft, target)
        finally:
            shutil.rmtree(draft, ignore_errors=True)
    return target


def _name(package: str) -> str:
    """Another lock or another Python is another environment."""
    lock = files("codex_tools.stack").joinpath(f"{package}.lock").read_bytes()
    return f"{package}-{sha256(lock + os.path.realpath(executable).encode()).hexdigest()[:12]}"


async def _fill(home: Home, package: str, draft: Path) -> None:
    uv = find_uv(home.cache)
    lock = str(files("codex_tools.stack").joinpath(f"{package}.lock"))
    for argv in (
        (uv, "venv", "--quiet", "--clear", "--relocatable", "--python", executable, str(draft)),
        (uv, "pip", "install", "--quiet", "--require-hashes", "--python", str(draft), "-r", lock),
    ):
        await run_tool(
            argv,
            environment=for_downloads(caller()),
            folder=home.folder,
            log=home.log_of(package),
            patience=600,
            failure=f"The package {package} could not be installed from PyPI.",
        )


def _publish(draft: Path, target: Path) -> None:
    try:
        draft.rename(target)
    except OSError:
        if not target.exists():  # else another stack was faster, and its environment is as good
            raise


def find_uv(cache: Path) -> str:
    """The uv that `make setup` installed, else the one on PATH.

    Raises:
        StackError: there is neither.
    """
    ours = sorted(cache.glob("uv-*/bin/uv"))
    found = str(ours[-1]) if ours else shutil.which("uv")
    if found is None:
        raise StackError("uv is missing; run `make setup`, which installs it into a folder of its own.")
    return found
