"""The discrete event simulation itself: jobs come, wait for a slot of the worker that has their partition, and end."""

from array import array
from collections import Counter
from collections.abc import Callable
from heapq import heappop, heappush
from math import inf

from codex_tools.simulation.fleet import Fleet
from codex_tools.simulation.lines import Line
from codex_tools.simulation.load import Stream


def waits(
    stream: Stream, fleet: Fleet, line: Callable[[], Line], *, first: int | None = None, overhead: float = 0.0
) -> "array[float]":
    """Seconds that each job of the stream waited for its slot.

    Args:
        stream: The jobs, in the order they come.
        fleet: Workers, slots and partitions.
        line: Makes what waits at one worker.
        first: A person's so many first outstanding jobs go to the jobs' topic, others to the overflow topic; None:
            there is no such topic.
        overhead: Seconds that a slot is busy with a job besides judging.
    """
    run = _Run(stream, fleet, line, first, overhead)
    for job in range(len(stream)):
        run.finish_until(stream.at[job])
        run.arrive(job)
    run.finish_until(inf)
    return run.waited


class _Run:
    def __init__(
        self, stream: Stream, fleet: Fleet, line: Callable[[], Line], first: int | None, overhead: float
    ) -> None:
        self.waited = array("d", bytes(8 * len(stream)))
        self._stream, self._fleet, self._overhead = stream, fleet, overhead
        self._first = inf if first is None else first
        self._free = [fleet.slots] * fleet.workers
        self._lines = [line() for _ in range(fleet.workers)]
        self._outstanding: Counter[int] = Counter()
        self._ends: list[tuple[float, int, int]] = []  # when, worker, job: a heap

    def arrive(self, job: int) -> None:
        author = self._stream.author[job]
        overflow = self._outstanding[author] >= self._first
        self._outstanding[author] += 1
        worker = self._fleet.worker(self._stream.key[job], overflow=overflow)
        self._lines[worker].put(job, author, overflow=overflow)
        self._fill(worker, self._stream.at[job])

    def finish_until(self, now: float) -> None:
        while self._ends and self._ends[0][0] <= now:
            end, worker, job = heappop(self._ends)
            author = self._stream.author[job]
            self._outstanding[author] -= 1
            self._free[worker] += 1
            self._lines[worker].done(author, self._stream.seconds[job])
            self._fill(worker, end)

    def _fill(self, worker: int, now: float) -> None:
        """Give free slots what waits."""
        while self._free[worker] and (job := self._lines[worker].take()) is not None:
            self._free[worker] -= 1
            self.waited[job] = now - self._stream.at[job]
            heappush(self._ends, (now + self._stream.seconds[job] + self._overhead, worker, job))
