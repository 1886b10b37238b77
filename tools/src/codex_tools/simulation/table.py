"""Tables as Markdown, and figures as people read them."""

from collections.abc import Sequence
from dataclasses import dataclass

_MINUTE = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A head and rows of as many cells."""

    head: Sequence[str]
    rows: Sequence[Sequence[str]]

    def markdown(self) -> str:
        lines = [self.head, ["---"] * len(self.head), *self.rows]
        return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def seconds(value: float) -> str:
    """A time, with as much of it as matters."""
    if value >= 2 * _MINUTE:
        return f"{value / _MINUTE:.0f} min"
    if value >= 10:  # noqa: PLR2004 (three digits are enough)
        return f"{value:.0f} s"
    return "0" if value < 0.005 else f"{value:.2f} s"  # noqa: PLR2004 (what rounds to nothing)


def number(value: float) -> str:
    """A count or a rate: whole, or with a digit or two where it is small."""
    if 0 < value < 1:
        return f"{value:.2f}"
    return f"{value:,.0f}" if value >= 100 else f"{value:,.1f}".removesuffix(".0")  # noqa: PLR2004 (three digits)


def percent(share: float) -> str:
    return f"{100 * share:.1f} %" if share < 0.1 else f"{100 * share:.0f} %"  # noqa: PLR2004 (two digits)


def quantile(ordered: Sequence[float], share: float) -> float:
    """Of ascending values the one that ``share`` of them do not exceed; 0 of none."""
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0
