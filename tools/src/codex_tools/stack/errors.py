"""What can go wrong while a stack is brought up, each as one sentence for the person at the terminal."""

import errno
from pathlib import Path


class StackError(Exception):
    """The stack can't do what was asked. ``log`` names the file whose end explains it, if one does."""

    def __init__(self, reason: str, *, log: Path | None = None) -> None:
        super().__init__(reason)
        self.log = log


class UnsoundError(StackError):
    """A process lives and answers, but will not do its work again: only a new one will."""


class PortTakenError(StackError):
    """Somebody else took a port between its choice and its use; other ports will do."""


def sentence(error: OSError) -> str:
    """An operating system's refusal in words that say what to do."""
    where = error.filename or "the stack's folder"
    match error.errno:
        case errno.ENOSPC | errno.EDQUOT:
            return f"The disk is full ({where}). Free some space, or set CODEX_HOME to a folder on another disk."
        case errno.EACCES | errno.EPERM | errno.EROFS:
            return f"{where} can't be written. Set CODEX_HOME to a folder that is yours."
        case errno.ENOTDIR | errno.EEXIST:
            return f"{where} is not a folder. Set CODEX_HOME to one."
        case _:
            return f"{error.strerror or error} ({where})."
