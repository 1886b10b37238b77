"""What an operator reads who asks for dead letters; with letters in it, in tests/e2e/test_dead_letters.py."""

import io
from concurrent.futures import ThreadPoolExecutor

import grpc
import pytest
from rich.console import Console

from codex_protos.codemanage.v1 import dead_letter_service_pb2 as pb
from codex_tools.dlq.display import show_letter, show_list
from codex_tools.testing import Stack


async def test_without_a_stack_there_is_a_sentence_and_a_failure(stack: Stack) -> None:
    outcome = await stack.codex("dlq", "list")

    assert outcome.status == 1
    assert "No code-manage-service runs in" in outcome.text


async def test_a_target_at_which_nothing_answers_is_named(stack: Stack) -> None:
    outcome = await stack.codex("dlq", "drop", "--all", "--target", "127.0.0.1:1")

    assert (outcome.status, outcome.text.strip()) == (1, "✗ Nothing answers at 127.0.0.1:1.")


async def test_a_target_that_is_another_service_is_no_code_manage(stack: Stack) -> None:
    with ThreadPoolExecutor(1) as threads:
        server = grpc.server(threads)
        port = server.add_insecure_port("127.0.0.1:0")
        server.start()
        outcome = await stack.codex("dlq", "show", "a/1/2", "--target", f"127.0.0.1:{port}")
        server.stop(None).wait(5)

    assert outcome.status == 1
    assert "it should be code-manage" in outcome.text


@pytest.mark.parametrize("arguments", [("replay",), ("drop", "a/1/2", "--all"), ("show",), ()])
async def test_what_is_meant_must_be_said(stack: Stack, arguments: tuple[str, ...]) -> None:
    outcome = await stack.codex("dlq", *arguments)

    assert outcome.status == 2
    assert "usage: codex dlq" in outcome.text


def test_a_letter_is_one_line_and_nothing_in_it_is_obeyed() -> None:
    letter = pb.DeadLetter(
        id="code-execution-topic/7/4711", topic="code-execution-topic", key="\x1b[2J", reason="[red]lost[/] " * 30
    )
    out = Console(file=io.StringIO(), width=120, no_color=True)

    show_list(out, pb.ListDeadLettersResponse(letters=[letter], more=True))
    show_letter(out, letter)

    assert isinstance(out.file, io.StringIO)
    text = out.file.getvalue()
    assert [letter.id in line for line in text.splitlines()[:3]] == [False, True, False]
    assert "and there are more" in text
    assert "[red]lost[/]" in text
    assert "\x1b" not in text
