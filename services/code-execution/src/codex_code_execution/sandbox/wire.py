"""The protocol of a slot, as written down in ``native/wire.h``: requests as bytes, replies as values."""

import json
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum, StrEnum

from codex_code_execution.judging.model import Guard, Limits, Signature

HEADER = struct.Struct("<II")
REPLY = struct.Struct("<IiIIQQQIIII")
VERSION = 2
DISK = 64 << 20
SCRIPT = b"s"  # the order to load a program that is run as a script
DATA_ALLOWANCE = 64 << 20  # address space above the memory limit, so that the watcher speaks before the allocator does


class RequestType(StrEnum):
    """The first word of a request."""

    ZYGOTE = "Z"
    LOAD = "L"
    SOURCE = "S"
    PROGRAM = "P"
    COMPILE = "C"
    TEST = "T"
    LAST_TEST = "F"
    END = "E"


class Ended(IntEnum):
    """How a program came to its end."""

    EXITED = 0
    SIGNALED = 1
    KILLED = 2
    NOT_RUN = 3


class LoadState(IntEnum):
    """How far a loader came."""

    NONE = 0
    COMPILED = 1
    DONE = 2
    SYNTAX = 3


class AnswerState(IntEnum):
    """What a function problem's process left in the memory it shares with the runner: its own word."""

    VALUE = 11
    TOO_LONG = 12


GUARDS = (Guard.NONE, Guard.CPU, Guard.WALL, Guard.MEMORY, Guard.OUTPUT, Guard.PROCESSES, Guard.DISK)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyHead:
    """The fixed part of a reply. Times in seconds, sizes in bytes; ``code`` is an exit code or a signal."""

    ended: Ended
    code: int
    guard: Guard
    state: int
    cpu_time: float
    wall_time: float
    memory: int
    sizes: tuple[int, int, int]
    fault: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What a slot says about one request, with the texts that the program wrote."""

    head: ReplyHead
    output: bytes
    error: bytes
    answer: bytes

    @property
    def clean(self) -> bool:
        """Whether the program ended by itself with exit code 0."""
        return self.head.ended is Ended.EXITED and self.head.code == 0


def parse_head(data: bytes) -> ReplyHead:
    """Read the fixed part of a reply."""
    ended, code, guard, state, cpu, wall, memory, output, error, answer, fault = REPLY.unpack(data)
    return ReplyHead(
        ended=Ended(ended),
        code=code,
        guard=GUARDS[guard],
        state=state,
        cpu_time=cpu / 1e6,
        wall_time=wall / 1e6,
        memory=memory,
        sizes=(output, error, answer),
        fault=fault,
    )


def request(kind: RequestType, *parts: bytes) -> bytes:
    """A request with its payload."""
    return b"".join((HEADER.pack(ord(kind), sum(map(len, parts))), *parts))


def pack_limits(limits: Limits, *, disk: int = DISK, bound_data: bool = True) -> bytes:
    """``struct limits``; ``bound_data`` also limits the address space, which some runtimes don't bear."""
    return struct.pack(
        "<7Q",
        round(limits.cpu_time * 1e6),
        round(limits.wall_time * 1e6),
        limits.memory,
        limits.memory + DATA_ALLOWANCE if bound_data else 0,
        limits.output,
        disk,
        limits.processes,
    )


def pack_arguments(arguments: Sequence[str]) -> bytes:
    """A count and that many strings."""
    return struct.pack("<I", len(arguments)) + b"".join(word.encode() + b"\0" for word in arguments)


def zygote_request(python: str, script: bytes) -> bytes:
    """Make a slot ready: this interpreter, a path or a name to be found in the slot, becomes its zygote."""
    return request(RequestType.ZYGOTE, python.encode(), b"\0", script)


def load_request(source: bytes, signature: Signature | None, limits: Limits) -> bytes:
    """Load a Python program; without a signature it is run as a script on every test."""
    text = SCRIPT if signature is None else _order(signature, limits)
    return request(RequestType.LOAD, pack_limits(limits), struct.pack("<I", len(text)), text, source)


def _order(signature: Signature, limits: Limits) -> bytes:
    order = {
        "function": signature.function,
        "parameters": [(each.name, each.type) for each in signature.parameters],
        "returns": signature.returns,
        "output": limits.output,
    }
    return json.dumps(order).encode()


def run_request(limits: bytes, stdin: bytes, arguments: Sequence[str] = (), *, last: bool = False) -> bytes:
    """Run a test of the loaded program, or of an executable when there are arguments.

    After the ``last`` test a loaded program can't be run again, which makes that test cheaper.
    """
    return request(RequestType.LAST_TEST if last else RequestType.TEST, limits, pack_arguments(arguments), stdin)
