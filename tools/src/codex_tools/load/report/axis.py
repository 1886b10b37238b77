"""From values to places between 0 and 1, and the marks between."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

Tick = tuple[float, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Axis:
    """``place`` maps a value to 0 (low end) .. 1 (high end); ``show`` puts it in words."""

    label: str
    ticks: Sequence[Tick]
    place: Callable[[float], float]
    show: Callable[[float], str]


def linear(label: str, high: float, show: Callable[[float], str] = "{:g}".format) -> Axis:
    """From 0 to ``high`` or a little more."""
    step = _round_step(max(high, 1e-9) / 5)
    count = max(1, math.ceil(high / step - 1e-9))
    ticks = [(number * step, show(number * step)) for number in range(count + 1)]
    return Axis(label=label, ticks=ticks, place=lambda value: min(1.0, value / (count * step)), show=show)


def logarithmic(label: str, low: float, high: float, show: Callable[[float], str]) -> Axis:
    """From a power of ten to a power of ten; what lies below is put at the lower end."""
    first = math.floor(math.log10(max(low, 1e-6)) + 1e-9)
    last = max(first + 1, math.ceil(math.log10(max(high, 1e-6)) - 1e-9))
    ticks = [(10.0**power, show(10.0**power)) for power in range(first, last + 1)]
    return Axis(label=label, ticks=ticks, place=lambda value: _share(_log(value), first, last), show=show)


def nines(label: str, most: int) -> Axis:
    """Percentages up to so many nines: 90, 99, 99.9 are equally far from each other."""
    ticks = [(percent, f"{percent:g} %") for percent in (0.0, 50.0, 90.0, 99.0, 99.9, 99.99, 99.999)[: most + 2]]
    return Axis(
        label=label,
        ticks=ticks,
        place=lambda value: min(1.0, _nines(value) / most),
        show=lambda value: f"{value:.4g} %",
    )


def milliseconds(seconds: float) -> str:
    return f"{seconds:.3g} s" if seconds >= 1 else f"{seconds * 1e3:.3g} ms"


def _nines(percent: float) -> float:
    return -math.log10(max(1e-9, 1 - percent / 100))


def _log(value: float) -> float:
    return math.log10(max(value, 1e-9))


def _share(value: float, low: float, high: float) -> float:
    return min(1.0, max(0.0, (value - low) / (high - low)))


def _round_step(least: float) -> float:
    """The next of 1, 2, 5, 10, 20, ..."""
    power = 10.0 ** math.floor(math.log10(least))
    return next(step * power for step in (1, 2, 5, 10) if step * power >= least * (1 - 1e-9))
