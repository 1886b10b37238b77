"""Every verdict, in both languages, from real slots."""

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from codex_code_execution.judging import model
from codex_code_execution.judging.judge import Judge, LanguageUnavailable
from codex_code_execution.judging.model import (
    Checker,
    CheckerKind,
    Guard,
    Job,
    Judgement,
    Kind,
    Limits,
    Parameter,
    Signature,
    Verdict,
)
from codex_code_execution.judging.progress import Progress, Stage
from codex_code_execution.sandbox.pool import Sandbox

Run = Callable[..., Awaitable[Judgement]]
Only = Callable[[Judgement], model.TestOutcome]

pytestmark = pytest.mark.parametrize("backend", ["userns", "landlock", "static"], indirect=True)

SHORT = Limits(cpu_time=0.4, wall_time=5.0, memory=64 << 20, output=10_000)
ARGUMENTS = '{"a": 1, "b": 2}'

PYTHON = [
    ("print(input())", Verdict.ACCEPTED),
    ("print('other')", Verdict.WRONG_ANSWER),
    ("while True: pass", Verdict.TIME_LIMIT),
    ("x = []\nwhile True: x.append(b'x' * 100000)", Verdict.MEMORY_LIMIT),
    ("print('x' * 20000)", Verdict.OUTPUT_LIMIT),
    ("1 / 0", Verdict.RUNTIME_ERROR),
    ("print('same'); raise SystemExit(3)", Verdict.RUNTIME_ERROR),
    ("x = (", Verdict.COMPILE_ERROR),
]
CPP = [
    ("#include <iostream>\nint main() { std::string s; std::cin >> s; std::cout << s; }", Verdict.ACCEPTED),
    ("int main() {}", Verdict.WRONG_ANSWER),
    ("int main() { for (;;) {} }", Verdict.TIME_LIMIT),
    ("#include <vector>\nint main() { std::vector<int> v; for (;;) v.push_back(1); }", Verdict.MEMORY_LIMIT),
    ("#include <cstdio>\nint main() { for (int i = 0; i < 20000; i++) putchar('x'); }", Verdict.OUTPUT_LIMIT),
    ("int main() { return 3; }", Verdict.RUNTIME_ERROR),
    ("int main() {", Verdict.COMPILE_ERROR),
]


@pytest.mark.parametrize(
    ("language", "code", "verdict"),
    [("python", *row) for row in PYTHON] + [("cpp", *row) for row in CPP],
    ids=lambda value: value if value in ("python", "cpp") or isinstance(value, Verdict) else "",
)
async def test_a_program_gets_the_verdict_it_deserves(run: Run, language: str, code: str, verdict: Verdict) -> None:
    judgement = await run(code, ("same", "same"), language=language, limits=SHORT)

    assert judgement.verdict is verdict


@pytest.mark.parametrize(
    ("code", "verdict", "actual"),
    [
        ("def add(a, b): return a + b", Verdict.ACCEPTED, "3"),
        ("class Solution:\n    def add(self, a, b): return a + b", Verdict.ACCEPTED, "3"),
        ("def add(first, second): return first + second", Verdict.ACCEPTED, "3"),
        ("def add(b, a): return a * 10 + b", Verdict.WRONG_ANSWER, "12"),
        ("def add(a: int, b: Optional[int]) -> List[int]: return a + b", Verdict.ACCEPTED, "3"),
        ("def add(a, b): return float(a + b)", Verdict.ACCEPTED, "3.0"),
        ("def add(a, b): return {a, b}", Verdict.RUNTIME_ERROR, None),
        ("def add(a, b): return float('inf')", Verdict.RUNTIME_ERROR, None),
        ("def add(a, b): exit()", Verdict.WRONG_ANSWER, None),
        ("def add(a, b): exit(1)", Verdict.RUNTIME_ERROR, None),
        ("def other(a, b): return 3", Verdict.RUNTIME_ERROR, None),
        ("undefined", Verdict.RUNTIME_ERROR, None),
        ("def add(a, b)\n    return a", Verdict.COMPILE_ERROR, None),
    ],
)
async def test_a_function_is_judged_by_what_it_returns(
    run: Run, add: Signature, code: str, verdict: Verdict, actual: str | None
) -> None:
    judgement = await run(code, (ARGUMENTS, "3"), signature=add)

    assert judgement.verdict is verdict
    assert [outcome.actual for outcome in judgement.outcomes] in ([actual], [])


