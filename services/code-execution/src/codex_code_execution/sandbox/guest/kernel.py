"""System calls that Python has no words for."""

from __future__ import annotations

import ctypes
import os
import signal

CLONE_PARENT, CLONE_NEWPID = 0x00008000, 0x20000000
BOX = 0x10000000 | 0x00020000 | 0x08000000  # CLONE_NEWUSER, NEWNS, NEWIPC
SYS_CLONE, SYS_CAPSET, SYS_SECCOMP = {"x86_64": (56, 126, 317), "aarch64": (220, 91, 277)}[os.uname().machine]
SYS_LANDLOCK_RESTRICT_SELF = 446
PR_SET_CHILD_SUBREAPER, PR_SET_PDEATHSIG = 36, 1
PR_SET_SECUREBITS, LOCKED_SECUREBITS = 28, 0x2F
CAPABILITY_VERSION = 0x20080522
FILTER_INSTRUCTION = 8  # bytes
READ_WRITE, SHARED = 3, 1

libc = ctypes.PyDLL(None, use_errno=True)  # keeps the interpreter's lock during a call, as os.fork does
libc.mmap.restype = ctypes.c_void_p


class CapHeader(ctypes.Structure):
    _fields_ = (("version", ctypes.c_uint32), ("pid", ctypes.c_int))


class FilterProgram(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("code", ctypes.c_void_p))


def check(result: int, what: str) -> int:
    if result < 0:
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error), what)
    return result


def clone(flags: int) -> int:
    """Fork with clone flags: the raw system call between the interpreter's own hooks around forks."""
    ctypes.pythonapi.PyOS_BeforeFork()
    pid: int = libc.syscall(SYS_CLONE, flags | signal.SIGCHLD, 0, 0, 0, 0)
    if pid == 0:
        ctypes.pythonapi.PyOS_AfterFork_Child()
    else:
        ctypes.pythonapi.PyOS_AfterFork_Parent()
    return check(pid, "clone")


def enter(pidfd: int, namespaces: int) -> None:
    """Enter namespaces of another process."""
    check(libc.setns(pidfd, namespaces), "setns")


def submit(rules: int) -> None:
    """Submit to Landlock rules, with all that is forked from here on."""
    check(libc.syscall(SYS_LANDLOCK_RESTRICT_SELF, rules, 0), "Landlock")


def stay_together() -> None:
    """Without namespaces: adopt descendants who lose their parents, and die with the runner."""
    libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def map_shared(fd: int, size: int) -> int:
    """Map a file; its address. No descriptor stays behind, as one of ``mmap.mmap`` would."""
    return int(libc.mmap(None, ctypes.c_size_t(size), READ_WRITE, SHARED, fd, ctypes.c_long(0)))


def drop_privileges(call_filter: bytes) -> None:
    """Give up all capabilities and install the filter. New ones can't be had: the slot set no_new_privs."""
    libc.prctl(PR_SET_SECUREBITS, LOCKED_SECUREBITS, 0, 0, 0)
    header, none = CapHeader(CAPABILITY_VERSION, 0), (ctypes.c_uint32 * 6)()
    check(libc.syscall(SYS_CAPSET, ctypes.byref(header), ctypes.byref(none)), "capset")
    code = ctypes.create_string_buffer(call_filter)
    program = FilterProgram(len(call_filter) // FILTER_INSTRUCTION, ctypes.addressof(code))
    check(libc.syscall(SYS_SECCOMP, 1, 0, ctypes.byref(program)), "seccomp")
