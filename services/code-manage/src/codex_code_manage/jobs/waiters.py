"""Who waits for which judgement, on this replica."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from codex_protos.judging.v1 import judging_pb2 as judging

Waiting = asyncio.Future[judging.Submission]


class Waiters:
    """A map of futures by submission id; several calls may wait for one submission."""

    def __init__(self) -> None:
        self._waiting: dict[str, set[Waiting]] = {}

    def __len__(self) -> int:
        return len(self._waiting)

    @contextmanager
    def expect(self, submission: str) -> Iterator[Waiting]:
        """A future of the judged submission, told from the moment this block is entered."""
        future: Waiting = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(submission, set()).add(future)
        try:
            yield future
        finally:
            self._forget(submission, future)

    def _forget(self, submission: str, future: Waiting) -> None:
        group = self._waiting[submission]
        group.discard(future)
        if not group:
            del self._waiting[submission]

    def expected(self, submission: str) -> bool:
        """Whether somebody waits for this one."""
        return submission in self._waiting

    def waited_for(self) -> list[str]:
        """The ids that somebody waits for."""
        return list(self._waiting)

    def tell(self, submission: judging.Submission) -> None:
        """Wake everybody who waits for this one; telling twice, or nobody, is fine."""
        for future in self._waiting.get(submission.id, ()):
            if not future.done():
                future.set_result(submission)
