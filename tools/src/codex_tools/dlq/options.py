"""The arguments of ``codex dlq``."""

import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """One sub-command for everything that can be done with dead letters; ``action`` is its name."""
    target = argparse.ArgumentParser(add_help=False)
    target.add_argument(
        "--target", metavar="HOST:PORT", help="a code-manage elsewhere (default: that of the stack in CODEX_HOME)"
    )
    actions = parser.add_subparsers(required=True, metavar="ACTION", dest="action")
    actions.add_parser("list", parents=[target], help="show them, oldest failure first")
    one = actions.add_parser("show", parents=[target], help="show all of one but its program and data")
    one.add_argument("id", metavar="ID", help="topic/partition/offset, as the list shows it")
    for action, text in (("replay", "send to their topics again, and forget"), ("drop", "forget")):
        ending = actions.add_parser(action, parents=[target], help=f"{text} them")
        which = ending.add_mutually_exclusive_group(required=True)
        which.add_argument("ids", nargs="*", default=[], metavar="ID", help="these")
        which.add_argument("--all", action="store_true", help="all that the list shows")
