"""From what the kernel counted to a verdict."""

import signal
from dataclasses import dataclass

from codex_code_execution.judging.model import Guard, Limits, Verdict
from codex_code_execution.judging.text import last_line
from codex_code_execution.languages.catalogue import Language
from codex_code_execution.sandbox.wire import AnswerState, Ended, Reply

NEARLY_ALL = 0.9  # of the memory limit: who fails there failed for want of memory


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """Why a program did not come to its end, and which limit it met."""

    verdict: Verdict
    guard: Guard
    message: str


def failure_of(reply: Reply, limits: Limits, language: Language) -> Failure | None:
    """Why no answer is compared: output, time, memory, then errors, in this order; None when there is no reason."""
    head = reply.head
    if head.guard is Guard.OUTPUT or (head.state == AnswerState.TOO_LONG and not language.compile):
        return Failure(
            verdict=Verdict.OUTPUT_LIMIT, guard=Guard.OUTPUT, message=f"more than {limits.output} bytes of output"
        )
    if head.guard is Guard.CPU or (head.ended is Ended.SIGNALED and head.code == signal.SIGXCPU):
        return Failure(
            verdict=Verdict.TIME_LIMIT, guard=Guard.CPU, message=f"more than {limits.cpu_time:g} s of CPU time"
        )
    if head.guard is Guard.WALL:
        return Failure(
            verdict=Verdict.TIME_LIMIT, guard=Guard.WALL, message=f"not finished after {limits.wall_time:g} s"
        )
    if head.guard is Guard.MEMORY or (not reply.clean and _out_of_memory(reply, limits, language)):
        return Failure(
            verdict=Verdict.MEMORY_LIMIT, guard=Guard.MEMORY, message=f"more than {limits.memory >> 20} MB of memory"
        )
    if not reply.clean:
        return Failure(verdict=Verdict.RUNTIME_ERROR, guard=head.guard, message=_error(reply))
    return None


def _out_of_memory(reply: Reply, limits: Limits, language: Language) -> bool:
    """The runtime was refused memory. That it says so itself can be believed: it gains nothing by it."""
    said = last_line(reply.error)
    return reply.head.memory >= NEARLY_ALL * limits.memory or any(word in said for word in language.out_of_memory)


def _error(reply: Reply) -> str:
    if reply.head.ended is Ended.SIGNALED:
        return f"killed by {_signal_name(reply.head.code)}"
    return last_line(reply.error) or f"exit code {reply.head.code}"


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def verdict_of_job(verdicts: list[Verdict]) -> Verdict:
    """The first verdict that isn't acceptance."""
    return next((verdict for verdict in verdicts if verdict is not Verdict.ACCEPTED), Verdict.ACCEPTED)
