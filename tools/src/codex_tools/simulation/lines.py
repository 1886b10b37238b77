"""How a worker's jobs wait for a slot: in the order they came, or by turns of their authors."""

from collections import Counter, OrderedDict, deque
from typing import Protocol

AHEAD = 64  # records of each topic that a worker holds
SLOW_AFTER = 0.5  # seconds


class Line(Protocol):
    """What waits at one worker."""

    def put(self, job: int, author: int, *, overflow: bool) -> None: ...

    def take(self) -> int | None:
        """The next job for a free slot, if there is one that may have it."""

    def done(self, author: int, seconds: float) -> None:
        """A job that was taken has ended, and took so long."""


class FirstComeFirstServed:
    """As the records lie in the partition."""

    __slots__ = ("_jobs",)

    def __init__(self) -> None:
        self._jobs: deque[int] = deque()

    def put(self, job: int, author: int, *, overflow: bool) -> None:  # noqa: ARG002 (the order is all that counts)
        self._jobs.append(job)

    def take(self) -> int | None:
        return self._jobs.popleft() if self._jobs else None

    def done(self, author: int, seconds: float) -> None:
        pass


class Turns:
    """Authors take turns within what the worker has fetched: up to ``AHEAD`` records of each topic.

    As many jobs as there are slots are got ready ahead. An author whose last job took long has at most ``narrow``
    under way or ready. With ``overflow_last`` the overflow topic is read only while nothing else waits.
    """

    __slots__ = ("_busy", "_fetched", "_lanes", "_logs", "_narrow", "_overflow_last", "_ready", "_slots", "_slow")

    def __init__(self, slots: int, *, overflow_last: bool = False) -> None:
        self._slots, self._narrow, self._overflow_last = slots, max(1, slots - 1), overflow_last
        self._logs: tuple[deque[tuple[int, int]], ...] = (deque(), deque())
        self._fetched = [0, 0]
        self._lanes: OrderedDict[int, deque[tuple[int, int]]] = OrderedDict()
        self._ready: deque[int] = deque()
        self._busy: Counter[int] = Counter()
        self._slow: set[int] = set()

    def put(self, job: int, author: int, *, overflow: bool) -> None:
        self._logs[overflow].append((job, author))
        self._prepare()

    def take(self) -> int | None:
        if not self._ready:
            return None
        job = self._ready.popleft()
        self._prepare()
        return job

    def done(self, author: int, seconds: float) -> None:
        self._busy[author] -= 1
        if seconds > SLOW_AFTER:
            self._slow.add(author)
        else:
            self._slow.discard(author)
        self._prepare()

    def _prepare(self) -> None:
        while len(self._ready) < self._slots:
            self._fetch(0, AHEAD)
            if not (self._overflow_last and self._lanes):
                self._fetch(1, 1 if self._overflow_last else AHEAD)
            author = next((author for author in self._lanes if self._may(author)), None)
            if author is None:
                return
            self._ready.append(self._next_of(author))

    def _fetch(self, topic: int, room: int) -> None:
        log = self._logs[topic]
        while log and self._fetched[topic] < room:
            job, author = log.popleft()
            self._lanes.setdefault(author, deque()).append((job, topic))
            self._fetched[topic] += 1

    def _may(self, author: int) -> bool:
        return author not in self._slow or self._busy[author] < self._narrow

    def _next_of(self, author: int) -> int:
        lane = self._lanes[author]
        job, topic = lane.popleft()
        self._fetched[topic] -= 1
        self._busy[author] += 1
        if lane:
            self._lanes.move_to_end(author)
        else:
            del self._lanes[author]
        return job
