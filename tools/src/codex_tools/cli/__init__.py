"""The command line: arguments in, an exit status out. What a command does is in a file of its name."""

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence

from codex_tools.cli import down, logs, restart, status, up
from codex_tools.cli.console import console, show_failure
from codex_tools.dlq.options import add_arguments as add_dlq_arguments
from codex_tools.load.options import Options, add_arguments
from codex_tools.stack.environment import caller
from codex_tools.stack.errors import StackError, sentence
from codex_tools.stack.home import Home, home_from
from codex_tools.stack.plan import STORES, Wishes, plan
from codex_tools.stack.services import NAMES, service_name
from codex_tools.stack.supervise import supervise

Command = Callable[[argparse.Namespace, Home], int]
_INTERRUPTED = 130
_MOST_REPLICAS = 16


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; its exit status."""
    options = _parser().parse_args(argv)
    command: Command = options.command
    try:
        return command(options, home_from(caller()))
    except KeyboardInterrupt:
        console().print("Interrupted.")
        return _INTERRUPTED
    except BrokenPipeError:
        sys.stderr.close()
        return 1
    except StackError as error:
        show_failure(console(), error)
    except OSError as error:
        show_failure(console(), StackError(sentence(error)))
    return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="codex", description="The Codex platform on this machine, without Docker.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _with_wishes(_add(commands, "up", _up, "start the whole platform in the background"))
    ending = _add(commands, "down", _down, "stop it, and leave no process")
    ending.add_argument("--erase", action="store_true", help="forget all that it has stored, too")
    again = _add(commands, "restart", _restart, "start services anew, one process after another, while it goes on")
    again.add_argument("services", nargs="*", metavar="SERVICE", help="these only, for example problem or problem-2")
    _add(commands, "status", _status, "show every part of it")
    log = _add(commands, "logs", _logs, "show what the parts wrote")
    log.add_argument("name", nargs="?", help="one part, for example gateway or kafka; all if left out")
    log.add_argument("-f", "--follow", action="store_true", help="go on with what is written from now on")
    log.add_argument("-n", "--lines", type=int, default=20, metavar="N", help="how many lines of each (default 20)")
    _add(commands, "demo", _demo, "start it in a folder of its own, judge three programs, show a trace, stop it")
    add_arguments(_add(commands, "load", _load, "let people use a stack, and measure what they meet"))
    add_dlq_arguments(_add(commands, "dlq", _dlq, "look at the records that were given up, replay or drop them"))
    owner = _add(commands, "supervise", _supervise, "own the processes of a stack (`up` starts this)")
    owner.add_argument("--as-long-as", type=int, metavar="PID", help="end when that process has ended")
    _with_wishes(owner)
    return parser


def _add(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]", name: str, command: Command, help_text: str
) -> argparse.ArgumentParser:
    parser = commands.add_parser(name, help=help_text, description=help_text)
    parser.set_defaults(command=command)
    return parser


def _with_wishes(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--no-tracing", action="store_true", help="leave out the telemetry store and all tracing")
    parser.add_argument("--stores-only", action="store_true", help="start the stores and none of the services")
    parser.add_argument(
        "--only", action="append", choices=sorted(STORES), help="start only this store and no service (repeatable)"
    )
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="SERVICE.VARIABLE=VALUE",
        help="give one service a variable (repeatable)",
    )
    parser.add_argument(
        "--scale", action="append", default=[], metavar="SERVICE=N", help="run a service as N processes (repeatable)"
    )


def _wishes(options: argparse.Namespace) -> Wishes:
    return Wishes(
        tracing=not options.no_tracing,
        services=not (options.stores_only or options.only),
        stores=frozenset(options.only or STORES),
        extra=_extra(options.set),
        scale=_scale(options.scale),
    )


def _extra(settings: Sequence[str]) -> Mapping[str, Mapping[str, str]]:
    extra: dict[str, dict[str, str]] = {}
    for setting in settings:
        name, equals, value = setting.partition("=")
        service, dot, variable = name.partition(".")
        service = service_name(service)
        if not (equals and dot and variable) or service not in NAMES:
            raise StackError(f"--set {setting}: write SERVICE.VARIABLE=VALUE, SERVICE one of {', '.join(NAMES)}.")
        extra.setdefault(service, {})[variable] = value
    return extra


def _scale(wishes: Sequence[str]) -> Mapping[str, int]:
    scale: dict[str, int] = {}
    for wish in wishes:
        name, _, count = wish.partition("=")
        if service_name(name) not in NAMES or not count.isdecimal() or not 1 <= int(count) <= _MOST_REPLICAS:
            raise StackError(
                f"--scale {wish}: write SERVICE=N, N from 1 to {_MOST_REPLICAS}, SERVICE one of {', '.join(NAMES)}."
            )
        scale[service_name(name)] = int(count)
    return scale


def _up(options: argparse.Namespace, home: Home) -> int:
    _wishes(options)  # refuses what is misspelt before anything is started
    arguments = [word for setting in options.set for word in ("--set", setting)]
    arguments += [word for wish in options.scale for word in ("--scale", wish)]
    arguments += [word for store in options.only or () for word in ("--only", store)]
    arguments += [flag for flag in ("--no-tracing", "--stores-only") if getattr(options, flag[2:].replace("-", "_"))]
    return up.up(home, arguments, console())


def _down(options: argparse.Namespace, home: Home) -> int:
    outcome = down.down(home, console())
    if options.erase:
        down.erase(home)
    return outcome


def _restart(options: argparse.Namespace, home: Home) -> int:
    return restart.restart(home, options.services, console())


def _status(_: argparse.Namespace, home: Home) -> int:
    return status.status(home, console())


def _logs(options: argparse.Namespace, home: Home) -> int:
    return logs.logs(home, options.name, lines=options.lines, follow=options.follow)


def _demo(_: argparse.Namespace, __: Home) -> int:
    from codex_tools.demo import demo  # noqa: PLC0415  (the other commands need not wait for it)

    return demo(console())


def _load(options: argparse.Namespace, home: Home) -> int:
    from codex_tools.load.command import load  # noqa: PLC0415  (the other commands need not wait for it)

    return load(Options.of(options), home, console())


def _dlq(options: argparse.Namespace, home: Home) -> int:
    from codex_tools.dlq.command import dlq  # noqa: PLC0415  (the other commands need not wait for it)

    return dlq(options, home, console())


def _supervise(options: argparse.Namespace, home: Home) -> int:
    return supervise(home, lambda: plan(home, _wishes(options), caller()), as_long_as=options.as_long_as)
