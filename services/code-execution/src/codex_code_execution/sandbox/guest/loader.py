"""A loader: from the moment it has given up its privileges, everything in it belongs to one program."""

from __future__ import annotations

import fcntl
import gc
import json
import os
import resource
import signal
import socket
import sys
import traceback
import types
from collections.abc import Callable
from typing import Any, NoReturn

from codex_code_execution.sandbox.guest.harness import SOURCE, flush, run_as_main, run_function, run_guarded
from codex_code_execution.sandbox.guest.kernel import (
    BOX,
    CLONE_PARENT,
    clone,
    drop_privileges,
    enter,
    map_shared,
    stay_together,
    submit,
)

ORDERS = 3  # descriptor of the socket to the runner
HIGH = 32
DISK = 64 << 20
OPEN_FILES, STACK = 64, 64 << 20
ANSWER_SIZE = 16 << 20
COMPILED, LOADED, SYNTAX = b"\1", b"\2", b"\3"
LAST = b"l"  # the order to run the last test
NO_PROGRAM = SyntaxError, ValueError, OverflowError, RecursionError, MemoryError


def run_loader(
    fds: list[int], call_filter: bytes, names: dict[str, Any], warm_up: Callable[[], None], *, room: bool
) -> NoReturn:
    """Enter a box, or its room, wait for a program, load it, and run its tests."""
    answer = settle(fds, room=room)
    drop_privileges(call_filter)
    warm_up()
    orders = socket.socket(fileno=ORDERS)
    message, sources, _, _ = socket.recv_fds(orders, 1 << 14, 1)
    if not message:
        os._exit(0)
    order = json.loads(message)
    set_limits(order["limits"], room=room)
    code = compiled(read_all(sources[0]), orders)
    os.close(sources[0])
    gc.enable()
    test = load_function(order, code, names, answer) if order["function"] else lambda: run_as_main(code)
    orders.send(LOADED)
    serve(orders, test, room=room)


def settle(fds: list[int], *, room: bool) -> int:
    """Put descriptors where they are expected and enter the box. The address of the answer's memory."""
    box, orders, answer, output, error = (fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, HIGH) for fd in fds)
    os.closerange(0, HIGH)
    os.open(os.devnull, os.O_RDWR)
    os.dup2(output, 1)
    os.dup2(error, 2)
    os.dup2(orders, ORDERS, inheritable=False)
    address = map_shared(answer, ANSWER_SIZE)
    volunteer_to_die()
    if room:
        stay_together()
        submit(box)
    else:
        enter(box, BOX)
    os.closerange(HIGH, 2 * HIGH)
    os.setsid()
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.chdir(os.environ["HOME"])
    return address


def volunteer_to_die() -> None:
    """Prefer this process as the kernel's victim when the machine runs out of memory."""
    score = os.open("/proc/self/oom_score_adj", os.O_WRONLY)
    os.write(score, b"1000")
    os.close(score)


def set_limits(limits: dict[str, int], *, room: bool) -> None:
    """The runner watches CPU time and memory; the kernel's limits are there in case that it fails.

    In a room tasks are counted for the whole user, and the runner has set their limit.
    """
    seconds = limits["cpu_us"] // 1000000 + 2
    processes = limits["processes"] + 2  # the box's first process and the loader
    for kind, soft, hard in (
        (resource.RLIMIT_CPU, seconds, seconds + 1),
        (resource.RLIMIT_CORE, 0, 0),
        (resource.RLIMIT_MEMLOCK, 0, 0),
        (resource.RLIMIT_MSGQUEUE, 0, 0),
        (resource.RLIMIT_NOFILE, OPEN_FILES, OPEN_FILES),
        (resource.RLIMIT_FSIZE, DISK, DISK),
        (resource.RLIMIT_STACK, STACK, STACK),
        *(() if room else ((resource.RLIMIT_NPROC, processes, processes),)),
        (resource.RLIMIT_DATA, limits["data"], limits["data"]),
    ):
        resource.setrlimit(kind, (soft, hard))


def read_all(fd: int) -> bytes:
    parts = []
    while part := os.read(fd, 1 << 20):
        parts.append(part)
    return b"".join(parts)


def compiled(source: bytes, orders: socket.socket) -> types.CodeType:
    """The program's code. Its syntax error is told and ends this process; none of the program has run yet."""
    file = os.open(SOURCE, os.O_CREAT | os.O_WRONLY, 0o644)
    os.write(file, source)
    os.close(file)
    try:
        code = compile(source, SOURCE, "exec", dont_inherit=True)
    except NO_PROGRAM as error:
        sys.stderr.write("".join(traceback.format_exception_only(type(error), error)))
        orders.send(SYNTAX)
        os._exit(1)
    orders.send(COMPILED)
    return code


def load_function(
    order: dict[str, Any], code: types.CodeType, names: dict[str, Any], answer: int
) -> Callable[[], None]:
    """What a test has to call. Ends this process when the module fails or does not define the function."""
    module = types.ModuleType("solution")
    module.__dict__.update(names, __file__=SOURCE)
    sys.modules["solution"] = module
    status = run_guarded(lambda: exec(code, module.__dict__))  # noqa: S102 - this is what we are here for
    flush()
    if status is not None:
        os._exit(status)
    name = order["function"]
    found = getattr(module, name, None) or getattr(getattr(module, "Solution", None), name, None)
    if not callable(found):
        sys.stderr.write(f"NameError: the program defines no function {name!r}\n")
        os._exit(1)
    return lambda: run_function(order, module, read_all, answer)


def serve(orders: socket.socket, test: Callable[[], None], *, room: bool) -> NoReturn:
    """Fork for every test, with its input as stdin. For the last one there is no need to."""
    while True:
        message, fds, _, _ = socket.recv_fds(orders, 16, 1)
        if not message:
            os._exit(0)
        if message == LAST or clone(CLONE_PARENT) == 0:
            orders.close()
            os.dup2(fds[0], 0)
            os.close(fds[0])
            if room:
                stay_together()
            test()
        os.close(fds[0])
