"""What goes wrong and when: data, made from a seed."""

import random
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from itertools import cycle, islice
from typing import Final

from codex_tools.stack.services import NAMES

STORES: Final = ("kafka", "postgres", "mongo", "redis")
TARGETS: Final = (*NAMES, *STORES)
SLOWED: Final = ("redis", "mongo", "postgres")
FILLED: Final = ("kafka", "mongo")
RECORDS: Final = "records"
CLOCKED: Final = ("code-execution-service",)
_BURSTS: Final = 0.2  # the share of kills that come two or three at once


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """``name`` happens to ``target``, ``at`` seconds after the start, for ``seconds`` (0: an instant).

    Names: kill (SIGKILL), freeze (SIGSTOP, then SIGCONT), restart (SIGTERM), slow (its network), full (its disk),
    repeat (old records again, in another order), jump (its wall clock is an hour ahead, or behind).
    """

    at: float
    name: str
    target: str
    seconds: float = 0.0

    @property
    def end(self) -> float:
        return self.at + self.seconds

    def __str__(self) -> str:
        lasting = f" for {self.seconds:.1f} s" if self.seconds else ""
        return f"{self.at:6.1f} s  {self.name:<8} {self.target}{lasting}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """How much is to go wrong: within ``seconds``, ``kills`` of ``targets``; ``disks`` that can be filled."""

    seconds: float
    kills: int
    targets: Sequence[str] = TARGETS
    disks: AbstractSet[str] = frozenset()


def plan(seed: int, scope: Scope) -> tuple[Fault, ...]:
    """The same faults for the same seed and scope, by time; all are over at ``scope.seconds``."""
    dice = random.Random(seed)
    faults = [
        *_kills(dice, scope),
        *_lasting(dice, scope, "freeze", scope.targets, scope.kills // 3, longest=8.0),
        *_lasting(dice, scope, "slow", _of(SLOWED, scope), scope.kills // 10, longest=6.0),
        *_lasting(dice, scope, "full", [disk for disk in _of(FILLED, scope) if disk in scope.disks], scope.kills // 12),
        *_lasting(dice, scope, "restart", _of(("kafka",), scope), scope.kills // 15, longest=0.0),
        *_lasting(dice, scope, "repeat", (RECORDS,), scope.kills // 4, longest=0.0),
        *_lasting(dice, scope, "jump", _of(CLOCKED, scope), scope.kills // 5, longest=20.0),
    ]
    return tuple(sorted(faults, key=lambda fault: (fault.at, fault.name, fault.target)))


def _kills(dice: random.Random, scope: Scope) -> list[Fault]:
    """Every target as often as any other, some of them together."""
    victims = _dealt(dice, scope.targets, scope.kills)
    step = scope.seconds / (scope.kills + 1)
    moments = [step * (number + dice.uniform(0.6, 1.4)) for number in range(scope.kills)]
    for number in range(1, scope.kills):
        if dice.random() < _BURSTS:
            moments[number] = moments[number - 1]
    moments = [min(moment, scope.seconds) for moment in moments]
    return [Fault(at=at, name="kill", target=victim) for at, victim in zip(moments, victims, strict=True)]


def _lasting(
    dice: random.Random, scope: Scope, name: str, targets: Sequence[str], count: int, *, longest: float = 5.0
) -> list[Fault]:
    """Some faults of one kind, anywhere in the time."""
    faults = []
    for target in _dealt(dice, targets, count if targets else 0):
        seconds = dice.uniform(1.0, longest) if longest else 0.0
        at = dice.uniform(0.0, max(0.0, scope.seconds - seconds))
        faults.append(Fault(at=at, name=name, target=target, seconds=seconds))
    return faults


def _dealt(dice: random.Random, targets: Sequence[str], count: int) -> list[str]:
    deck = list(targets)
    dice.shuffle(deck)
    return list(islice(cycle(deck), count))


def _of(targets: Sequence[str], scope: Scope) -> list[str]:
    return [target for target in targets if target in scope.targets]
