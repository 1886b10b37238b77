# ruff: noqa: T201 (a report is printed)
"""``make test-compose``: an engine, the images, the whole stack, and the tests from outside against it.

It leaves nothing but images: they make the next run fast. ``--keep`` leaves the stack as well.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from codex_tools.stack.home import REPOSITORY
from tests.compose import images
from tests.compose.commands import Failed, finished, run
from tests.compose.stack import Stack, new_stack

_ENGINE = str(Path(__file__).with_name("engine.sh"))
_TESTS = ("tests/e2e", "tests/compose")

T = TypeVar("T")


def main() -> int:
    """Run it all; 0 if every test passed."""
    parser = argparse.ArgumentParser(prog="python -m tests.compose", description=__doc__)
    parser.add_argument("--keep", action="store_true", help="do not take the stack down at the end")
    parser.add_argument("pytest", nargs="*", help="arguments for pytest, instead of all tests")
    options = parser.parse_args()
    try:
        with _engine(), tempfile.TemporaryDirectory() as folder:
            return _test(Path(folder), options.pytest or list(_TESTS), keep=options.keep)
    except (Failed, images.Missing) as failure:
        print(failure, file=sys.stderr)
        return 1


def _test(folder: Path, tests: list[str], *, keep: bool) -> int:
    stack = new_stack()
    named = _named_images(stack)
    kinds = _timed("images", lambda: images.obtain(named.values()))
    stack = replace(stack, absent=tuple(service for service, tag in named.items() if tag not in kinds))
    _show(stack, kinds)
    _timed("build", lambda: stack.compose("build", timeout=1800))
    stack.down()
    try:
        stack = replace(stack, seconds=_timed("up", stack.up))
        stack.write(folder / "stack.json")
        outcome = _pytest(stack, folder, tests)
        _show_figures(folder / "figures.txt")
    finally:
        if keep:
            print(f"The stack is kept: {stack.gateway_url}, traces at {stack.traces_url}, project {stack.project}.")
        else:
            stack.down()
    return outcome


@contextmanager
def _engine() -> Iterator[None]:
    """An engine that runs; it is stopped at the end if it did not before."""
    ran = finished(["docker", "version"], timeout=60).returncode == 0
    print(run([_ENGINE, "start"], timeout=900), end="", flush=True)
    try:
        yield
    finally:
        if not ran:
            run([_ENGINE, "stop"], timeout=120)


def _named_images(stack: Stack) -> dict[str, str]:
    """The images that are not built from the repository, by service."""
    services = stack.configuration()["services"]
    return {name: service["image"] for name, service in services.items() if "build" not in service}


def _timed(what: str, work: Callable[[], T]) -> T:
    began = time.monotonic()
    result = work()
    print(f"{what:<8}{time.monotonic() - began:6.1f} s", flush=True)
    return result


def _show(stack: Stack, kinds: Mapping[str, str]) -> None:
    for tag, kind in kinds.items():
        print(f"  {tag:<48} {kind}")
    for service in stack.absent:
        print(f"  {service:<48} left out: there is no image of it here, and nothing stands in for it")


def _pytest(stack: Stack, folder: Path, tests: list[str]) -> int:
    environment = {
        **os.environ,
        "CODEX_GATEWAY_URL": stack.gateway_url,
        "CODEX_TRACES_URL": stack.traces_url,
        "CODEX_COMPOSE_FOLDER": str(folder),
    }
    argv = [sys.executable, "-m", "pytest", "--timeout=300", *tests]
    return subprocess.run(argv, cwd=REPOSITORY, env=environment, timeout=3600, check=False).returncode


def _show_figures(file: Path) -> None:
    if file.exists():
        print("Measured:\n" + file.read_text(encoding="utf-8"), end="")


if __name__ == "__main__":
    sys.exit(main())
