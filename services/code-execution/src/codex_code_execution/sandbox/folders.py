"""Folders of slots that have no namespaces: the only place where their programs may write."""

import os
import re
import shutil
import tempfile
from pathlib import Path

NAME = re.compile(r"codex-slot-(\d+)-\w+")


class SlotFolders:
    """Makes and removes folders in the machine's folder for temporary files, which every user can reach. Blocks."""

    def __init__(self, uid: int) -> None:
        self._uid = uid
        self._parent = Path(tempfile.gettempdir())

    def make(self) -> Path:
        """A new folder that belongs to the slots' user."""
        folder = Path(tempfile.mkdtemp(prefix=f"codex-slot-{os.getpid()}-", dir=self._parent))
        if os.geteuid() == 0:
            os.chown(folder, self._uid, self._uid)
        return folder

    def remove(self, folder: Path) -> None:
        """Remove a folder; the slot has emptied it when it ended, unless it was killed."""
        shutil.rmtree(folder, ignore_errors=True)

    def sweep(self) -> None:
        """Remove what dead services of this user left."""
        for folder in self._parent.glob("codex-slot-*"):
            owner = NAME.fullmatch(folder.name)
            if owner and not Path("/proc", owner[1]).exists() and folder.lstat().st_uid in (os.geteuid(), self._uid):
                self.remove(folder)
