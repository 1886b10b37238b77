"""What a person sees: colour and moving parts on a terminal, plain whole lines elsewhere."""

import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape

from codex_tools.stack.errors import StackError
from codex_tools.stack.files import tail

_WIDE = 160
_TRACE_LINES = 6


def console() -> Console:
    """Standard output, wide enough that nothing is cut where there is no terminal."""
    probe = Console()
    return probe if probe.is_terminal else Console(width=_WIDE, no_color=True, highlight=False, emoji=False)


def show_events(out: Console, events: Iterable[dict[str, Any]]) -> str:
    """Print what a supervisor does until it is ready or ends: ``ready``, ``failed`` or ``ended``."""
    under_way: list[str] = []
    with out.status("") as status:
        for event in events:
            match event:
                case {"event": "begin", "text": text}:
                    under_way.append(text)
                case {"event": "end", "text": text, "seconds": seconds}:
                    under_way = [step for step in under_way if step != text]
                    out.print(f"  [green]✓[/] {escape(text):<28} [dim]{seconds:5.1f} s[/]")
                case {"event": "note", "text": text}:
                    out.print(f"  [dim]·[/] {escape(text)}")
                case {"event": "ready"}:
                    return "ready"
                case {"event": "failed", "text": text, "log": log}:
                    show_failure(out, StackError(text, log=Path(log) if log else None))
                    return "failed"
            status.update(", ".join(under_way))
    return "ended"


def show_failure(out: Console, error: StackError) -> None:
    """The reason in one sentence, and the end of the log that explains it."""
    out.print(f"  [red]✗ {escape(str(error))}[/]", soft_wrap=True)
    if error.log is not None:
        out.print(f"    the end of {escape(str(error.log))}:", soft_wrap=True)
        for line in _readable(tail(error.log, 15)):
            out.print(f"    [dim]{escape(line)}[/]", soft_wrap=True)


def _readable(lines: Sequence[str]) -> Iterator[str]:
    """Log lines for people: of a stack trace inside a JSON record, its last lines."""
    for line in dict.fromkeys(lines):
        record = _record(line)
        yield line if "exception" not in record else str(record.get("event"))
        yield from str(record.get("exception", "")).splitlines()[-_TRACE_LINES:]


def _record(line: str) -> dict[str, Any]:
    try:
        value = json.loads(line)
    except json.JSONDecodeError:
        return {}
    return value if isinstance(value, dict) else {}
