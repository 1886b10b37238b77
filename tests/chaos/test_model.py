"""The model keeps its promises in any order of events, and breaks one as soon as it lacks one of its safeguards."""

import random
from collections.abc import Iterator
from dataclasses import replace
from itertools import chain

import pytest

from tests.chaos.model import Safeguards, Scenario, World, broken, run

SCHEDULES = 1_500
ALL = Safeguards()
SCENARIO = Scenario()
ONE = Scenario(keys=("one",))
KEYED = Scenario(keys=("one", "one", "two"))
DEVIATIONS = 2


def schedules(scenario: Scenario, safe: Safeguards, count: int = SCHEDULES) -> Iterator[World]:
    """Runs whose every choice comes from a seed: the same ones each time."""
    for seed in range(count):
        yield run(scenario, safe, random.Random(seed).randrange)


class Straight:
    """Always the first of all possibilities, but for some deviations by step."""

    def __init__(self, deviations: dict[int, int]) -> None:
        self._deviations = deviations
        self.offered: list[int] = []

    def __call__(self, count: int) -> int:
        self.offered.append(count)
        return self._deviations.get(len(self.offered) - 1, 0)


def every_run(scenario: Scenario, safe: Safeguards, deviations: dict[int, int], left: int) -> Iterator[World]:
    """All runs that differ from the straight one at ``left`` further steps or fewer."""
    straight = Straight(deviations)
    yield run(scenario, safe, straight)
    if left:
        for step in range(max(deviations, default=-1) + 1, len(straight.offered)):
            for other in range(1, straight.offered[step]):
                yield from every_run(scenario, safe, {**deviations, step: other}, left - 1)


def test_whatever_happens_in_whichever_order_every_promise_is_kept() -> None:
    assert not [found for world in schedules(SCENARIO, ALL) if (found := broken(world))]


def test_the_schedules_meet_what_they_are_meant_to_meet() -> None:
    worlds = list(schedules(SCENARIO, ALL, 500))

    assert any(world.crashes == 2 and world.repetitions == 2 and world.early_repairs for world in worlds)
    assert any(len({v for _, v in world.results.records}) == 2 for world in worlds), "judged twice, differently"
    assert {verdict for world in worlds for verdict in world.verdicts.values()} == {"AC", "TLE"}


def test_every_single_and_double_deviation_from_the_straight_way_is_survived() -> None:
    """Among them a crash of anything at every step, followed by another, and every record repeated at every step."""
    found = [broken(world) for world in every_run(ONE, ALL, {}, DEVIATIONS)]

    assert len(found) > 1_000
    assert not any(found)


@pytest.mark.parametrize(
    "safeguard",
    [
        "key_is_claimed",
        "recorded_before_produced",
        "finalise_only_pending",
        "tell_what_is_recorded",
        "uncredited_is_noted",
        "ledger_is_unique",
        "reconciler",
        "sweep",
    ],
)
def test_without_one_safeguard_a_promise_is_broken(safeguard: str) -> None:
    lacking = replace(ALL, **{safeguard: False})

    assert any(broken(world) for world in chain(every_run(ONE, lacking, {}, DEVIATIONS), schedules(SCENARIO, lacking)))


def test_where_everybody_sends_again_redelivery_alone_loses_nothing() -> None:
    assert not any(broken(world) for world in schedules(KEYED, replace(ALL, reconciler=False)))


@pytest.mark.parametrize("safeguard", ["work_before_commit", "commit_below_unfinished"])
def test_a_commit_that_comes_too_early_loses_what_only_the_reconciler_finds(safeguard: str) -> None:
    early = replace(ALL, **{safeguard: False})
    alone = replace(early, reconciler=False)

    assert any(broken(world) for world in chain(every_run(ONE, alone, {}, DEVIATIONS), schedules(KEYED, alone)))
    assert not any(broken(world) for world in schedules(KEYED, early))
