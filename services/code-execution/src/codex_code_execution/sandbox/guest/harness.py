"""One test: a program run as a script, or its function called with one set of arguments."""

from __future__ import annotations

import _thread
import atexit
import builtins
import ctypes
import json
import os
import struct
import sys
import threading
import types
from collections.abc import Callable
from typing import Any, NoReturn

from codex_code_execution.sandbox.guest.trees import level_order, plant

SOURCE = sys.argv[1] + "/src/main.py"  # the runner says where the box is
ANSWER_SIZE = 16 << 20
HEAD_SIZE = 8
VALUE, TOO_LONG = 11, 12
ENCODER = json.JSONEncoder(ensure_ascii=False, allow_nan=False)
pack, memmove = struct.Struct("=II").pack, ctypes.memmove
running_threads = _thread._count  # noqa: SLF001 - besides the main one


def run_as_main(code: types.CodeType) -> NoReturn:
    """Run a script as Python would, and end as Python would."""
    module = types.ModuleType("__main__")
    module.__dict__.update(__file__=SOURCE, __builtins__=builtins)
    sys.modules["__main__"] = module
    status = run_guarded(lambda: exec(code, module.__dict__)) or 0  # noqa: S102 - this is what we are here for
    if running_threads():
        threading._shutdown()  # type: ignore[attr-defined]  # noqa: SLF001 - what the interpreter does before it ends
    atexit._run_exitfuncs()  # noqa: SLF001 - the same
    os._exit(status if flush() else status or 120)


def run_function(
    order: dict[str, Any], module: types.ModuleType, read_all: Callable[[int], bytes], answer: int
) -> NoReturn:
    """Call the function with the arguments on stdin, and leave its result for the runner."""
    given = json.loads(read_all(0))
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.close(null)
    result: list[str] = []
    status = run_guarded(lambda: result.append(call(order, module, given)))
    flush()
    if result:
        write_answer(answer, result[0].encode("utf-8", "backslashreplace"), order["output"])
    os._exit(status or 0)


def call(order: dict[str, Any], module: types.ModuleType, given: dict[str, Any]) -> str:
    """The function's result as JSON. Arguments go by name, or by position where the author chose other names."""
    function = getattr(module, order["function"], None) or getattr(module.Solution(), order["function"])
    names = [name for name, _ in order["parameters"]]
    arguments = [plant(given[name]) if kind == "tree" else given[name] for name, kind in order["parameters"]]
    code = getattr(function, "__code__", None)
    known = names if code is None else code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
    by_name = set(names) <= set(known)
    value = function(**dict(zip(names, arguments))) if by_name else function(*arguments)  # noqa: B905 - Python 3.9
    return as_json(level_order(value) if order["returns"] == "tree" else value)


def as_json(value: Any) -> str:
    try:
        return ENCODER.encode(value)
    except (TypeError, ValueError, RecursionError) as error:
        raise TypeError(f"the returned value can't be written as JSON: {error}") from None


def write_answer(address: int, text: bytes, most: int) -> None:
    """Leave an answer in the memory that the runner reads: a state, a size, the text."""
    if len(text) > min(most, ANSWER_SIZE - HEAD_SIZE):
        memmove(address, pack(TOO_LONG, 0), HEAD_SIZE)
        return
    memmove(address + HEAD_SIZE, text, len(text))
    memmove(address, pack(VALUE, len(text)), HEAD_SIZE)


def run_guarded(program: Callable[[], Any]) -> int | None:
    """The exit status that Python would end with if it ended here; None when nothing was raised."""
    try:
        program()
    except SystemExit as leaving:
        if leaving.code is None or isinstance(leaving.code, int):
            return (leaving.code or 0) & 0xFF
        sys.stderr.write(f"{leaving.code}\n")
        return 1
    except BaseException as error:  # noqa: BLE001 - a program may raise whatever it likes
        error = error.with_traceback(without_us(error.__traceback__))
        sys.excepthook(type(error), error, error.__traceback__)
        return 1
    return None


def without_us(trace: types.TracebackType | None) -> types.TracebackType | None:
    """The part of a traceback that begins in the program."""
    ours = without_us.__code__.co_filename
    while trace is not None and trace.tb_frame.f_code.co_filename == ours:
        trace = trace.tb_next
    return trace


def flush() -> bool:
    """Write out what was printed. False when the program has closed or broken its stdout."""
    try:
        sys.stdout.flush()
    except (OSError, ValueError, AttributeError):
        return False
    return True
