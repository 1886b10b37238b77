"""Histograms that cost next to nothing to record (docs/adr/0024).

The SDK makes an object of every measurement, copies and checks its attributes, and hashes them to find its place. Ours
finds the place by what is known beforehand, and then it is three additions.
"""

import math
import time
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from opentelemetry.trace import SpanContext
from opentelemetry.util.types import AttributeValue

from codex_telemetry.current import span_context

Attributes = Mapping[str, AttributeValue]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A series at one moment. An exemplar is a value, its time (nanoseconds since 1970) and its span."""

    attributes: Attributes
    bounds: Sequence[float]
    counts: Sequence[int]
    sum: float
    smallest: float
    largest: float
    exemplars: Sequence[tuple[float, int, SpanContext]]


class Series:
    """The values of one set of attributes, counted by bucket. Recorded on the event loop, read on any thread."""

    __slots__ = ("_attributes", "_bounds", "_counts", "_exemplars", "_largest", "_smallest", "_sum")

    def __init__(self, attributes: Attributes, bounds: Sequence[float]) -> None:
        self._attributes, self._bounds = dict(attributes), bounds
        self._counts = [0] * (len(bounds) + 1)
        self._exemplars: dict[int, tuple[float, int, SpanContext]] = {}
        self._sum, self._smallest, self._largest = 0.0, math.inf, -math.inf

    @property
    def used(self) -> bool:
        return self._largest >= self._smallest

    def record(self, value: float, context: SpanContext | None) -> None:
        """Count a value; the latest of each bucket is remembered with its trace, when that is recorded."""
        bucket = bisect_left(self._bounds, value)
        self._counts[bucket] += 1
        self._sum += value
        self._smallest = min(self._smallest, value)
        self._largest = max(self._largest, value)
        if context is not None and context.trace_flags.sampled:
            self._exemplars[bucket] = (value, time.time_ns(), context)

    def read(self) -> Reading:
        """All values since the beginning, and the exemplars since the last reading."""
        exemplars, self._exemplars = self._exemplars, {}
        return Reading(
            attributes=self._attributes,
            bounds=self._bounds,
            counts=tuple(self._counts),
            sum=self._sum,
            smallest=self._smallest,
            largest=self._largest,
            exemplars=list(exemplars.values()),
        )


class Histogram:
    """One metric: durations in seconds, by bounded attributes. Without a pipeline it records nothing."""

    all: ClassVar[list["Histogram"]] = []
    since: ClassVar[int] = 0  # nanoseconds since 1970; 0 while nobody reads

    def __init__(self, name: str, description: str, bounds: Sequence[float]) -> None:
        self.name, self.description, self._bounds = name, description, bounds
        self._series: dict[tuple[tuple[str, AttributeValue], ...], Series] = {}
        Histogram.all.append(self)

    def at(self, attributes: Attributes) -> Series:
        """The series of these attributes, to be kept by whoever records to it often."""
        key = tuple(attributes.items())
        series = self._series.get(key)
        if series is None:
            series = self._series[key] = Series(attributes, self._bounds)
        return series

    def record(self, value: float, attributes: Attributes, context: SpanContext | None = None) -> None:
        """Count a value; its exemplar is the span of ``context``, or the current one."""
        if Histogram.since:
            self.at(attributes).record(value, context or span_context())

    def read(self) -> list[Reading]:
        """Every series that has a value."""
        return [series.read() for series in tuple(self._series.values()) if series.used]


def begin() -> None:
    """From now on, histograms record."""
    Histogram.since = Histogram.since or time.time_ns()
