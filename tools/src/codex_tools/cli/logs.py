"""``codex logs``: what the parts wrote, one or all, so far or from now on."""

import sys
import time
from pathlib import Path

from codex_tools.stack.errors import StackError
from codex_tools.stack.files import tail
from codex_tools.stack.home import Home

_LOOK_EVERY = 0.2


def logs(home: Home, name: str | None, *, lines: int, follow: bool) -> int:
    """Print the last lines of each log, and with ``follow`` what is added, until interrupted."""
    files = _files(home, name)
    named = len(files) > 1
    ends = {file: file.stat().st_size for file in files}
    for file in files:
        _write(file, tail(file, lines), named=named)
    while follow:
        time.sleep(_LOOK_EVERY)
        for file in files:
            added, ends[file] = _added(file, ends[file])
            _write(file, added, named=named)
    return 0


def _files(home: Home, name: str | None) -> list[Path]:
    every = sorted(home.logs.glob("*.log")) if home.logs.exists() else []
    exact = [file for file in every if name in {file.stem, file.stem.removesuffix("-service")}]
    files = every if name is None else exact
    if not files:
        known = ", ".join(file.stem for file in every) or "none yet"
        raise StackError(f"There is no log {name or ''} in {home.logs}; there are: {known}.")
    return files


def _added(file: Path, since: int) -> tuple[list[str], int]:
    """The whole lines after an offset, and the offset after them; from the start where the file was begun anew."""
    since = since if file.stat().st_size >= since else 0
    with file.open("rb") as opened:
        opened.seek(since)
        whole = opened.read().rpartition(b"\n")[0]
    return whole.decode(errors="replace").splitlines(), since + len(whole) + 1 if whole else since


def _write(file: Path, lines: list[str], *, named: bool) -> None:
    prefix = f"{file.stem:<24} " if named else ""
    sys.stdout.writelines(f"{prefix}{line}\n" for line in lines)
    sys.stdout.flush()