async def test_a_function_gets_and_returns_trees_as_nodes(run: Run) -> None:
    mirror = Signature(function="mirror", parameters=(Parameter(name="root", type="tree"),), returns="tree")
    code = """
def mirror(root):
    if root is not None:
        root.left, root.right = mirror(root.right), mirror(root.left)
    return root
"""
    cases = (('{"root": [1, 2, null, 3]}', "[1, null, 2, null, 3]"), ('{"root": []}', "[]"))
    assert (await run(code, *cases, signature=mirror)).verdict is Verdict.ACCEPTED


async def test_what_a_function_prints_is_shown_and_not_compared(run: Run, only: Only, add: Signature) -> None:
    code = "print('loading')\ndef add(a, b):\n    print('adding')\n    return a + b"
    outcome = only(await run(code, (ARGUMENTS, "3"), signature=add))

    assert outcome.verdict is Verdict.ACCEPTED
    assert outcome.actual == "3"
    assert outcome.stderr is not None
    assert "adding" in outcome.stderr


async def test_a_syntax_error_is_shown_with_its_line(run: Run) -> None:
    judgement = await run("a = 1\nb = = 2\n")

    assert judgement.verdict is Verdict.COMPILE_ERROR
    assert judgement.outcomes == ()
    assert judgement.total == 1
    assert judgement.compiler_output is not None
    assert "line 2" in judgement.compiler_output
    assert "b = = 2" in judgement.compiler_output


@pytest.mark.parametrize("code", ["\0", "x = '\0'", "# coding: nonsense\n", "(" * 1000])
async def test_source_that_is_no_program_is_a_compile_error(run: Run, code: str) -> None:
    assert (await run(code)).verdict is Verdict.COMPILE_ERROR


@pytest.mark.parametrize("code", ["", "# nothing", "\ufeffpass"])
async def test_source_without_a_statement_just_ends(run: Run, code: str) -> None:
    assert (await run(code)).verdict is Verdict.ACCEPTED


async def test_an_error_of_a_compiler_is_cut(run: Run) -> None:
    judgement = await run("#error " + "x" * 50_000, language="cpp")

    assert judgement.verdict is Verdict.COMPILE_ERROR
    assert judgement.compiler_output is not None
    assert "#error" in judgement.compiler_output
    assert len(judgement.compiler_output) < 5_000


async def test_an_exception_is_shown_without_anything_of_the_judge(run: Run, only: Only) -> None:
    outcome = only(await run("def inner():\n    raise KeyError('gone')\ninner()"))

    assert outcome.verdict is Verdict.RUNTIME_ERROR
    assert outcome.message == "KeyError: 'gone'"
    assert outcome.stderr is not None
    assert "line 2, in inner" in outcome.stderr
    assert "harness" not in outcome.stderr


async def test_a_signal_is_named(run: Run, only: Only) -> None:
    outcome = only(await run("import ctypes\nctypes.string_at(0)"))

    assert outcome.verdict is Verdict.RUNTIME_ERROR
    assert outcome.message == "killed by SIGSEGV"


async def test_a_program_is_stopped_soon_after_its_time(run: Run, only: Only) -> None:
    outcome = only(await run("while True: pass", limits=SHORT))

    assert outcome.guard is Guard.CPU
    assert SHORT.cpu_time <= outcome.cpu_time < SHORT.cpu_time + 0.1


async def test_sleeping_costs_wall_time_and_not_cpu_time(run: Run, only: Only) -> None:
    outcome = only(await run("import time\ntime.sleep(0.3)", limits=SHORT))

    assert outcome.verdict is Verdict.ACCEPTED
    assert outcome.wall_time >= 0.3
    assert outcome.cpu_time < 0.1


async def test_cpu_time_of_children_and_of_loading_counts(run: Run, only: Only, add: Signature) -> None:
    burn = "import time\nend = time.process_time() + 0.1\nwhile time.process_time() < end: pass\n"
    child = f"import subprocess, sys\nsubprocess.run([sys.executable, '-I', '-S', '-c', {burn!r}])"
    assert only(await run(child)).cpu_time >= 0.1

    loaded = await run(burn + "def add(a, b): return a + b", (ARGUMENTS, "3"), (ARGUMENTS, "3"), signature=add)
    assert loaded.verdict is Verdict.ACCEPTED, loaded
    assert loaded.outcomes[0].cpu_time >= 0.1
    assert loaded.outcomes[1].cpu_time < 0.1


@pytest.mark.parametrize("megabytes", [20, 100])
async def test_the_memory_peak_is_what_a_program_used(run: Run, only: Only, megabytes: int) -> None:
    base = only(await run("pass")).memory_peak
    outcome = only(await run(f"x = b'x' * ({megabytes} << 20)"))

    assert outcome.verdict is Verdict.ACCEPTED
    assert outcome.memory_peak - base == pytest.approx(megabytes << 20, rel=0.05, abs=1 << 20)


