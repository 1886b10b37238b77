"""Compiling in a slot: a compiler reads hostile text, so it is run like any program, with limits of its own."""

from codex_code_execution.judging.model import Limits
from codex_code_execution.sandbox.wire import RequestType, pack_arguments, pack_limits, request

COMPILE_LIMITS = Limits(cpu_time=15.0, wall_time=30.0, memory=1 << 30, output=256 << 10, processes=64)
COMPILE_DISK = 256 << 20


def source_request(name: str, source: bytes) -> bytes:
    """Put a file into the following boxes of this job."""
    return request(RequestType.SOURCE, name.encode(), b"\0", source)


def compile_request(compiler: tuple[str, ...], artifact: str) -> bytes:
    """Run a compiler; the reply's answer is the artifact, which following tests execute."""
    limits = pack_limits(COMPILE_LIMITS, disk=COMPILE_DISK, bound_data=False)
    return request(RequestType.COMPILE, limits, pack_arguments((*compiler, artifact)))
