"""System calls that Python has no words for."""

from __future__ import annotations

import ctypes
import os
import random
import signal
import socket
import struct

CLONE_PARENT, CLONE_NEWPID = 0x00008000, 0x20000000
BOX = 0x10000000 | 0x00020000 | 0x08000000  # CLONE_NEWUSER, NEWNS, NEWIPC
SYS_CLONE, SYS_CAPSET, SYS_SECCOMP = {"x86_64": (56, 126, 317), "aarch64": (220, 91, 277)}[os.uname().machine]
SYS_LANDLOCK_RESTRICT_SELF = 446
PR_SET_CHILD_SUBREAPER, PR_SET_PDEATHSIG = 36, 1
PR_SET_SECUREBITS, LOCKED_SECUREBITS = 28, 0x2F
CAPABILITY_VERSION = 0x20080522
FILTER_INSTRUCTION = 8  # bytes
SIGCHLD = int(signal.SIGCHLD)
READ_WRITE, SHARED = 3, 1
FD_SIZE = 4

libc = ctypes.PyDLL(None, use_errno=True)  # keeps the interpreter's lock during a call, as os.fork does
libc.mmap.restype = ctypes.c_void_p

# Looked up once, as in a fork even that would cost memory; and before a program could replace them.
syscall, prctl, setns, mmap = libc.syscall, libc.prctl, libc.setns, libc.mmap
before_fork, after_fork = ctypes.pythonapi.PyOS_BeforeFork, ctypes.pythonapi.PyOS_AfterFork_Parent
after_fork_in_child = ctypes.pythonapi.PyOS_AfterFork_Child
reseed = random.seed


class CapHeader(ctypes.Structure):
    _fields_ = (("version", ctypes.c_uint32), ("pid", ctypes.c_int))


class FilterProgram(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("code", ctypes.c_void_p))


NO_CAPABILITIES = CapHeader(CAPABILITY_VERSION, 0), (ctypes.c_uint32 * 6)()
CAPABILITIES = tuple(map(ctypes.byref, NO_CAPABILITIES))


class CallFilter:
    """A filter of system calls, ready to be installed."""

    def __init__(self, instructions: bytes) -> None:
        self._code = ctypes.create_string_buffer(instructions)
        self._program = FilterProgram(len(instructions) // FILTER_INSTRUCTION, ctypes.addressof(self._code))
        self.reference = ctypes.byref(self._program)


def check(result: int, what: str) -> int:
    if result < 0:
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error), what)
    return result


def clone(flags: int) -> int:
    """Fork with clone flags: the raw system call between the interpreter's own hooks around forks."""
    before_fork()
    pid = raw_clone(flags)
    if pid == 0:
        after_fork_in_child()
    else:
        after_fork()
    return check(pid, "clone")


def clone_alone(flags: int) -> int:
    """The same for a process without other threads: hooks have nothing to mend there, and writing to much is dear.

    One of them has an effect nevertheless, for which ``reseed`` is to be called.
    """
    return check(raw_clone(flags), "clone")


def raw_clone(flags: int) -> int:
    pid: int = syscall(SYS_CLONE, flags | SIGCHLD, 0, 0, 0, 0)
    return pid


def enter(pidfd: int, namespaces: int) -> None:
    """Enter namespaces of another process."""
    check(setns(pidfd, namespaces), "setns")


def submit(rules: int) -> None:
    """Submit to Landlock rules, with all that is forked from here on."""
    check(syscall(SYS_LANDLOCK_RESTRICT_SELF, rules, 0), "Landlock")


def stay_together() -> None:
    """Without namespaces: adopt descendants who lose their parents, and die with the runner."""
    prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def receive(connection: socket.socket, size: int, most: int) -> tuple[bytes, tuple[int, ...]]:
    """A message and the descriptors that came with it, as ``socket.recv_fds``, which does more."""
    message, extra, _, _ = connection.recvmsg(size, socket.CMSG_LEN(most * FD_SIZE))
    fds = b"".join([data for _, _, data in extra])
    return message, struct.unpack(f"{len(fds) // FD_SIZE}i", fds)


def map_shared(fd: int, size: int) -> int:
    """Map a file; its address. No descriptor stays behind, as one of ``mmap.mmap`` would."""
    return int(mmap(None, ctypes.c_size_t(size), READ_WRITE, SHARED, fd, ctypes.c_long(0)))


def drop_privileges(call_filter: CallFilter) -> None:
    """Give up all capabilities and install the filter. New ones can't be had: the slot set no_new_privs."""
    prctl(PR_SET_SECUREBITS, LOCKED_SECUREBITS, 0, 0, 0)
    check(syscall(SYS_CAPSET, *CAPABILITIES), "capset")
    check(syscall(SYS_SECCOMP, 1, 0, call_filter.reference), "seccomp")
