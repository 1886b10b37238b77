"""One slot: the conversation with a runner."""

import asyncio
from typing import Protocol

from codex_code_execution.sandbox.errors import SandboxUnavailable
from codex_code_execution.sandbox.script import zygote_script
from codex_code_execution.sandbox.wire import (
    REPLY,
    VERSION,
    Reply,
    RequestType,
    parse_head,
    request,
    zygote_request,
)

START_SECONDS = 15.0
SPARE_SECONDS = 5.0  # how much later than a program's own limit the slot may answer
CLOSE_SECONDS = 2.0
LONGEST_COMPLAINT = 2000


class Runner(Protocol):
    """A runner that has been reached, wherever it is."""

    @property
    def reader(self) -> asyncio.StreamReader:
        """Where it replies."""

    @property
    def writer(self) -> asyncio.StreamWriter:
        """Where it hears requests."""

    @property
    def alive(self) -> bool:
        """Whether it has not ended."""

    async def ended(self) -> None:
        """Return once it has ended."""

    def end(self) -> None:
        """Have it end with everything in it, whatever it is doing."""

    async def complaint(self) -> bytes:
        """What it had to say in the end, besides replies."""

    def let_go(self) -> None:
        """Have no more to do with it, whether or not it has ended."""


class Slot:
    """A place that judges one program at a time. Once anything about it fails it is never used again."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner
        self._reading = asyncio.Lock()
        self._watching = asyncio.create_task(self._watch())
        self.jobs = 0
        self.retired = asyncio.Event()  # it ended by itself, or is to be replaced

    @classmethod
    async def start(cls, runner: Runner, python: str) -> "Slot":
        """Have a runner make itself ready, with this interpreter as its zygote.

        Raises:
            SandboxUnavailable: the runner could not make a slot; the message says what failed.
        """
        slot = cls(runner)
        try:
            await slot._make_ready(python)
        except SandboxUnavailable as error:
            complaint = await slot.close()
            raise SandboxUnavailable(complaint or str(error)) from error
        except BaseException:
            await slot.close()
            raise
        return slot

    @property
    def alive(self) -> bool:
        """Whether its runner has not ended."""
        return self._runner.alive

    def send(self, *requests: bytes) -> None:
        """Send requests in one write. Each is answered by one reply, in order."""
        self._runner.writer.write(b"".join(requests))

    async def receive(self, longest: float) -> Reply:
        """The next reply, which takes ``longest`` seconds at most and a little more.

        Raises:
            SandboxUnavailable: the slot died, did not answer in time, or says that it failed.
        """
        try:
            async with asyncio.timeout(longest + SPARE_SECONDS), self._reading:
                head = parse_head(await self._runner.reader.readexactly(REPLY.size))
                texts = await self._runner.reader.readexactly(sum(head.sizes)) if any(head.sizes) else b""
        except (TimeoutError, asyncio.IncompleteReadError, OSError, ValueError, IndexError) as error:
            raise SandboxUnavailable(f"the slot did not answer: {type(error).__name__}") from error
        if head.fault:
            complaint = texts.decode(errors="replace").strip()
            raise SandboxUnavailable(complaint or f"the slot failed (fault {head.fault})")
        output, stderr, _ = head.sizes
        said = output + stderr
        return Reply(head=head, output=texts[:output], error=texts[output:said], answer=texts[said:])

    def end_job(self) -> None:
        """Tell that the job is over. The slot cleans up by itself before it reads the next one."""
        self.jobs += 1
        self.send(request(RequestType.END))

    async def close(self) -> str:
        """End the slot with everything in it, whatever it is doing; what its runner had to say in the end.

        It takes ``CLOSE_SECONDS`` at most: what the kernel has not brought to its end by then, it will.
        """
        self._watching.cancel()
        self._runner.end()
        try:
            async with asyncio.timeout(CLOSE_SECONDS):
                complaint = await self._last_words()
        except TimeoutError:
            return f"it did not end within {CLOSE_SECONDS:g} s"
        finally:
            self._runner.let_go()
        return complaint[-LONGEST_COMPLAINT:].decode(errors="replace").strip()

    async def _make_ready(self, python: str) -> None:
        self.send(zygote_request(python, await asyncio.to_thread(zygote_script)))
        version = (await self.receive(START_SECONDS - SPARE_SECONDS)).head.state
        if version != VERSION:
            raise SandboxUnavailable(f"the runner speaks version {version} of the protocol, and not {VERSION}")

    async def _last_words(self) -> bytes:
        complaint = await self._runner.complaint()
        async with self._reading:  # whoever waits for a reply sees its end first
            await self._runner.reader.read()  # a process whose output nobody reads is never seen to end
        await self._runner.ended()
        return complaint

    async def _watch(self) -> None:
        await self._runner.ended()
        self.retired.set()
