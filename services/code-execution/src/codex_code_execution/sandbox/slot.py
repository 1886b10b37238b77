"""One slot: a runner process and the conversation with it."""

import asyncio
import contextlib
from asyncio.subprocess import PIPE, Process
from collections.abc import Sequence
from pathlib import Path

from codex_code_execution.sandbox.errors import SandboxUnavailable
from codex_code_execution.sandbox.script import zygote_script
from codex_code_execution.sandbox.wire import REPLY, Reply, RequestType, parse_head, request

START_SECONDS = 15.0
SPARE_SECONDS = 5.0  # how much later than a program's own limit the slot may answer
CLOSE_SECONDS = 2.0
LONGEST_COMPLAINT = 2000


class Slot:
    """A place that judges one program at a time. Once anything about it fails it is never used again."""

    def __init__(self, process: Process) -> None:
        assert process.stdin is not None  # noqa: S101 - we asked for pipes
        assert process.stdout is not None  # noqa: S101 - the same
        assert process.stderr is not None  # noqa: S101 - the same
        self._process = process
        self._complaints = process.stderr
        self._writer = process.stdin
        self._reader = process.stdout
        self._reading = asyncio.Lock()
        self.jobs = 0

    @classmethod
    async def start(cls, runner: Path, arguments: Sequence[str]) -> "Slot":
        """Start a runner and its zygote.

        Raises:
            SandboxUnavailable: the runner could not make a slot; the message says what failed.
        """
        process = await asyncio.create_subprocess_exec(
            runner, *arguments, stdin=PIPE, stdout=PIPE, stderr=PIPE, start_new_session=True, cwd="/", env={}
        )
        slot = cls(process)
        try:
            slot.send(request(RequestType.ZYGOTE, await asyncio.to_thread(zygote_script)))
            await slot.receive(START_SECONDS - SPARE_SECONDS)
        except SandboxUnavailable as error:
            complaint = await slot.close()
            raise SandboxUnavailable(complaint or str(error)) from error
        except BaseException:
            await slot.close()
            raise
        return slot

    @property
    def pid(self) -> int:
        """Process id of the runner, as the service sees it."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether its runner has not ended."""
        return self._process.returncode is None

    def send(self, *requests: bytes) -> None:
        """Send requests in one write. Each is answered by one reply, in order."""
        self._writer.write(b"".join(requests))

    async def receive(self, longest: float) -> Reply:
        """The next reply, which takes ``longest`` seconds at most and a little more.

        Raises:
            SandboxUnavailable: the slot died, did not answer in time, or says that it failed.
        """
        try:
            async with asyncio.timeout(longest + SPARE_SECONDS), self._reading:
                head = parse_head(await self._reader.readexactly(REPLY.size))
                texts = await self._reader.readexactly(sum(head.sizes)) if any(head.sizes) else b""
        except (TimeoutError, asyncio.IncompleteReadError, OSError, ValueError, IndexError) as error:
            raise SandboxUnavailable(f"the slot did not answer: {type(error).__name__}") from error
        if head.fault:
            raise SandboxUnavailable(f"the slot failed (fault {head.fault})")
        output, stderr, _ = head.sizes
        said = output + stderr
        return Reply(head=head, output=texts[:output], error=texts[output:said], answer=texts[said:])

    def end_job(self) -> None:
        """Tell that the job is over. The slot cleans up by itself before it reads the next one."""
        self.jobs += 1
        self.send(request(RequestType.END))

    async def close(self) -> str:
        """Kill the slot with everything in it, whatever it is doing; what its runner had to say in the end.

        It takes ``CLOSE_SECONDS`` at most: what the kernel has not brought to its end by then, it will.
        """
        with contextlib.suppress(ProcessLookupError):
            self._process.terminate()  # a runner without namespaces ends others before itself
        self._writer.close()  # a runner that was not its launcher's child yet, when that died, ends with its stdin
        try:
            async with asyncio.timeout(CLOSE_SECONDS):
                complaint = await self._last_words()
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()
            return f"it did not end within {CLOSE_SECONDS:g} s"
        return complaint[-LONGEST_COMPLAINT:].decode(errors="replace").strip()

    async def _last_words(self) -> bytes:
        complaint = await self._complaints.read()
        async with self._reading:  # whoever waits for a reply sees its end first
            await self._reader.read()  # a process whose output nobody reads is never seen to end
        await self._process.wait()
        return complaint
