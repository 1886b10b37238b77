"""Which Python runs judged programs: never the service's own."""

import os
import stat
from pathlib import Path

from codex_code_execution.sandbox.config import HostConfig
from codex_code_execution.sandbox.errors import SandboxUnavailable

FOR_ALL = stat.S_IROTH | stat.S_IXOTH
USUAL = (Path("/usr/bin/python3"), Path("/usr/local/bin/python3"), Path("/bin/python3"))


def find_python(config: HostConfig) -> Path:
    """The first interpreter that the slots' user may read and execute.

    Raises:
        SandboxUnavailable: there is none.
    """
    tried = (config.python,) if config.python else USUAL
    for path in tried:
        if path.exists() and readable_by_slot(path.resolve()):
            return path
    names = ", ".join(map(str, tried))
    raise SandboxUnavailable(f"no Python interpreter that the sandbox's user may read (looked at {names})")


def readable_by_slot(path: Path) -> bool:
    """Whether everybody may reach, read and execute this program; when we aren't root, whether we may."""
    if os.geteuid() != 0:
        return os.access(path, os.R_OK | os.X_OK)
    reachable = all(parent.stat().st_mode & stat.S_IXOTH for parent in path.parents)
    return reachable and path.stat().st_mode & FOR_ALL == FOR_ALL


def outside_of_usr(python: Path) -> tuple[Path, ...]:
    """What slots must be shown besides /usr for this interpreter to run: the folder that it is installed in."""
    real = python.resolve()
    return () if real.is_relative_to("/usr") or real.is_relative_to("/bin") else (real.parent.parent,)
