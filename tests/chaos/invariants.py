"""What must be true of every author's story, whatever happened: pure functions over evidence."""

from collections import Counter
from collections.abc import Callable, Iterator
from itertools import chain
from typing import Final

from tests.chaos.evidence import Order, Reading, Story, Violation
from tests.chaos.programs import DIFFICULTY, POINTS

Rule = Callable[[Story], Iterator[Violation]]


def violations(story: Story) -> tuple[Violation, ...]:
    """All that is wrong in one story."""
    return tuple(chain.from_iterable(rule(story) for rule in RULES))


def every_key_is_answered(story: Story) -> Iterator[Violation]:
    for order in story.orders:
        if order.refusal:
            yield _about(story, order, "refused", f"{order.problem}: {order.refusal}")
        elif order.key and not order.ids:
            yield _about(story, order, "unanswered", f"key {order.key} has no answer")


def a_key_is_one_submission(story: Story) -> Iterator[Violation]:
    for order in story.orders:
        if len(order.ids) > 1:
            yield _about(story, order, "doubled", f"one order has become {', '.join(order.ids)}")
    named = Counter(chain.from_iterable(set(order.ids) for order in story.orders))
    for order in story.orders:
        for id in order.ids:
            if named[id] > 1:
                yield _about(story, order, "shared", f"{id} stands for {named[id]} orders")


def what_was_accepted_is_listed_once(story: Story) -> Iterator[Violation]:
    listed = Counter(reading.id for reading in story.listed)
    for order in story.orders:
        for id in order.ids:
            if listed[id] != 1:
                rule = "doubled" if listed[id] else "lost"
                yield _about(story, order, rule, f"{id} is listed {listed[id]} times")


def everything_is_judged(story: Story) -> Iterator[Violation]:
    for reading in story.listed:
        if reading.verdict is None:
            yield _of(story, reading, "pending", f"{reading.id} has no verdict")


def the_verdict_is_right(story: Story) -> Iterator[Violation]:
    expected = {id: order.verdict for order in story.orders for id in order.ids}
    for reading in story.listed:
        wanted = expected.get(reading.id)
        if wanted and reading.verdict and reading.verdict != wanted:
            rule = "system error" if reading.verdict == "SE" else "wrong verdict"
            yield _of(story, reading, rule, f"{reading.id} is {reading.verdict}, not {wanted}")


def a_verdict_never_changes(story: Story) -> Iterator[Violation]:
    traces = {reading.id: reading.trace_id for reading in story.listed}
    now = {reading.id: {reading.verdict} - {None} for reading in story.listed}
    for id, seen in story.verdicts.items():
        different = seen | now.get(id, set())
        if len(different) > 1:
            what = f"{id} was {' and '.join(sorted(map(str, different)))}"
            yield Violation(rule="changed", author=story.author, what=what, trace_id=traces.get(id, ""))


def nobody_is_given_what_they_did_not_make(story: Story) -> Iterator[Violation]:
    """A submission without an order is one of those whose answer was lost, and has that one's verdict."""
    known = set(chain.from_iterable(order.ids for order in story.orders))
    unknown = Counter((order.problem, order.verdict) for order in story.orders if not order.ids)
    for reading in story.listed:
        if reading.id in known or reading.verdict is None:
            continue
        what = (reading.problem, reading.verdict)
        unknown[what] -= 1
        if unknown[what] < 0:
            yield _of(story, reading, "stranger", f"nobody made {reading.id}: {reading.problem} {reading.verdict}")


def a_problem_is_scored_once(story: Story) -> Iterator[Violation]:
    for problem in DIFFICULTY:
        accepted = [each for each in story.listed if each.problem == problem and each.verdict == "AC"]
        scored = [each for each in accepted if each.score]
        for late in (each for each in accepted if each.score is None):
            yield _of(story, late, "uncredited", f"{late.id} has no score")
        for other in scored[1:]:
            yield _of(story, other, "scored twice", f"{other.id} gained points again for {problem}")
        if accepted and not scored:
            yield _of(story, accepted[0], "not scored", f"{problem} is solved and gained nothing")


def only_right_programs_gain_their_points(story: Story) -> Iterator[Violation]:
    for reading in story.listed:
        worth = POINTS[DIFFICULTY[reading.problem]] if reading.verdict == "AC" else 0
        if reading.score not in (None, 0, worth):
            yield _of(story, reading, "wrong score", f"{reading.id} gained {reading.score}, worth {worth}")


def totals_agree(story: Story) -> Iterator[Violation]:
    """List, board and profile say the same."""
    solved = {each.problem for each in story.listed if each.verdict == "AC"}
    wanted = Counter(DIFFICULTY[problem] for problem in solved)
    points = sum(POINTS[DIFFICULTY[problem]] for problem in solved)
    gained = sum(reading.score or 0 for reading in story.listed)
    for what, value, right in (
        ("scores of all submissions", gained, points),
        ("score on the board", story.board, points),
        ("profile's solved problems", +Counter(story.solved), wanted),
        ("profile's number of submissions", story.counted, len(story.listed)),
    ):
        if value != right:
            yield Violation(rule="totals", author=story.author, what=f"{what}: {value}, should be {right}")


RULES: Final[tuple[Rule, ...]] = (
    every_key_is_answered,
    a_key_is_one_submission,
    what_was_accepted_is_listed_once,
    everything_is_judged,
    the_verdict_is_right,
    a_verdict_never_changes,
    nobody_is_given_what_they_did_not_make,
    a_problem_is_scored_once,
    only_right_programs_gain_their_points,
    totals_agree,
)


def _about(story: Story, order: Order, rule: str, what: str) -> Violation:
    return Violation(rule=rule, author=story.author, what=what, trace_id=order.trace_id)


def _of(story: Story, reading: Reading, rule: str, what: str) -> Violation:
    return Violation(rule=rule, author=story.author, what=what, trace_id=reading.trace_id)
