"""Test suites, asked of the problem service once and kept on disk by their hash."""

import asyncio
from hashlib import sha256
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import TYPE_CHECKING

import structlog

from codex_protos.judging.v1 import judging_pb2 as judging
from codex_protos.problem.v1 import problem_service_pb2 as pb

if TYPE_CHECKING:
    from codex_protos.problem.v1.problem_service_pb2_grpc import ProblemServiceAsyncStub

log = structlog.get_logger()

_IN_MEMORY = 64


class Suites:
    """The latest suites in memory, all that were ever asked for on disk; written whole or not at all."""

    def __init__(self, problems: "ProblemServiceAsyncStub", folder: Path) -> None:
        self._problems = problems
        self._folder = folder
        self._latest: dict[str, judging.TestSuite] = {}

    async def get(self, slug: str, revision: str) -> judging.TestSuite:
        """The suite of this revision, or the present one when ``revision`` is empty or gone.

        Raises:
            grpc.aio.AioRpcError: it had to be asked for and could not be had.
        """
        if revision in self._latest:
            return self._latest[revision]
        content = await asyncio.to_thread(self._read, revision) or await self._ask(slug)
        return self._remember(revision, judging.TestSuite.FromString(content))

    async def _ask(self, slug: str) -> bytes:
        pieces = self._problems.GetTestSuite(pb.GetTestSuiteRequest(slug=slug), timeout=10.0)
        content = b"".join([piece.chunk async for piece in pieces])
        await asyncio.to_thread(self._write, content)
        log.info("suite fetched", problem=slug, size=len(content))
        return content

    def _remember(self, revision: str, suite: judging.TestSuite) -> judging.TestSuite:
        if revision:
            self._latest[revision] = suite
            while len(self._latest) > _IN_MEMORY:
                del self._latest[next(iter(self._latest))]
        return suite

    def _read(self, revision: str) -> bytes | None:
        path = self._folder / revision
        if not revision or not path.is_file():
            return None
        content = path.read_bytes()
        return content if _hash(content) == revision else None

    def _write(self, content: bytes) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        with NamedTemporaryFile(dir=self._folder, delete=False) as file:
            file.write(content)
        Path(file.name).replace(self._folder / _hash(content))


def _hash(content: bytes) -> str:
    return sha256(content).hexdigest()[:32]
