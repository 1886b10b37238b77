"""The load tool's histogram: what its error is, and that parts add up."""

from random import Random

import pytest

from codex_tools.load.histogram import ERROR, Histogram, merged


def _counted(values: list[float]) -> Histogram:
    histogram = Histogram()
    for value in values:
        histogram.add(value)
    return histogram


@pytest.mark.parametrize("percent", [50, 90, 99, 99.9])
def test_every_percentile_is_at_most_one_percent_off_from_microseconds_to_minutes(percent: float) -> None:
    chance = Random(1)
    values = [10 ** chance.uniform(-6, 2) for _ in range(20_000)]

    exact = sorted(values)[round(len(values) * percent / 100) - 1]

    assert ERROR < 0.01
    assert _counted(values).percentile(percent) == pytest.approx(exact, rel=ERROR * 1.0001)


def test_the_greatest_value_is_kept_as_it_was() -> None:
    assert _counted([0.1, 7.654321, 3.0]).percentile(100) == 7.654321


def test_histograms_of_parts_add_up_to_that_of_the_whole() -> None:
    chance = Random(2)
    values = [chance.lognormvariate(-4, 1) for _ in range(999)]
    whole, parts = _counted(values), merged(*(_counted(values[start::3]) for start in range(3)))

    assert parts.buckets() == whole.buckets()
    assert (parts.count, parts.max) == (999, max(values))
    assert list(parts.curve())[-1][1] == 100


def test_nothing_counted_is_zero() -> None:
    assert (Histogram().percentile(99), Histogram().max) == (0, 0)
