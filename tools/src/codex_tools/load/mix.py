"""How often people do what: weights by operation or by group of operations."""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace

from codex_tools.load.operations import OPERATIONS, Operation


def mix(wishes: Mapping[str, float]) -> tuple[Operation, ...]:
    """The operations with their weights; no wishes is the usual mix.

    A group's weight is spread over its operations as in the usual mix. An operation named itself is left out of its
    group's part.

    Raises:
        ValueError: an unknown name, or nothing has a weight.
    """
    if not wishes:
        return OPERATIONS
    weights = {operation.name: 0.0 for operation in OPERATIONS}
    for name, weight in wishes.items():
        for operation in _meant(name, wishes.keys()):
            share = operation.weight / sum(one.weight for one in _meant(name, wishes.keys()))
            weights[operation.name] += weight * share
    chosen = tuple(replace(one, weight=weights[one.name]) for one in OPERATIONS if weights[one.name] > 0)
    if not chosen:
        raise ValueError("nothing in the mix has a weight above 0")
    return chosen


def without(operations: Sequence[Operation], name: str) -> tuple[Operation, ...]:
    """The mix where the stack does not offer this operation: the others of its group do its part.

    Raises:
        ValueError: nothing is left of its group.
    """
    gone = next((one for one in operations if one.name == name), None)
    if gone is None:
        return tuple(operations)
    rest = [one for one in operations if one is not gone]
    group = [one for one in rest if _group(one.name) == _group(name)]
    if not group:
        raise ValueError(f"the stack does not offer {name}")
    more = 1 + gone.weight / sum(one.weight for one in group)
    return tuple(replace(one, weight=one.weight * more) if one in group else one for one in rest)


def _meant(name: str, named: AbstractSet[str]) -> list[Operation]:
    exact = [one for one in OPERATIONS if one.name == name]
    found = exact or [one for one in OPERATIONS if _group(one.name) == name and one.name not in named]
    if not found:
        known = sorted({_group(one.name) for one in OPERATIONS} | {one.name for one in OPERATIONS})
        raise ValueError(f"nothing to do is called {name}; there is {', '.join(known)}")
    return found


def _group(name: str) -> str:
    return name.partition(".")[0]
