"""The sandbox's runner, built on this machine, and what the machine's kernel allows it."""

import asyncio
import shutil
import sysconfig
from pathlib import Path
from sys import executable

from codex_tools.stack.environment import caller, clean
from codex_tools.stack.errors import StackError
from codex_tools.stack.files import tail
from codex_tools.stack.home import Home
from codex_tools.stack.part import Note
from codex_tools.stack.pinned import environment_of
from codex_tools.stack.tool import answers, run_tool


class Runner:
    """The runner of a stack: built for the first who asks, found by the others."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._building = asyncio.Lock()
        self._path: Path | None = None

    async def path(self, note: Note) -> Path:
        """Where it is. A sandbox that this machine restricts is noted once.

        Raises:
            StackError: there is no compiler, or it failed.
        """
        async with self._building:
            if self._path is None:
                if weaker := restriction(self._home):
                    note(weaker)
                self._path = await _build(self._home, note)
            return self._path


async def _build(home: Home, note: Note) -> Path:
    """Build the runner into the stack's folder, or find it there from another day."""
    log = home.log_of("sandbox-build")
    log.unlink(missing_ok=True)
    await run_tool(
        (executable, "-m", "codex_code_execution.sandbox.build", str(home.folder / "bin")),
        environment={**clean(caller()), **await _compiler(home, note)},
        folder=home.folder,
        log=log,
        patience=300,
        failure="The sandbox's runner could not be built.",
    )
    return _built(log)


def _built(log: Path) -> Path:
    """The build's last line is the runner's path."""
    path = Path((tail(log, 1) or [""])[0].strip())
    if not path.is_file():
        raise StackError("The sandbox's build did not say where the runner is.", log=log)
    return path


async def _compiler(home: Home, note: Note) -> dict[str, str]:
    """What the build needs to find a compiler: nothing where there is one, else the place of the wheel's."""
    if shutil.which("cc"):
        return {}
    installed = await environment_of(home, "ziglang", note)
    return {"PYTHONPATH": sysconfig.get_path("purelib", vars={"base": str(installed)})}


def restriction(home: Home) -> str | None:
    """Why this machine's kernel gives an unprivileged user no namespaces of its own, as a sentence, if it does not."""
    if answers(("unshare", "--user", "--map-root-user", "--pid", "--fork", "true"), folder=home.folder):
        return None
    for setting, open_value in _SETTINGS.items():
        file = Path("/proc/sys") / setting.replace(".", "/")
        if file.exists() and file.read_text(encoding="utf-8").strip() != open_value:
            cure = f"sudo sysctl -w {setting}={open_value}"
            return f"This machine gives no user namespaces ({setting}); `{cure}` allows them."
    return "This machine gives no user namespaces; code is judged in a weaker sandbox."


_SETTINGS = {
    "kernel.apparmor_restrict_unprivileged_userns": "0",
    "kernel.unprivileged_userns_clone": "1",
}
