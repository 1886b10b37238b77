"""``codex dlq``: list, show, replay and drop."""

import argparse
from collections.abc import Callable, Sequence

from rich.console import Console
from rich.markup import escape

from codex_tools.cli.console import show_failure
from codex_tools.dlq.client import DeadLetterClient, LetterUnknown
from codex_tools.dlq.display import show_letter, show_list
from codex_tools.stack.errors import StackError
from codex_tools.stack.files import read_json
from codex_tools.stack.home import Home
from codex_tools.stack.replicas import service_of

_SERVICE = "code-manage-service"


def dlq(options: argparse.Namespace, home: Home, out: Console) -> int:
    """Do what ``options.action`` says; 0 if every letter that was named was there.

    Raises:
        StackError: no code-manage answers, or it can't say.
    """
    with DeadLetterClient(options.target or _target(home)) as client:
        match options.action:
            case "list":
                show_list(out, client.list())
            case "show":
                show_letter(out, client.show(options.id))
            case _:
                return _end(client, options, out)
    return 0


def _target(home: Home) -> str:
    """Where the code-manage of the stack in ``home`` listens."""
    services = read_json(home.stack_file).get("services", {})
    port = next((part["port"] for name, part in services.items() if service_of(name) == _SERVICE), None)
    if port is None:
        raise StackError(
            f"No {_SERVICE} runs in {home.folder}: start a stack with `codex up`, or give the --target of another."
        )
    return f"127.0.0.1:{port}"


def _end(client: DeadLetterClient, options: argparse.Namespace, out: Console) -> int:
    end = {"replay": _replay, "drop": _drop}[options.action]
    if not options.all:
        return _each(client, options.ids, end, out)
    found = client.list()
    status = _each(client, [letter.id for letter in found.letters], end, out)
    if found.more:
        out.print(f"There are more; say `codex dlq {options.action} --all` again.")
    return status


def _each(
    client: DeadLetterClient, ids: Sequence[str], end: Callable[[DeadLetterClient, str], str], out: Console
) -> int:
    """One after another; those that are unknown do not keep the others from being ended."""
    status = 0
    for id in ids:
        try:
            out.print(f"  {escape(end(client, id))}", soft_wrap=True)
        except LetterUnknown as unknown:
            show_failure(out, unknown)
            status = 1
    if not ids:
        out.print("There are no dead letters.")
    return status


def _replay(client: DeadLetterClient, id: str) -> str:
    trace = client.replay(id)
    return f"{id} replayed" + (f", trace {trace}" if trace else "")


def _drop(client: DeadLetterClient, id: str) -> str:
    client.drop(id)
    return f"{id} dropped"