async def test_files_count_as_memory(run: Run, only: Only) -> None:
    outcome = only(await run("open('file', 'wb').write(b'x' * (30 << 20))"))

    assert outcome.memory_peak > 30 << 20


async def test_stdin_that_is_never_read_disturbs_nobody(run: Run) -> None:
    big = "x" * (4 << 20)
    assert (await run("print(1)", (big, "1"))).verdict is Verdict.ACCEPTED
    assert (await run("int main() {}", (big, ""), language="cpp")).verdict is Verdict.ACCEPTED


async def test_large_input_arrives_whole(run: Run) -> None:
    big = "line\n" * 500_000
    code = "import sys\nprint(len(sys.stdin.read()))"
    assert (await run(code, (big, str(len(big))))).verdict is Verdict.ACCEPTED


async def test_output_is_compared_as_bytes_and_shown_escaped(run: Run, only: Only) -> None:
    lossless = await run("import sys\nsys.stdout.write(sys.stdin.read())", ("a\0ü\u2028😀", "a\0ü\u2028😀"))
    assert lossless.verdict is Verdict.ACCEPTED

    outcome = only(await run(r"import os; os.write(1, b'\xff\0ok')"))
    assert outcome.actual == "\\xff\\x00ok"


async def test_long_output_is_cut_where_it_is_shown_and_whole_where_it_is_compared(run: Run, only: Only) -> None:
    outcome = only(await run("print('x' * 100_000)", ("", "x" * 100_000)))

    assert outcome.verdict is Verdict.ACCEPTED
    assert outcome.actual is not None
    assert len(outcome.actual) < 5_000


async def test_submitting_stops_at_the_first_failure_and_running_does_not(run: Run) -> None:
    cases = (("1", "1"), ("2", "0"), ("3", "3"))
    submitted = await run("print(input())", *cases)
    tried = await run("print(input())", *cases, kind=Kind.RUN)

    assert [outcome.verdict for outcome in submitted.outcomes] == [Verdict.ACCEPTED, Verdict.WRONG_ANSWER]
    assert [outcome.verdict for outcome in tried.outcomes] == [
        Verdict.ACCEPTED,
        Verdict.WRONG_ANSWER,
        Verdict.ACCEPTED,
    ]
    assert (submitted.verdict, submitted.passed, submitted.total) == (Verdict.WRONG_ANSWER, 1, 3)
    assert (tried.verdict, tried.passed, tried.total) == (Verdict.WRONG_ANSWER, 2, 3)


@pytest.mark.parametrize("language", ["python", "cpp"])
async def test_running_goes_on_after_a_test_that_was_killed(run: Run, language: str) -> None:
    code = {
        "python": "if input() == 'spin':\n    while True: pass\nprint('ok')",
        "cpp": "#include <iostream>\nint main() { std::string s; std::cin >> s; "
        'for (volatile bool spin = s == "spin"; spin;) {} puts("ok"); }',
    }[language]
    cases = (("a", "ok"), ("spin", "ok"), ("b", "ok"))
    judgement = await run(code, *cases, kind=Kind.RUN, language=language, limits=SHORT)

    assert [outcome.verdict.value for outcome in judgement.outcomes] == ["AC", "TLE", "AC"]


async def test_without_an_expected_output_a_clean_exit_is_accepted(run: Run, only: Only) -> None:
    outcome = only(await run("print(input())", ("hello", None), kind=Kind.CUSTOM))

    assert outcome.verdict is Verdict.ACCEPTED
    assert outcome.actual == "hello\n"


async def test_floats_are_compared_with_the_tolerance_of_the_problem(run: Run) -> None:
    checker = Checker(kind=CheckerKind.FLOATS, tolerance=0.01)
    assert (await run("print(1.005)", ("", "1"), checker=checker)).verdict is Verdict.ACCEPTED
    assert (await run("print(1.02)", ("", "1"), checker=checker)).verdict is Verdict.WRONG_ANSWER


async def test_what_a_test_changed_is_not_seen_by_the_next(run: Run, add: Signature) -> None:
    code = "calls = []\ndef add(a, b):\n    calls.append(1)\n    return a + b + len(calls) - 1"
    assert (await run(code, *[(ARGUMENTS, "3")] * 5, signature=add)).verdict is Verdict.ACCEPTED


async def test_every_test_has_random_numbers_of_its_own(run: Run) -> None:
    code = "import random\nprint(random.random())"
    judgements = [await run(code, *[("", None)] * 3, kind=Kind.RUN) for _ in range(2)]

    assert len({outcome.actual for judgement in judgements for outcome in judgement.outcomes}) == 6


