"""Lines in an SVG drawing, by hand: no library, nothing to be fetched."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

from codex_tools.load.report.axis import Axis

_WIDTH, _HEIGHT = 760, 280
_LEFT, _RIGHT, _TOP, _BOTTOM = 64, 14, 12, 44


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """One line. ``colour`` is a number of the page's style sheet; a ``step`` keeps its value until the next point."""

    name: str
    colour: int
    points: Sequence[tuple[float, float]]
    step: bool = False


def figure(title: str, series: Sequence[Series], x: Axis, y: Axis) -> str:
    """A titled drawing with its legend."""
    legend = "".join(f'<span class="key c{one.colour}">{escape(one.name)}</span>' for one in series)
    return (
        f'<figure><figcaption>{escape(title)}</figcaption><div class="legend">{legend}</div>'
        f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{escape(title)}">'
        f"{''.join(_grid(x, y))}{''.join(_line(one, x, y) for one in series)}</svg></figure>"
    )


def _grid(x: Axis, y: Axis) -> Iterator[str]:
    bottom = _HEIGHT - _BOTTOM
    for value, text in x.ticks:
        left = _across(x, value)
        yield f'<line class="grid" x1="{left}" y1="{_TOP}" x2="{left}" y2="{bottom}"/>'
        yield f'<text x="{left}" y="{bottom + 16}" text-anchor="middle">{escape(text)}</text>'
    for value, text in y.ticks:
        top = _down(y, value)
        yield f'<line class="grid" x1="{_LEFT}" y1="{top}" x2="{_WIDTH - _RIGHT}" y2="{top}"/>'
        yield f'<text x="{_LEFT - 6}" y="{top + 4}" text-anchor="end">{escape(text)}</text>'
    yield f'<text x="{_WIDTH / 2}" y="{_HEIGHT - 8}" text-anchor="middle">{escape(x.label)}</text>'


def _line(series: Series, x: Axis, y: Axis) -> str:
    path = " ".join(f"{_across(x, one)},{_down(y, other)}" for one, other in _corners(series))
    marks = "".join(_mark(series, point, x, y) for point in series.points)
    return f'<g class="c{series.colour}"><polyline points="{path}"/>{marks}</g>'


def _corners(series: Series) -> Iterator[tuple[float, float]]:
    before: float | None = None
    for one, other in series.points:
        if series.step and before is not None:
            yield one, before
        yield one, other
        before = other


def _mark(series: Series, point: tuple[float, float], x: Axis, y: Axis) -> str:
    """Unseen; says its value to a pointer that rests on it."""
    words = f"{series.name}: {y.show(point[1])} at {x.show(point[0])}"
    return (
        f'<circle cx="{_across(x, point[0])}" cy="{_down(y, point[1])}" r="5"><title>{escape(words)}</title></circle>'
    )


def _across(axis: Axis, value: float) -> float:
    return round(_LEFT + axis.place(value) * (_WIDTH - _LEFT - _RIGHT), 1)


def _down(axis: Axis, value: float) -> float:
    return round(_HEIGHT - _BOTTOM - axis.place(value) * (_HEIGHT - _TOP - _BOTTOM), 1)
