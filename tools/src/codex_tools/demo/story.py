"""What the demo does once the platform is up, told as it happens."""

import time

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from codex_tools.demo import promises
from codex_tools.demo.client import Answer, Person, sign_up
from codex_tools.demo.programs import ENDLESS, PROBLEM, RIGHT, WRONG, Program
from codex_tools.demo.promises import Promise
from codex_tools.demo.waterfall import draw

_TRACE_WITHIN = 10.0


def tell(out: Console, gateway: str) -> bool:
    """Judge three programs and look at a trace; whether everything was as promised."""
    with sign_up(gateway) as person:
        out.print(f"\nSigned up at {gateway}; three answers to “{PROBLEM}”:\n")
        answers = {program: _submit(out, person, program) for program in (RIGHT, WRONG, ENDLESS)}
        out.print(_costs(answers))
        kept = [promises.of_verdict(program, answer) for program, answer in answers.items()]
        kept += _show_trace(out, person, answers[RIGHT])
    return _show_promises(out, kept)


def _submit(out: Console, person: Person, program: Program) -> Answer:
    with out.status(f"judging “{program.title}”"):
        answer = person.submit(PROBLEM, program.code)
    out.print(
        f"  {program.title:<24} [bold]{escape(str(answer.submission['verdict']))}[/] after {answer.seconds:.2f} s"
    )
    return answer


def _costs(answers: dict[Program, Answer]) -> Table:
    table = Table("\nprogram", "\nverdict", "\ntest", "\njudged", "CPU\nms", "wall\nms", "memory\nMB", box=None)
    for program, answer in answers.items():
        tests = answer.submission["tests"]
        summary = f"{tests['passed']} of {tests['total']} passed"
        table.add_row(program.title, answer.submission["verdict"], summary, "", *_cost(answer.submission))
        for item in tests["items"]:
            table.add_row("", "", f"  {item['index']}", item["verdict"], *_cost(item))
    return table


def _cost(judged: dict[str, float | None]) -> tuple[str, str, str]:
    cpu, wall, memory = (judged.get(name) or 0.0 for name in ("cpu_time", "wall_time", "memory_peak"))
    return f"{cpu * 1e3:.1f}", f"{wall * 1e3:.1f}", f"{memory / 1e6:.1f}"


def _show_trace(out: Console, person: Person, answer: Answer) -> tuple[Promise, ...]:
    began = time.monotonic()
    with out.status("waiting for the last spans"):
        trace = person.trace(answer.submission["id"], within=_TRACE_WITHIN)
    out.print(f"\nThe trace of “{RIGHT.title}”, asked for {time.monotonic() - began:.1f} s: {answer.trace_id}\n")
    out.print(draw(trace["spans"]))
    return promises.of_trace(answer, trace)


def _show_promises(out: Console, made: list[Promise]) -> bool:
    out.print("\nWhat was promised:")
    for promise in made:
        mark = "[green]✓[/]" if promise.kept else "[red]✗[/]"
        out.print(f"  {mark} {escape(promise.text):<44} [dim]{escape(promise.seen)}[/]", soft_wrap=True)
    return all(promise.kept for promise in made)
