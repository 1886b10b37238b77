"""``make check``: everything that can be said about the code without running it."""

import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from sys import executable

from codex_tools.cli.console import console
from codex_tools.stack.home import REPOSITORY

_PROGRAMS = Path(executable).parent
_PATIENCE = 600


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One command that must end with 0."""

    name: str
    argv: tuple[str, ...]


def main() -> int:
    """Run every check, show what each failing one says; 0 if all passed."""
    return 1 if [check for check in checks() if not _passes(check)] else 0


def checks() -> Iterator[Check]:
    yield Check(name="ruff check", argv=_program("ruff", "check", "--quiet"))
    yield Check(name="ruff format", argv=_program("ruff", "format", "--check", "--quiet"))
    packages = [word for package in _packages() for word in ("-p", package)]
    yield Check(name="mypy --strict", argv=_program("mypy", "--strict", *packages))
    yield Check(name="mypy --strict tests", argv=_program("mypy", "--strict", "tests", "deploy"))
    yield Check(name="import rules", argv=_program("lint-imports"))
    yield Check(name="buf lint", argv=_program("buf", "lint", "protos"))
    baseline = _last_tag()
    if baseline is None:
        console().print("  · buf breaking: no tag to compare with yet")
    else:
        against = f".git#tag={baseline},subdir=protos"
        yield Check(name=f"buf breaking ({baseline})", argv=_program("buf", "breaking", "protos", "--against", against))
    yield Check(name="hadolint", argv=_program("hadolint", "deploy/docker/Dockerfile"))
    dashboards = (executable, "-m", "deploy.observability.dashboards", "--check")
    yield Check(name="dashboards", argv=dashboards)
    yield Check(name="requirements.lock", argv=(executable, "-m", "codex_tools.lock", "check"))


def _program(name: str, *arguments: str) -> tuple[str, ...]:
    return (str(_PROGRAMS / name), *arguments)


def _packages() -> list[str]:
    folders = [
        folder for place in ("libs", "services", "tools") for folder in REPOSITORY.glob(f"{place}/**/src/codex_*")
    ]
    return sorted(
        folder.name for folder in folders if (folder / "__init__.py").exists() and folder.name != "codex_protos"
    )


def _last_tag() -> str | None:
    argv = ["git", "describe", "--tags", "--abbrev=0"]
    result = subprocess.run(argv, cwd=REPOSITORY, capture_output=True, text=True, timeout=30, check=False)  # noqa: S603  (our own argv)
    return result.stdout.strip() or None


def _passes(check: Check) -> bool:
    began = time.monotonic()
    result = subprocess.run(  # noqa: S603  (our own argv)
        check.argv, cwd=REPOSITORY, capture_output=True, text=True, timeout=_PATIENCE, check=False
    )
    passed = result.returncode == 0
    mark = "[green]✓[/]" if passed else "[red]✗[/]"
    console().print(f"  {mark} {check.name:<24} {time.monotonic() - began:5.1f} s")
    if not passed:
        print(result.stdout + result.stderr)  # noqa: T201  (the tool's own words, unchanged)
    return passed


if __name__ == "__main__":
    sys.exit(main())
