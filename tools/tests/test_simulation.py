"""The simulated day, held against what is known exactly, and docs/scaling.md, held against the simulated day."""

from array import array
from collections import Counter
from functools import partial
from itertools import accumulate
from pathlib import Path
from random import Random

import pytest
from aiokafka.partitioner import murmur2

from codex_service.ids import uuid7
from codex_tools.simulation import closed_form
from codex_tools.simulation.__main__ import main
from codex_tools.simulation.document import renewed
from codex_tools.simulation.engine import waits
from codex_tools.simulation.fairness import FLEET, POLICIES, by_side, flooded
from codex_tools.simulation.fleet import Fleet
from codex_tools.simulation.lines import FirstComeFirstServed, Turns
from codex_tools.simulation.load import Load, Stream, day, judging
from codex_tools.stack.home import REPOSITORY

SCALING = REPOSITORY / "docs" / "scaling.md"
SIMULATED = ("fleets", "hours", "partitions", "fairness")
SMALL = Load(submissions=20_000, people=2_000)


def textbook(jobs: int, *, rate: float, seconds: float) -> Stream:
    """Poisson arrivals, exponential durations, everybody somebody else."""
    random = Random(7)
    return Stream(
        at=array("d", accumulate(random.expovariate(rate) for _ in range(jobs))),
        seconds=array("d", (random.expovariate(1 / seconds) for _ in range(jobs))),
        author=array("l", range(jobs)),
        key=array("L", (random.getrandbits(31) for _ in range(jobs))),
    )


@pytest.mark.parametrize(("slots", "rate"), [(1, 1.2), (4, 6.4), (30, 52.0)])
def test_one_line_waits_as_long_as_erlang_c_says(slots: int, rate: float) -> None:
    stream = textbook(200_000, rate=rate, seconds=0.5)

    waited = waits(stream, Fleet(partitions=1, workers=1, slots=slots), FirstComeFirstServed)

    a_while = 0.5 / (slots - rate * 0.5)
    late = sum(wait > a_while for wait in waited) / len(waited)
    waiting = sum(wait > 0 for wait in waited) / len(waited)
    assert sum(waited) / len(waited) == pytest.approx(closed_form.mean_wait(slots, rate, 0.5), rel=0.1)
    assert waiting == pytest.approx(closed_form.erlang_c(slots, rate * 0.5), rel=0.05)
    assert late == pytest.approx(closed_form.share_above(a_while, slots, rate, 0.5), rel=0.1)


def test_partitions_of_workers_wait_as_so_many_single_lines() -> None:
    stream = textbook(300_000, rate=12.0, seconds=0.5)

    waited = waits(stream, Fleet(partitions=10, workers=10, slots=1), FirstComeFirstServed)

    assert sum(waited) / len(waited) == pytest.approx(closed_form.mean_wait(1, 1.2, 0.5), rel=0.1)


def test_people_who_submit_once_are_judged_in_the_order_they_came() -> None:
    stream = textbook(100_000, rate=6.4, seconds=0.4)
    fleet = Fleet(partitions=1, workers=1, slots=4)

    assert waits(stream, fleet, partial(Turns, fleet.slots)) == waits(stream, fleet, FirstComeFirstServed)


def test_erlang_c_is_that_of_the_textbook() -> None:
    assert closed_form.erlang_c(1, 0.6) == pytest.approx(0.6)  # M/M/1: as often as the server is busy
    assert closed_form.erlang_c(2, 1.0) == pytest.approx(1 / 3)
    assert closed_form.mean_wait(1, 1.2, 0.5) == pytest.approx(0.75)


def test_programs_take_as_long_as_their_kinds_say() -> None:
    random = Random(3)

    seconds = [judging(random) for _ in range(200_000)]

    mean = sum(seconds) / len(seconds)
    variation = sum((each - mean) ** 2 for each in seconds) / len(seconds) / mean**2
    assert 0.005 <= min(seconds) <= max(seconds) <= 10
    assert mean == pytest.approx(closed_form.mean_judging(), rel=0.03)
    assert variation == pytest.approx(closed_form.judging_variation(), rel=0.06)


def test_a_day_has_as_many_submissions_as_expected_and_its_contest() -> None:
    at = day(SMALL, seed=1).at

    evening = sum(20 * 3600 <= each < 22 * 3600 for each in at)

    assert len(at) == pytest.approx(20_000, rel=0.05)
    assert list(at) == sorted(at)
    assert evening == pytest.approx(sum(SMALL.by_minute[20 * 60 : 22 * 60]), rel=0.1)


def test_the_same_seed_gives_the_same_day_and_another_one_another() -> None:
    fleet = Fleet(partitions=12, workers=12, slots=1)

    first, again, other = (
        waits(day(SMALL, seed), fleet, partial(Turns, fleet.slots), first=32, overhead=0.004) for seed in (1, 1, 2)
    )

    assert first == again
    assert first != other


def test_workers_without_a_partition_judge_nothing() -> None:
    stream = day(SMALL, seed=1)

    few = waits(stream, Fleet(partitions=12, workers=12, slots=1), FirstComeFirstServed)
    many = waits(stream, Fleet(partitions=12, workers=1_000, slots=1), FirstComeFirstServed)

    assert few == many


def test_the_overflow_topic_keeps_a_flood_from_everybody_else() -> None:
    stream = flooded(5, seed=1)
    in_order, built = (
        by_side(waits(stream, FLEET, policy.line, first=policy.first), stream, 5)[0]
        for policy in (POLICIES[0], POLICIES[2])
    )

    assert in_order[len(in_order) // 2] > 5 * built[len(built) // 2]


def test_real_keys_spread_over_partitions_like_the_random_ones_here() -> None:
    keys, partitions = 24_000, 48

    records = Counter((murmur2(uuid7().encode()) & 0x7FFFFFFF) % partitions for _ in range(keys))

    expected = keys / partitions
    assert sum((count - expected) ** 2 / expected for count in records.values()) < 100  # chi squared of 47: 1 in 10^5


def test_the_command_prints_a_table(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fleets", "--submissions", "2000", "--people", "100", "--workers", "20"]) == 0

    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("| partitions |")
    assert len(lines) == 9


def test_the_page_shows_what_the_commands_print() -> None:
    """Those that take no time; the others by ``python -m codex_tools.simulation.document docs/scaling.md``."""
    text = SCALING.read_text()

    assert renewed(text, wanted=lambda words: words.split()[0] not in SIMULATED) == text


def test_a_table_that_is_not_what_the_command_prints_is_put_right(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("```sh\n.venv/bin/python -m codex_tools.simulation limits\n```\n\n| old |\n| --- |\n\nThe end.\n")

    text = renewed(page.read_text())

    assert "| old |" not in text
    assert "| what is full |" in text
    assert text.endswith("\n\nThe end.\n")
