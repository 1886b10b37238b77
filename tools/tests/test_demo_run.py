"""The demo as a person runs it."""

from codex_tools.demo.promises import TRACED
from codex_tools.stack.home import REPOSITORY
from codex_tools.testing import Stack, stack_in


async def test_the_demo_keeps_every_promise_and_leaves_no_process(stack: Stack) -> None:
    outcome = await stack.codex("demo")

    assert outcome.status == 0, outcome.text
    assert all(words in outcome.text for words in ("judged AC", "judged WA", "judged TLE", "exactly one root"))
    assert all(service in outcome.text for service in TRACED)
    assert not set("\x1b…✗") & set(outcome.text)
    assert stack_in(REPOSITORY / ".codex-demo").processes() == []
    assert not stack.home.folder.exists()
