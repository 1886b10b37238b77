"""The warm interpreter."""

from __future__ import annotations

# ruff: noqa: E401, F401, I001, ICN001 - imported for the programs, which then find them loaded
import array, bisect, collections, copy, dataclasses, datetime, decimal, enum, fractions, functools, heapq, io
import itertools, math, operator, queue, random, re, statistics, string, threading, typing

import _sitebuiltins
import builtins
import gc
import json
import os
import resource
import socket
import struct
import sys
import traceback
from typing import Any, NoReturn

from codex_code_execution.sandbox.guest.harness import SOURCE
from codex_code_execution.sandbox.guest.kernel import CLONE_NEWPID, CLONE_PARENT, clone, enter
from codex_code_execution.sandbox.guest.loader import run_loader
from codex_code_execution.sandbox.guest.trees import TreeNode

CONTROL = 3  # descriptor of the socket to the runner
ROOM = b"r"  # the box has a room instead of namespaces
OFFERED = "typing", "collections", "itertools", "functools", "heapq", "bisect", "math"
OFFERED_MODULES = (*OFFERED, "random", "re", "string", "operator")


def main() -> NoReturn:
    """Become warm, then fork into every box that the runner hands over."""
    control = socket.socket(fileno=CONTROL)
    call_filter = control.recv(1 << 16)
    open_streams()
    set_up_builtins()
    warm_up()
    names = offered()
    gc.collect()
    gc.freeze()
    gc.disable()
    control.send(b"r")
    while True:
        message, fds, _, _ = socket.recv_fds(control, 16, 8)
        if not message:
            os._exit(0)
        room = message == ROOM
        if not room:
            enter(fds[0], CLONE_NEWPID)
        pid = clone(CLONE_PARENT)
        if pid == 0:
            control.detach()
            run_loader(fds, call_filter, names, warm_up, room=room)
        for fd in fds:
            os.close(fd)
        control.send(struct.pack("<i", pid))


def open_streams() -> None:
    """Make the standard streams, over pipes as they will be. The descriptors below them are replaced in every box."""
    reading, writing = os.pipe()
    os.dup2(reading, 0)
    os.dup2(writing, 1)
    os.close(reading)
    os.close(writing)
    sys.stdin = open(0, encoding="utf-8", errors="surrogateescape", closefd=False)  # noqa: SIM115 - like Python's own
    sys.stdout = open(1, "w", encoding="utf-8", errors="surrogateescape", closefd=False)  # noqa: SIM115
    sys.stderr = open(2, "w", 1, encoding="utf-8", errors="backslashreplace", closefd=False)  # noqa: SIM115
    vars(sys).update(__stdin__=sys.stdin, __stdout__=sys.stdout, __stderr__=sys.stderr)


def set_up_builtins() -> None:
    """What ``site`` would have added; it is left out for its cost."""
    for name in ("exit", "quit"):
        setattr(builtins, name, _sitebuiltins.Quitter(name, "Ctrl-D (i.e. EOF)"))
    sys.argv = [SOURCE]
    sys.path.insert(0, os.path.dirname(SOURCE))  # noqa: PTH120 - pathlib is not warm


def offered() -> dict[str, Any]:
    """What function problems may use without an import, as is usual for problems of this kind."""
    names: dict[str, Any] = {}
    for module in map(sys.modules.__getitem__, OFFERED):
        public = getattr(module, "__all__", None) or [name for name in vars(module) if name[0] != "_"]
        names.update({name: getattr(module, name) for name in public})
    names.update({name: sys.modules[name] for name in OFFERED_MODULES}, TreeNode=TreeNode)
    return names


def warm_up() -> None:
    """Do once what programs do first, so that it isn't they who wait for it."""
    exec(compile("def f(a):\n    return [a]\n", SOURCE, "exec", dont_inherit=True), {})  # noqa: S102 - our own text
    json.dumps(json.loads('{"a": [1, 2.5, "b"]}'), ensure_ascii=False, allow_nan=False)
    traceback.format_exception_only(ValueError, ValueError())
    resource.getrlimit(resource.RLIMIT_CPU)
