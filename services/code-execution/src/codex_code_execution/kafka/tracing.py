"""The span and the measurements of one judging: what was judged, what came of it, and when each phase began."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from opentelemetry.trace import Span

from codex_code_execution.judging.model import Judgement
from codex_code_execution.judging.progress import Listener, Progress, Stage
from codex_code_execution.sandbox.pool import Sandbox
from codex_protos.execution.v1 import events_pb2 as events
from codex_protos.judging.v1 import judging_pb2 as judging
from codex_telemetry import attributes, metrics, span

NAME = "code.execution"
_PHASES = frozenset({Stage.SLOT_ACQUIRED, Stage.COMPILED, Stage.TESTS_STARTED, Stage.TESTS_FINISHED})


class ExecutionSpan:
    """Writes a job's progress and judgement onto its span, and measures both."""

    def __init__(self, span: Span, request: events.ExecutionRequested) -> None:
        self._span = span
        self._request = request
        self._taken = time.perf_counter()

    def watching(self, note: Listener) -> Listener:
        """A listener that measures the wait, puts phases onto the span as events and passes everything on."""
        recording = self._span.is_recording()

        def noted(progress: Progress) -> None:
            if progress.stage is Stage.SLOT_ACQUIRED:
                self._acquired(progress)
            if recording and progress.stage in _PHASES:
                self._span.add_event(progress.stage.value, timestamp=_when(progress))
            note(progress)

        return noted

    def _acquired(self, progress: Progress) -> None:
        self._taken = progress.at
        waited = _when(progress) - self._request.requested_at.ToNanoseconds()
        metrics.record_queueing(max(0.0, waited / 1e9), kind=_kind(self._request))

    def concluded(self, judgement: Judgement) -> None:
        """Note the verdict with its evidence. A wrong program is no error of ours, so the status stays unset."""
        metrics.record_execution(
            time.perf_counter() - self._taken, language=self._request.language, guard=judgement.guard.value
        )
        self._span.set_attributes(
            {
                attributes.EXECUTION_VERDICT: judgement.verdict.value,
                attributes.EXECUTION_TESTS_TOTAL: judgement.total,
                attributes.EXECUTION_TESTS_PASSED: judgement.passed,
                attributes.EXECUTION_CPU_TIME: judgement.cpu_time,
                attributes.EXECUTION_WALL_TIME: judgement.wall_time,
                attributes.EXECUTION_MEMORY_PEAK: judgement.memory_peak,
                attributes.SANDBOX_GUARD: judgement.guard.value,
            }
        )


@contextmanager
def execution_span(request: events.ExecutionRequested, sandbox: Sandbox, attempt: int) -> Iterator[ExecutionSpan]:
    """The span around one attempt; an exception from below is the platform's own fault and marks it as failed."""
    known: dict[str, str | int] = {
        attributes.SUBMISSION_ID: request.submission_id,
        attributes.EXECUTION_KIND: _kind(request),
        attributes.EXECUTION_LANGUAGE: request.language,
        attributes.EXECUTION_ATTEMPT: attempt,
        attributes.SANDBOX_BACKEND: sandbox.backend,
        attributes.SANDBOX_TIER: sandbox.tier,
    }
    with span(NAME, known) as current:
        current.add_event("queued", timestamp=request.requested_at.ToNanoseconds())
        yield ExecutionSpan(current, request)


def _kind(request: events.ExecutionRequested) -> str:
    return judging.Kind.Name(request.kind).removeprefix("KIND_").lower()


def _when(progress: Progress) -> int:
    """The time of a step, in nanoseconds since 1970."""
    return time.time_ns() - int((time.perf_counter() - progress.at) * 1e9)
