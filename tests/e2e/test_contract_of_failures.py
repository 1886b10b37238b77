"""The checker notices when the trace of a job that failed is not what the contract says: mutations of recorded ones."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.e2e.contract import violations
from tests.e2e.expectations import expected
from tests.e2e.spans import Span
from tests.e2e.test_contract import UNKNOWN, Spans, changed, in_a_trace_of_its_own, one, recorded, subtree


def attempts(spans: Spans) -> Spans:
    """The handlings of the job, the first one first."""
    return sorted((span for span in spans if span.name == "process code-execution-topic"), key=lambda span: span.start)


def resend(spans: Spans) -> Span:
    """The send span that an attempt which failed led to."""
    return next(
        span for span in spans if span.name == "send code-execution-topic" and span.service == "code-execution-service"
    )


def resent_in_a_trace_of_its_own(spans: Spans) -> Spans:
    return in_a_trace_of_its_own(spans, resend(spans), linked=False)


def resent_beside_the_attempt(spans: Spans) -> Spans:
    return changed(spans, resend(spans), parent=attempts(spans)[0].parent)


def failure_kept_quiet(spans: Spans) -> Spans:
    return changed(spans, attempts(spans)[0], error=False)


def error_in_the_attempt_that_went_well(spans: Spans) -> Spans:
    return changed(spans, attempts(spans)[-1], error=True, message="out of order")


def exception_without_status(spans: Spans) -> Spans:
    reason = attempts(spans)[0].events
    return changed(spans, attempts(spans)[-1], events=reason)


def code_in_an_exception(spans: Spans) -> Spans:
    span = attempts(spans)[0]
    reason = replace(span.events[-1], attributes={"exception.message": "in line 1: def two_sum(nums, target):"})
    return changed(spans, span, events=(reason,))


def never_tried_again(spans: Spans) -> Spans:
    lost = subtree(spans, resend(spans))
    return [span for span in spans if span.span_id not in lost]


def dead_letter_elsewhere(spans: Spans) -> Spans:
    return changed(spans, one(spans, "send code-dead-letter-topic"), parent=attempts(spans)[0].span_id)


def dead_letter_lost(spans: Spans) -> Spans:
    return [span for span in spans if span.name != "send code-dead-letter-topic"]


def author_not_told(spans: Spans) -> Spans:
    lost = subtree(spans, one(spans, "send code-result-topic"))
    return [span for span in spans if span.span_id not in lost]


def replay_without_its_link(spans: Spans) -> Spans:
    return changed(spans, one(spans, "replay"), links=())


def replay_linked_to_itself(spans: Spans) -> Spans:
    root = one(spans, "replay")
    return changed(spans, root, links=((root.trace_id, UNKNOWN),))


def replay_continues_the_old_trace(spans: Spans) -> Spans:
    root = one(spans, "replay")
    return changed(spans, root, parent=root.links[0][1], links=())


FAILURES: dict[Callable[[Spans], Spans], tuple[str, str]] = {
    resent_in_a_trace_of_its_own: ("retried", "2 trace ids instead of one"),
    resent_beside_the_attempt: (
        "retried",
        "process code-execution-topic below send code-execution-topic is not followed by send code-execution-topic",
    ),
    failure_kept_quiet: ("retried", "no status ERROR on process code-execution-topic"),
    error_in_the_attempt_that_went_well: ("retried", "status ERROR on process code-execution-topic"),
    exception_without_status: ("retried", "forbidden key exception.message on process code-execution-topic"),
    code_in_an_exception: ("retried", "something of the user's on process code-execution-topic"),
    never_tried_again: ("retried", "missing below send code-execution-topic: process code-execution-topic"),
    dead_letter_elsewhere: ("given_up", "is not followed by send code-execution-topic"),
    dead_letter_lost: ("given_up", "send code-dead-letter-topic (producer, code-execution-service)"),
    author_not_told: ("given_up", "missing below process code-execution-topic: send code-result-topic"),
    replay_without_its_link: ("replayed", "replay is not linked to the trace that it takes up"),
    replay_linked_to_itself: ("replayed", "replay is not linked to the trace that it takes up"),
    replay_continues_the_old_trace: ("replayed", "no root replay (internal, code-manage-service)"),
}


@pytest.mark.parametrize("mutate", FAILURES, ids=lambda mutate: mutate.__name__)
def test_a_trace_of_failures_with_one_fault_breaks_the_contract(mutate: Callable[[Spans], Spans]) -> None:
    flow, fault = FAILURES[mutate]
    found = violations(mutate(recorded(flow)), expected(flow, "warm").without_texts("def two_sum("))

    assert any(fault in violation for violation in found), found


def test_a_submission_that_went_well_was_not_tried_again() -> None:
    assert violations(recorded(), expected("retried"))
    assert violations(recorded("retried"), expected("accepted"))
    assert violations(recorded("retried"), expected("given_up"))
