"""The wall clock of one service, which can be set wrong while the service runs."""

import struct
import subprocess
from pathlib import Path
from typing import Final

from codex_code_execution.sandbox.build import compiler

_SOURCE: Final = Path(__file__).with_name("wrong.c")


class Clock:
    """A library to be preloaded, and the file from which it knows how wrong it is."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "clock"
        self._library = folder / "clock.so"
        self._file.write_bytes(_seconds(0))
        command = [*compiler(), "-shared", "-fPIC", "-O2", "-Wall", str(_SOURCE), "-o", str(self._library)]
        subprocess.run(command, check=True, capture_output=True, timeout=120)

    @property
    def environment(self) -> dict[str, str]:
        """What gives a process this clock."""
        return {"LD_PRELOAD": str(self._library), "WRONG_CLOCK": str(self._file)}

    def set_wrong(self, seconds: int) -> None:
        """From now on the clock is so much ahead, or behind."""
        with self._file.open("r+b") as file:  # in place: who has mapped it must never find it shorter
            file.write(_seconds(seconds))


def _seconds(number: int) -> bytes:
    return struct.pack("=q", number)
