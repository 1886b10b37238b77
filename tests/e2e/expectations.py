"""The trace contract, read from docs/trace-contract.yaml: data in, an expectation out."""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, Literal

import yaml

CONTRACT = Path(__file__).parents[2] / "docs" / "trace-contract.yaml"

Cache = Literal["cold", "warm", "any"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What one span must be. ``least`` and ``most``: how many of them each of its parents has.

    Rules with the same ``place`` are for the same one child. ``followed_by`` is the id of a rule: only spans with a
    child that follows that one follow this one. ``fails``: its status is ERROR.
    """

    id: str
    name: str
    kind: str
    service: str
    parents: tuple[str, ...]
    where: Mapping[str, Any]
    required: Mapping[str, Any]
    optional: frozenset[str]
    events: tuple[str, ...]
    link: Literal["none", "parent", "past", "outside"]
    inside: Literal["", "parent", "root"]
    place: str
    followed_by: str
    fails: bool
    least: int
    when: Literal["always", "cold", "optional"]
    most: int = 1

    @property
    def title(self) -> str:
        return f"{self.name} ({self.kind}, {self.service})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Forbidden:
    """What must be nowhere. ``texts`` are the literal secrets of one request: its code, its tokens."""

    keys: re.Pattern[str]
    content: tuple[re.Pattern[str], ...]
    names: tuple[re.Pattern[str], ...]
    texts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectation:
    """What one trace must be. The first rule is the root's; ``clock_tolerance`` in nanoseconds."""

    flow: str
    rules: tuple[Rule, ...]
    budget: int
    internal_budget: int
    silent: frozenset[str]
    resource: Mapping[str, Any]
    forbidden: Forbidden
    clock_tolerance: int

    @property
    def root(self) -> Rule:
        return self.rules[0]

    @property
    def least(self) -> int:
        """How many spans there are at least."""
        return sum(rule.least for rule in self.rules if self._is_certain(rule))

    def below(self, parent: str) -> list[Rule]:
        return [rule for rule in self.rules if parent in rule.parents]

    def rule(self, id: str) -> Rule:
        return next(rule for rule in self.rules if rule.id == id)

    def without_texts(self, *texts: str) -> "Expectation":
        """The same, and none of these texts may be anywhere in the trace."""
        return replace(self, forbidden=replace(self.forbidden, texts=texts))

    def _is_certain(self, rule: Rule) -> bool:
        """Whether all that the rule lies below is there for sure."""
        return rule.least > 0 and (
            not rule.parents or any(self._is_certain(each) for each in self.rules if each.id in rule.parents)
        )


def expected(flow: str, cache: Cache = "any") -> Expectation:
    """The expectation for a flow, with caches that are known to be cold or warm, or may be either."""
    contract = _contract()
    shape = contract["flows"][flow]
    rules = tuple(_rule(id, contract, shape, cache) for id in _reachable(contract["spans"], flow, shape))
    return Expectation(
        flow=flow,
        rules=rules,
        budget=shape["budget"]["warm" if cache == "warm" else "cold"],
        internal_budget=contract["internal_spans_per_service"],
        silent=frozenset(contract["silent"]),
        resource=contract["resource"],
        forbidden=_forbidden(contract["forbidden"]),
        clock_tolerance=round(contract["clock_tolerance"] * 1e9),
    )


def flows() -> list[str]:
    return list(_contract()["flows"])


def tree(flow: str, top: str = "") -> str:
    """The tree of a flow as people read it, one line a span: the whole of it, or what begins with one of its rules."""
    expectation = expected(flow)
    root = expectation.rule(top) if top else expectation.root
    return "\n".join([_line("", root), *_branches(expectation, root, "")])


def _branches(expectation: Expectation, rule: Rule, indent: str, above: tuple[str, ...] = ()) -> Iterator[str]:
    children = expectation.below(rule.id)
    for child in children:
        last = child is children[-1]
        repeated = child.id in above
        yield _line(indent + ("└─ " if last else "├─ "), child, repeated=repeated)
        if not repeated:
            yield from _branches(expectation, child, indent + ("   " if last else "│  "), (*above, child.id))


def _line(indent: str, rule: Rule, *, repeated: bool = False) -> str:
    what = " ".join([indent + rule.name, *map(str, rule.where.values())])
    notes = {rule.when: rule.when != "always", "ERROR": rule.fails, "again": repeated}
    note = ", ".join(text for text, holds in notes.items() if holds)
    return f"{what:<86} {rule.kind.upper():<8} {rule.service}" + (f"  ({note})" if note else "")


@cache
def _contract() -> dict[str, Any]:
    contract: dict[str, Any] = yaml.safe_load(CONTRACT.read_text(encoding="utf-8"))
    return contract


def _reachable(spans: Mapping[str, Any], flow: str, shape: Mapping[str, Any]) -> list[str]:
    """The root and all below it, parents first, in the order of the file."""
    found = [shape["root"]]
    there = {
        id: _parents(id, span, shape)
        for id, span in spans.items()
        if flow in span.get("flows", [flow]) and id not in shape.get("without", ())
    }
    for id in found:
        found += [each for each, parents in there.items() if id in parents and each not in found]
    return found


def _parents(id: str, span: Mapping[str, Any], shape: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(shape.get("parents", {}).get(id, span.get("parents", ())))


def _rule(id: str, contract: Mapping[str, Any], shape: Mapping[str, Any], cache: Cache) -> Rule:
    span = contract["spans"][id]
    sort = contract["sorts"][span["sort"]]
    where = span.get("where", {})
    own = {**span.get("attributes", {}), **shape.get("attributes", {}).get(id, {}), **where}
    when: Any = "optional" if id in shape.get("optional", ()) else span.get("when", "always")
    return Rule(
        id=id,
        name=span["name"],
        kind=span["kind"],
        service=span["service"],
        parents=_parents(id, span, shape),
        where=where,
        required={**sort["required"], **own},
        optional=frozenset(sort["optional"]),
        events=tuple(shape.get("events", {}).get(id, span.get("events", ()))),
        link=span.get("link", "none"),
        inside="" if shape.get("detached") and span.get("inside") == "root" else span.get("inside", ""),
        place=span.get("one_of", id),
        followed_by=span.get("followed_by", ""),
        fails=span.get("status") == "error",
        when=when,
        least=int(when == "always" or (when == "cold" and cache == "cold")),
        most=int(not (when == "cold" and cache == "warm")),
    )


def _forbidden(described: Mapping[str, Collection[str]]) -> Forbidden:
    keys = (re.escape(key).replace(r"\*", ".*") for key in described["keys"])
    return Forbidden(
        keys=re.compile("|".join(keys)),
        content=tuple(map(re.compile, described["content"])),
        names=tuple(map(re.compile, described["names"])),
    )
