"""What a run is to be, and how that is said on the command line."""

import argparse
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from codex_tools.load.bars import Bar

Number = TypeVar("Number", int, float)

_MOST_PEOPLE = 600  # what the gateway lets sign up in an hour from one address


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """``rate`` is of the open loop; with ``clients`` the loop is closed. Times in seconds."""

    gateway: str | None
    rate: float
    clients: int | None
    max_in_flight: int
    seconds: float
    warm_up: float
    people: int
    seed: int
    mix: Mapping[str, float]
    distinct: bool
    retry: bool
    patience: float
    expect: tuple[Bar, ...]
    report: Path | None
    json: Path | None
    allow_remote: bool

    @classmethod
    def of(cls, arguments: argparse.Namespace) -> "Options":
        values = {name: getattr(arguments, name) for name in cls.__slots__}
        return cls(**{**values, "mix": dict(arguments.mix), "expect": tuple(arguments.expect)})

    @property
    def loop(self) -> str:
        """In words."""
        if self.clients:
            return f"closed loop, {self.clients} clients"
        return f"open loop, Poisson arrivals, {self.rate:g}/s, at most {self.max_in_flight} in flight"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Everything that a run can be told."""
    parser.add_argument("--gateway", metavar="URL", help="the stack to use (default: the one of CODEX_HOME)")
    parser.add_argument("--allow-remote", action="store_true", help="let the gateway be on another machine")
    loop = parser.add_mutually_exclusive_group()
    loop.add_argument("--rate", type=_above(0.0), default=10.0, help="open loop: arrivals a second (default 10)")
    loop.add_argument("--clients", type=_from(1), metavar="N", help="closed loop: this many who never rest")
    _add_course(parser)
    _add_people(parser)
    parser.add_argument(
        "--expect",
        action="append",
        default=[],
        type=_bar,
        metavar="BAR",
        help="end with 1 unless this holds: [OPERATION:]p99=300ms, max=2s, rate=70, faults=0, wrong=0, refused=0, "
        "not-sent=0 (repeatable)",
    )
    parser.add_argument("--report", type=Path, metavar="FILE.html", help="write a page with plots")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all that was counted")


def _add_course(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--seconds", type=_above(0.0), default=30.0, help="length of the window (default 30)")
    parser.add_argument("--warm-up", type=_from(0.0), default=5.0, help="seconds before it, not counted (default 5)")
    parser.add_argument(
        "--max-in-flight", type=_from(1), default=1000, metavar="N", help="what arrives beyond is not sent (1000)"
    )
    parser.add_argument("--patience", type=_above(0.0), default=30.0, help="seconds that anybody waits (default 30)")
    parser.add_argument("--seed", type=int, default=1, help="the same arrivals for the same seed (default 1)")


def _add_people(parser: argparse.ArgumentParser) -> None:
    people = f"accounts signed up at the start, 1 to {_MOST_PEOPLE} (default 20)"
    parser.add_argument("--people", type=_from(1, _MOST_PEOPLE), default=20, metavar="N", help=people)
    parser.add_argument(
        "--mix",
        action="extend",
        type=_weights,
        default=[],
        metavar="NAME=WEIGHT,...",
        help="how often they do what, by group (browse, run, submit, watch) or operation (submit.poll)",
    )
    parser.add_argument("--distinct", action="store_true", help="never the same program twice")
    parser.add_argument("--retry", action="store_true", help="who is refused comes again after Retry-After")


def _bar(text: str) -> Bar:
    try:
        return Bar.of(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text} is no bar; write for example p99=300ms or faults=0") from error


def _weights(text: str) -> list[tuple[str, float]]:
    pairs = [part.partition("=") for part in text.split(",")]
    return [(name.strip(), _from(0.0)(weight or "1")) for name, _, weight in pairs]


def _above(least: float) -> Callable[[str], float]:
    def number(text: str) -> float:
        value = float(text)
        if not least < value < math.inf:
            raise argparse.ArgumentTypeError(f"must be above {least:g}")
        return value

    return number


def _from(least: Number, most: float = math.inf) -> Callable[[str], Number]:
    def number(text: str) -> Number:
        value = type(least)(text)
        if not least <= value <= most or value == math.inf:
            raise argparse.ArgumentTypeError(
                f"must be {least:g} or more" + (f", {most:g} at most" if most < math.inf else "")
            )
        return value

    return number
