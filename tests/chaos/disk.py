"""A disk of its own for a store, small enough to be filled: a tmpfs, where we may mount one."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SIZE = 512 << 20
_STEP = 1 << 20


class Disk:
    """A mounted folder."""

    def __init__(self, folder: Path) -> None:
        self._balloon = folder / "balloon"

    def fill(self) -> None:
        """Take every byte that is free."""
        with self._balloon.open("wb") as file:
            end, step = 0, _STEP
            while step >= 1:
                try:
                    os.posix_fallocate(file.fileno(), end, step)
                    end += step
                except OSError:
                    step //= 16

    def free(self) -> None:
        self._balloon.unlink(missing_ok=True)


@contextmanager
def mounted(folder: Path) -> Iterator[Disk | None]:
    """The folder on a disk of its own for the length of a block; None where we may not mount."""
    folder.mkdir(parents=True)
    if not _run("mount", "-t", "tmpfs", "-o", f"size={SIZE},mode=755", "tmpfs", str(folder)):
        yield None
        return
    try:
        yield Disk(folder)
    finally:
        _run("umount", "--lazy", str(folder))


def _run(*argv: str) -> bool:
    if os.geteuid() != 0:
        return False
    return subprocess.run(argv, capture_output=True, check=False, timeout=30).returncode == 0
