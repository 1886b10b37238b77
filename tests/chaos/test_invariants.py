"""Each invariant can fail: a story in which nothing is wrong, changed at one place."""

from dataclasses import replace

import pytest

from tests.chaos.evidence import Order, Reading, Story
from tests.chaos.invariants import violations

FIRST = Reading(id="1", problem="echo", verdict="AC", score=10, trace_id="t1")
AGAIN = Reading(id="2", problem="echo", verdict="AC", score=0, trace_id="t2")
WRONG = Reading(id="3", problem="echo", verdict="WA", score=0, trace_id="t3")
HARD = Reading(id="4", problem="peaceful-queens", verdict="AC", score=40, trace_id="t4")
GOOD = Story(
    author="ada",
    orders=(
        Order(problem="echo", verdict="AC", key="k1", ids=("1",), trace_id="t1"),
        Order(problem="echo", verdict="AC", key="k2", ids=("2",), trace_id="t2"),
        Order(problem="echo", verdict="WA", ids=("3",), trace_id="t3"),
        Order(problem="peaceful-queens", verdict="AC"),
        Order(problem="echo", verdict="RE"),
    ),
    verdicts={"1": frozenset({"AC"}), "3": frozenset({"WA"})},
    listed=(HARD, WRONG, AGAIN, FIRST),
    board=50,
    solved={"easy": 1, "medium": 0, "hard": 1},
    counted=4,
)


def with_order(number: int, order: Order) -> Story:
    orders = list(GOOD.orders)
    orders[number] = order
    return replace(GOOD, orders=tuple(orders))


def with_reading(old: Reading, *new: Reading) -> Story:
    listed = tuple(reading for reading in GOOD.listed if reading != old) + new
    return replace(GOOD, listed=listed, counted=len(listed))


def test_a_story_in_which_every_promise_was_kept_is_not_blamed() -> None:
    assert violations(GOOD) == ()


@pytest.mark.parametrize(
    ("rule", "story"),
    [
        ("unanswered", with_order(0, replace(GOOD.orders[0], ids=()))),
        ("refused", with_order(0, replace(GOOD.orders[0], refusal="409 conflict"))),
        ("doubled", with_order(0, replace(GOOD.orders[0], ids=("1", "2")))),
        ("shared", with_order(1, replace(GOOD.orders[1], ids=("1",)))),
        ("lost", with_reading(WRONG)),
        ("doubled", with_reading(WRONG, WRONG, WRONG)),
        ("pending", with_reading(WRONG, replace(WRONG, verdict=None, score=None))),
        ("wrong verdict", with_reading(WRONG, replace(WRONG, verdict="TLE"))),
        ("system error", with_reading(WRONG, replace(WRONG, verdict="SE"))),
        ("changed", replace(GOOD, verdicts={"3": frozenset({"WA", "TLE"})})),
        ("changed", replace(GOOD, verdicts={"3": frozenset({"TLE"})})),
        ("stranger", replace(GOOD, listed=(*GOOD.listed, replace(HARD, id="5", score=0)), counted=5)),
        ("stranger", replace(GOOD, listed=(*GOOD.listed, replace(WRONG, id="5", verdict="TLE")), counted=5)),
        ("uncredited", with_reading(AGAIN, replace(AGAIN, score=None))),
        ("scored twice", with_reading(AGAIN, replace(AGAIN, score=10))),
        ("not scored", with_reading(FIRST, replace(FIRST, score=0))),
        ("wrong score", with_reading(HARD, replace(HARD, score=25))),
        ("wrong score", with_reading(WRONG, replace(WRONG, score=10))),
        ("totals", replace(GOOD, board=40)),
        ("totals", replace(GOOD, solved={"easy": 2, "medium": 0, "hard": 1})),
        ("totals", replace(GOOD, counted=5)),
    ],
)
def test_a_broken_promise_is_named(rule: str, story: Story) -> None:
    assert rule in {violation.rule for violation in violations(story)}


def test_a_violation_leads_to_its_trace() -> None:
    (violation, *_) = violations(with_reading(WRONG, replace(WRONG, verdict="SE")))

    assert (violation.author, violation.trace_id) == ("ada", "t3")