async def test_a_program_ends_with_its_last_thread(run: Run) -> None:
    code = """
import atexit, threading, time
def work():
    time.sleep(0.05)
    print("worked")
atexit.register(print, "ended")
threading.Thread(target=work).start()
threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
print("started")
"""
    assert (await run(code, *[("", "started\nworked\nended")] * 2)).verdict is Verdict.ACCEPTED


@pytest.mark.parametrize("thread", ["", "threading.Thread(target=time.sleep, args=(60,), daemon=True).start()"])
async def test_a_test_has_no_thread_but_its_main_one(run: Run, add: Signature, thread: str) -> None:
    code = f"""
import threading, time
{thread}
def add(a, b):
    return a + b if threading.enumerate() == [threading.current_thread()] else repr(threading.enumerate())
"""
    judgement = await run(code, *[(ARGUMENTS, "3")] * 4, kind=Kind.RUN, signature=add)

    forked = judgement.outcomes[:-1]  # the last test is run by the process that loaded the program
    assert [outcome.actual for outcome in forked] == ["3"] * 3


@pytest.mark.parametrize("kind", ["script", "function"])
async def test_a_program_has_its_three_streams_and_its_limits(run: Run, add: Signature, kind: str) -> None:
    code = """
import os, resource, sys
def is_open(fd):
    try: return bool(os.fstat(fd))
    except OSError: return False
def victim():
    try: return int(open("/proc/self/oom_score_adj").read())
    except PermissionError: return 1000
def add(a, b):
    kinds = "CPU", "CORE", "MEMLOCK", "NOFILE", "FSIZE", "STACK", "DATA"
    limits = [resource.getrlimit(getattr(resource, "RLIMIT_" + kind))[0] for kind in kinds]
    return [[fd for fd in range(1024) if is_open(fd)], limits, victim()]
if len(sys.argv) == 1 and __name__ == "__main__": print(add(1, 2))
"""
    megabytes = [size << 20 for size in (64, 64, 128)]
    found = f"[[0, 1, 2], {[4, 0, 0, 64, *megabytes]}, 1000]"
    limits = Limits(memory=64 << 20)
    case = (ARGUMENTS, found)
    judgement = await run(code, case, case, signature=add if kind == "function" else None, limits=limits)

    assert judgement.verdict is Verdict.ACCEPTED, judgement


async def test_no_process_of_a_test_survives_to_the_next(run: Run) -> None:
    code = """
import os, time
def strangers():
    try: return [name for name in os.listdir("/proc") if name.isdigit()][3:]
    except PermissionError: return []
if input() == "fork" and os.fork() == 0:
    os.setsid()
    time.sleep(60)
print(strangers() == [])
"""
    cases = (("look", "True"), ("fork", None), ("look", "True"), ("look", "True"))
    judgement = await run(code, *cases, kind=Kind.RUN)

    assert [outcome.verdict for outcome in judgement.outcomes] == [Verdict.ACCEPTED] * 4
    assert sum(outcome.wall_time for outcome in judgement.outcomes) < 5


async def test_a_language_that_is_not_offered_is_no_verdict(sandbox: Sandbox) -> None:
    job = Job(id="x", kind=Kind.SUBMIT, language="cobol", code="", tests=(model.TestCase(input=""),))
    with pytest.raises(LanguageUnavailable):
        await Judge(sandbox).judge(job)


async def test_progress_tells_every_step_in_order(sandbox: Sandbox) -> None:
    steps: list[Progress] = []
    tests = tuple(model.TestCase(input=str(number), expected=str(number)) for number in range(3))
    job = Job(id="x", kind=Kind.SUBMIT, language="python", code="print(input())", tests=tests)

    judgement = await Judge(sandbox).judge(job, steps.append)

    assert [step.stage for step in steps] == [
        Stage.SLOT_ACQUIRED,
        Stage.COMPILED,
        Stage.RUNNING,
        Stage.TESTS_STARTED,
        Stage.TEST,
        Stage.TEST,
        Stage.TEST,
        Stage.TESTS_FINISHED,
    ]
    assert tuple(step.outcome for step in steps if step.outcome) == judgement.outcomes
    assert [step.at for step in steps] == sorted(step.at for step in steps)


async def test_what_was_compiled_once_is_not_compiled_again(run: Run, sandbox: Sandbox) -> None:
    code = '#include <bits/stdc++.h>\nint main() { puts("compiled once"); }'
    first = await run(code, ("", "compiled once"), language="cpp")
    binaries = kept_binaries(sandbox)
    second = await run(code, ("", "compiled once"), language="cpp")

    assert first.verdict is second.verdict is Verdict.ACCEPTED
    assert kept_binaries(sandbox) == binaries


def kept_binaries(sandbox: Sandbox) -> set[Path]:
    return set(Path(sandbox.work_dir, "binaries").iterdir())
