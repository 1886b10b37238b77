"""A program in a slot: made ready once, then run on one input after another."""

from dataclasses import dataclass
from typing import Protocol

from codex_code_execution.judging.binaries import BinaryCache
from codex_code_execution.judging.model import Guard, Job, Limits
from codex_code_execution.judging.text import to_bytes
from codex_code_execution.languages.catalogue import Language
from codex_code_execution.sandbox.compile import COMPILE_LIMITS, compile_request, source_request
from codex_code_execution.sandbox.slot import Slot
from codex_code_execution.sandbox.wire import (
    LoadState,
    Reply,
    RequestType,
    load_request,
    pack_limits,
    request,
    run_request,
)

STOPPED = {
    Guard.CPU: "the compiler took too long",
    Guard.WALL: "the compiler took too long",
    Guard.MEMORY: "the compiler took too much memory",
    Guard.OUTPUT: "the compiler wrote too much",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """A program that can't be run: it does not compile (with what the compiler said), or fails when it is loaded."""

    reply: Reply
    compiler_output: bytes | None = None


class Program(Protocol):
    """What the judge needs of a program. All methods raise SandboxUnavailable when the slot failed."""

    async def prepare(self, first: bytes, *, only: bool) -> Refusal | None:
        """Compile or load it. ``first`` is the first input, which may be sent along; ``only``: there is no other."""

    async def run(self, stdin: bytes, *, last: bool) -> Reply:
        """Run it on one input; after the ``last`` it can't be run again."""


class ZygotePython:
    """A Python program in the slot's warm interpreter: loaded once, forked for every test."""

    def __init__(self, slot: Slot, job: Job, limits: Limits) -> None:
        self._slot = slot
        self._load = load_request(to_bytes(job.code), job.signature, limits)
        self._limits = pack_limits(limits)
        self._longest = limits.wall_time
        self._sent = False

    async def prepare(self, first: bytes, *, only: bool) -> Refusal | None:
        """Send the code and the first test in one write, and hear how loading went."""
        self._slot.send(self._load, run_request(self._limits, first, last=only))
        self._sent = True
        reply = await self._slot.receive(self._longest)
        if reply.head.state == LoadState.DONE:
            return None
        await self._slot.receive(self._longest)  # the test that could not be run
        syntax = reply.head.state == LoadState.SYNTAX
        return Refusal(reply=reply, compiler_output=reply.error if syntax else None)

    async def run(self, stdin: bytes, *, last: bool) -> Reply:
        """The reply to one test."""
        if not self._sent:
            self._slot.send(run_request(self._limits, stdin, last=last))
        self._sent = False
        return await self._slot.receive(2 * self._longest)  # it may have to be loaded again


class Executable:
    """A program that is compiled, if its language is, and executed anew for every test."""

    def __init__(self, slot: Slot, job: Job, limits: Limits, language: Language, binaries: BinaryCache) -> None:
        self._slot = slot
        self._source = to_bytes(job.code)
        self._language = language
        self._binaries = binaries
        self._limits = pack_limits(limits)
        self._longest = limits.wall_time

    async def prepare(self, first: bytes, *, only: bool) -> Refusal | None:  # noqa: ARG002 - it may not compile
        """Compile it, or take what an equal source was compiled to."""
        key = self._binaries.key(self._source, self._language)
        if (binary := await self._binaries.get(key)) is not None:
            self._slot.send(request(RequestType.PROGRAM, binary))
            await self._slot.receive(COMPILE_LIMITS.wall_time)
            return None
        reply = await self._compile()
        if not reply.answer:
            return Refusal(reply=reply, compiler_output=_complaint(reply))
        await self._binaries.put(key, reply.answer)
        return None

    async def _compile(self) -> Reply:
        self._slot.send(
            source_request(self._language.source, self._source),
            compile_request(self._language.compile, self._language.artifact),
        )
        await self._slot.receive(COMPILE_LIMITS.wall_time)
        return await self._slot.receive(COMPILE_LIMITS.wall_time)

    async def run(self, stdin: bytes, *, last: bool) -> Reply:
        """The reply to one test."""
        self._slot.send(run_request(self._limits, stdin, self._language.run, last=last))
        return await self._slot.receive(self._longest)


def _complaint(reply: Reply) -> bytes:
    said = reply.error or reply.output
    stopped = STOPPED.get(reply.head.guard)
    return said if stopped is None else stopped.encode() + b"\n" + said
