"""``codex status``: every part, whether it runs, and what it takes."""

from rich.console import Console
from rich.table import Table

from codex_tools.stack import remote
from codex_tools.stack.home import Home
from codex_tools.stack.process import memory
from codex_tools.stack.state import Record, recorded

_COLOURS = {"running": "green", "starting": "yellow", "restarting": "yellow"}


def status(home: Home, out: Console) -> int:
    """Print the table; 0 when every part runs, 1 otherwise."""
    supervisor = remote.supervisor(home)
    if supervisor is None:
        out.print(f"No stack runs in {home.folder}.", soft_wrap=True)
        return 1
    records = recorded(home)
    table = Table("part", "kind", "pid", "port", "state", "restarts", "memory", box=None, pad_edge=False)
    for record in records:
        table.add_row(*_row(record))
    table.add_row(
        "supervisor", "", str(supervisor), "", "[green]running[/]", "", _megabytes(memory(supervisor, alone=True))
    )
    out.print(table)
    return 0 if all(_state(record) == "running" for record in records) else 1


def _row(record: Record) -> tuple[str, ...]:
    state, pid = _state(record), record.process.pid if record.process else None
    return (
        record.name,
        "store" if record.store else "service",
        str(pid or "-"),
        str(record.port),
        f"[{_COLOURS.get(state, 'red')}]{state}[/]",
        str(record.restarts),
        _megabytes(memory(pid)) if pid else "-",
    )


def _state(record: Record) -> str:
    gone = record.process is not None and not record.process.running()
    return "gone" if gone else record.state


def _megabytes(size: int) -> str:
    return f"{size / 1e6:.0f} MB"
