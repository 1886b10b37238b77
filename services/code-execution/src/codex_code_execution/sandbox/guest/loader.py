"""A loader: from the moment it has given up its privileges, everything in it belongs to one program."""

from __future__ import annotations

import gc
import json
import os
import socket
import sys
import traceback
import types
from collections.abc import Callable
from typing import Any, NoReturn

from codex_code_execution.sandbox.guest.harness import (
    SOURCE,
    flush,
    run_as_main,
    run_function,
    run_guarded,
    running_threads,
)
from codex_code_execution.sandbox.guest.kernel import (
    BOX,
    CLONE_PARENT,
    CallFilter,
    clone,
    clone_alone,
    drop_privileges,
    enter,
    map_shared,
    receive,
    reseed,
    stay_together,
    submit,
)

ORDERS, ANSWER = 3, 4  # descriptors of the socket to the runner and of the memory that it reads
HIGH = 64
ANSWER_SIZE = 16 << 20
COMPILED, LOADED, SYNTAX = b"\1", b"\2", b"\3"
SCRIPT = b"s"  # the order to load a program without a function to be called
LAST = b"l"  # the order to run the last test
NO_PROGRAM = SyntaxError, ValueError, OverflowError, RecursionError, MemoryError
HOME = os.environ["HOME"]


def run_loader(
    fds: tuple[int, ...],
    orders: socket.socket,
    call_filter: CallFilter,
    solution: types.ModuleType,
    warm_up: Callable[[], None],
    *,
    room: bool,
) -> NoReturn:
    """Enter a box, or its room, wait for a program, load it, and run its tests.

    The socket is the zygote's, as its descriptor becomes that of the one for orders.
    """
    settle(fds, room=room)
    drop_privileges(call_filter)
    warm_up()
    message, sources = receive(orders, 1 << 14, 1)
    if not message:
        os._exit(0)
    code = compiled(read_all(sources[0]), orders)
    os.close(sources[0])
    gc.enable()
    test = load_script(code) if message == SCRIPT else load_function(json.loads(message), code, solution)
    orders.send(LOADED)
    serve(orders, test, room=room)


def settle(fds: tuple[int, ...], *, room: bool) -> None:
    """Put descriptors where they are expected and enter the box. They are all above those of the zygote."""
    box, orders, answer, output, error = fds
    os.dup2(output, 1)
    os.dup2(error, 2)
    os.dup2(orders, ORDERS, inheritable=False)
    if room:
        stay_together()
        submit(box)
    else:
        enter(box, BOX)
    os.dup2(answer, ANSWER, inheritable=False)
    os.closerange(ANSWER + 1, HIGH)
    os.setsid()
    os.chdir(HOME)


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


def load_script(code: types.CodeType) -> Callable[[], None]:
    """What a test has to call: it runs all of the program."""
    os.close(ANSWER)
    return lambda: run_as_main(code)


def load_function(order: dict[str, Any], code: types.CodeType, module: types.ModuleType) -> Callable[[], None]:
    """What a test has to call. Ends this process when the module fails or does not define the function."""
    answer = map_shared(ANSWER, ANSWER_SIZE)
    os.close(ANSWER)
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
        message, fds = receive(orders, 16, 1)
        if not message:
            os._exit(0)
        if message == LAST or fork_test() == 0:
            orders.close()
            os.dup2(fds[0], 0)
            os.close(fds[0])
            if room:
                stay_together()
            test()
        os.close(fds[0])


def fork_test() -> int:
    """Fork. Threads, if the program has any, don't come along, which the interpreter's hooks then have to mend."""
    if running_threads():
        return clone(CLONE_PARENT)
    pid = clone_alone(CLONE_PARENT)
    if pid == 0:
        reseed()
    return pid
