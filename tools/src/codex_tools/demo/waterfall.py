"""A trace as a waterfall: who called whom, when, and for how long."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from rich.table import Table
from rich.text import Text

_COLOURS = {
    "gateway-service": "cyan",
    "auth-user-service": "magenta",
    "problem-service": "yellow",
    "code-manage-service": "green",
    "code-execution-service": "bright_blue",
}
_BAR = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One span. ``offset`` and ``duration`` in seconds, the offset from the beginning of the trace."""

    depth: int
    name: str
    service: str
    offset: float
    duration: float


def rows(spans: Sequence[Mapping[str, Any]]) -> list[Row]:
    """The spans as a tree from the top, siblings by their start; what has no parent among them is on top."""
    ids = {span["span_id"] for span in spans}
    children: dict[str | None, list[Mapping[str, Any]]] = defaultdict(list)
    for span in sorted(spans, key=_start):
        parent = span["parent_span_id"]
        children[parent if parent in ids else None].append(span)
    return list(_walk(children, None, 0, min(map(_start, spans), default=0.0)))


def _walk(
    children: Mapping[str | None, list[Mapping[str, Any]]], parent: str | None, depth: int, begin: float
) -> Iterator[Row]:
    for span in children.get(parent, []):
        yield Row(
            depth=depth,
            name=span["name"],
            service=span["service"],
            offset=_start(span) - begin,
            duration=float(span["duration"]),
        )
        yield from _walk(children, span["span_id"], depth + 1, begin)


def _start(span: Mapping[str, Any]) -> float:
    return datetime.fromisoformat(span["start"]).timestamp()


def draw(spans: Sequence[Mapping[str, Any]]) -> Table:
    """The waterfall as a table, times in milliseconds."""
    table = Table(box=None, pad_edge=False)
    table.add_column("span", no_wrap=True)
    table.add_column("service", no_wrap=True)
    table.add_column("at ms", justify="right")
    table.add_column("took ms", justify="right")
    table.add_column("", no_wrap=True, width=_BAR)
    tree = rows(spans)
    whole = max((row.offset + row.duration for row in tree), default=0.0)
    for row in tree:
        colour = _COLOURS.get(row.service, "white")
        name = Text("  " * row.depth + row.name)
        service, bar = Text(row.service, style=colour), Text(_bar(row, whole), style=colour)
        table.add_row(name, service, f"{row.offset * 1e3:.1f}", f"{row.duration * 1e3:.1f}", bar)
    return table


def _bar(row: Row, whole: float) -> str:
    scale = _BAR / whole if whole else 0.0
    begin = min(int(row.offset * scale), _BAR - 1)
    return " " * begin + "█" * max(1, min(round(row.duration * scale), _BAR - begin))
