"""Memory groups of slots: bounds that the kernel keeps by itself, whether or not anybody looks."""

import errno
import os
import re
import time
from contextlib import suppress
from pathlib import Path

import structlog

UNIFIED = Path("/sys/fs/cgroup")
NAME = re.compile(r"codex-(\d+)-\w+")
MOST_TASKS = 256  # of a slot at any time, compilers included; programs have a lower limit of their own
REMOVE_SECONDS = 2.0
DELEGATED = "user.delegate", "trusted.delegate"  # by which systemd marks a group that it gave away

log = structlog.get_logger()


class SlotGroups:
    """Makes and removes groups below ``parent``, a group of cgroup v2 or of the memory controller of v1. Blocks."""

    def __init__(self, parent: Path) -> None:
        self._parent = parent
        self._made = 0

    def prepare(self) -> None:
        """Remove what dead services left, and show that groups can be made.

        Raises:
            OSError: they can't.
        """
        self._sweep()
        if _is_unified(self._parent):
            self._delegate()
        self.remove(self.make())

    def make(self) -> Path:
        """A new group without a limit; the slot's runner joins it and sets one for each job.

        Raises:
            OSError: there can be none, or it can't be set up.
        """
        while True:
            self._made += 1
            group = self._parent / f"codex-{os.getpid()}-{self._made}"
            with suppress(FileExistsError):  # of another sandbox in this process
                group.mkdir()
                break
        try:
            _set_up(group)
        except OSError:
            group.rmdir()
            raise
        return group

    def remove(self, group: Path) -> None:
        """Remove a group whose processes were killed, as soon as the last of them is gone."""
        deadline = time.monotonic() + REMOVE_SECONDS
        while (error := _remove(group)) is not None:
            if error != errno.EBUSY or time.monotonic() > deadline:
                log.warning("cgroup of a slot could not be removed", group=group.name, reason=os.strerror(error))
                return
            time.sleep(0.01)

    def _sweep(self) -> None:
        for group in self._parent.iterdir():
            owner = NAME.fullmatch(group.name)
            if owner and not Path("/proc", owner[1]).exists():
                self.remove(group)

    def _delegate(self) -> None:
        """Have groups below the parent. It may have no processes of its own then: we go one level down."""
        if str(os.getpid()) in (self._parent / "cgroup.procs").read_text().split():
            own = self._parent / _own_name()
            own.mkdir(exist_ok=True)
            _write(own / "cgroup.procs", str(os.getpid()))
        available = (self._parent / "cgroup.controllers").read_text().split()
        if "memory" not in available:
            raise OSError(errno.ENOTSUP, "it has no memory controller", str(self._parent))
        _write(self._parent / "cgroup.subtree_control", "+memory")
        if "pids" in available:
            _write(self._parent / "cgroup.subtree_control", "+pids")


def open_groups(parent: Path | None) -> SlotGroups | None:
    """Groups below ``parent``, or below the service's own group if that was given to it; None where there are none.

    That root may write everywhere gives it nothing: groups are made only where somebody says that they may be.
    """
    found = parent or _own_group()
    if found is None:
        return None
    groups = SlotGroups(found)
    try:
        groups.prepare()
    except OSError as error:
        log.warning("slots have no cgroups", parent=str(found), reason=str(error))
        return None
    return groups


def _set_up(group: Path) -> None:
    """A program that could be swapped out would have more memory than it is given."""
    if not _is_unified(group):
        _write(group / "memory.swappiness", "0")
    for name, value in ("memory.swap.max", "0"), ("pids.max", str(MOST_TASKS)):
        if (group / name).exists():
            _write(group / name, value)


def _own_group() -> Path | None:
    paths = [line[3:] for line in Path("/proc/self/cgroup").read_text().splitlines() if line.startswith("0::")]
    if not paths or not _is_unified(UNIFIED):
        return None
    own = UNIFIED / paths[0].lstrip("/")
    if own.name == _own_name():
        own = own.parent
    return own if _is_ours(own) else None


def _is_ours(group: Path) -> bool:
    if not os.access(group, os.W_OK):
        return False
    if os.geteuid() != 0:
        return True
    marked = os.listxattr(group)
    return any(os.getxattr(group, name) == b"1" for name in DELEGATED if name in marked)


def _own_name() -> str:
    return f"codex-{os.getpid()}-service"


def _is_unified(group: Path) -> bool:
    return (group / "cgroup.controllers").exists()


def _remove(group: Path) -> int | None:
    """None once it is gone, else the error's number."""
    try:
        group.rmdir()
    except FileNotFoundError:
        return None
    except OSError as error:
        return error.errno
    return None


def _write(path: Path, text: str) -> None:
    file = os.open(path, os.O_WRONLY)  # never creates one: what isn't there can't be set
    try:
        os.write(file, text.encode())
    finally:
        os.close(file)
