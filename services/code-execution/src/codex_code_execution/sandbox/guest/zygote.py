"""The warm interpreter."""

from __future__ import annotations

# ruff: noqa: E401, F401, I001, ICN001 - imported for the programs, which then find them loaded
import array, bisect, collections, copy, dataclasses, datetime, decimal, enum, fractions, functools, heapq, io
import itertools, math, operator, queue, random, re, resource, statistics, string, threading, typing

import _sitebuiltins
import builtins
import gc
import json
import os
import signal
import socket
import struct
import sys
import traceback
import types
from typing import Any, NoReturn

from codex_code_execution.sandbox.guest.harness import SOURCE, as_json
from codex_code_execution.sandbox.guest.kernel import (
    CLONE_NEWPID,
    CLONE_PARENT,
    CallFilter,
    clone_alone,
    enter,
    receive,
    reseed,
)
from codex_code_execution.sandbox.guest.loader import run_loader
from codex_code_execution.sandbox.guest.trees import TreeNode

CONTROL = 3  # descriptor of the socket to the runner
ROOM = b"r"  # the box has a room instead of namespaces
OFFERED = "typing", "collections", "itertools", "functools", "heapq", "bisect", "math"
OFFERED_MODULES = (*OFFERED, "random", "re", "string", "operator")


def main() -> NoReturn:
    """Become warm, then fork into every box that the runner hands over."""
    control = socket.socket(fileno=CONTROL)
    call_filter = CallFilter(control.recv(1 << 16))
    signal.signal(signal.SIGINT, signal.default_int_handler)
    open_streams()
    set_up_builtins()
    warm_up()
    solution = empty_solution()
    gc.collect()
    gc.freeze()
    gc.disable()
    control.send(b"r")
    while True:
        message, fds = receive(control, 16, 8)
        if not message:
            os._exit(0)
        room = message == ROOM
        if not room:
            enter(fds[0], CLONE_NEWPID)
        reseed()  # before the fork, for there it would cost more
        pid = clone_alone(CLONE_PARENT)
        if pid == 0:
            run_loader(fds, control, call_filter, solution, compile_something, room=room)
        for fd in fds:
            os.close(fd)
        control.send(struct.pack("<i", pid))


def open_streams() -> None:
    """Make the standard streams, over pipes as they will be. Every fork has its own before it uses them."""
    reading, writing = os.pipe()
    os.dup2(reading, 0)
    os.dup2(writing, 1)
    os.close(reading)
    os.close(writing)
    sys.stdin = open(0, encoding="utf-8", errors="surrogateescape", closefd=False)  # noqa: SIM115 - like Python's own
    sys.stdout = open(1, "w", encoding="utf-8", errors="surrogateescape", closefd=False)  # noqa: SIM115
    sys.stderr = open(2, "w", 1, encoding="utf-8", errors="backslashreplace", closefd=False)  # noqa: SIM115
    null = os.open(os.devnull, os.O_RDWR)
    for fd in (0, 1):
        os.dup2(null, fd)
    os.close(null)
    vars(sys).update(__stdin__=sys.stdin, __stdout__=sys.stdout, __stderr__=sys.stderr)


def set_up_builtins() -> None:
    """What ``site`` would have added; it is left out for its cost."""
    for name in ("exit", "quit"):
        setattr(builtins, name, _sitebuiltins.Quitter(name, "Ctrl-D (i.e. EOF)"))
    sys.argv = [SOURCE]
    sys.path.insert(0, os.path.dirname(SOURCE))  # noqa: PTH120 - pathlib is not warm


def empty_solution() -> types.ModuleType:
    """The module of a function problem, with what it may use without an import, as is usual for problems of this kind.

    It is made before any fork, as every name that is added to it writes to the memory of what it names.
    """
    names: dict[str, Any] = {}
    for module in map(sys.modules.__getitem__, OFFERED):
        public = getattr(module, "__all__", None) or [name for name in vars(module) if name[0] != "_"]
        names.update({name: getattr(module, name) for name in public})
    names.update({name: sys.modules[name] for name in OFFERED_MODULES}, TreeNode=TreeNode, __file__=SOURCE)
    solution = types.ModuleType("solution")
    vars(solution).update(names)
    return solution


def warm_up() -> None:
    """Do once what programs do first, so that it isn't they who wait for it."""
    compile_something()
    as_json(json.loads(b'{"a": [1, 2.5, "b"]}'))
    traceback.format_exception_only(ValueError, ValueError())


def compile_something() -> None:
    """The part of it that is worth doing in every fork: all programs need it, and the memory that it writes to."""
    exec(compile("def f(a):\n    return [a]\n", SOURCE, "exec", dont_inherit=True), {})  # noqa: S102 - our own text
