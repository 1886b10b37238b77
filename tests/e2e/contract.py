"""Whether a trace is what the contract says. Pure: spans and an expectation in, violations out, in plain words."""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.e2e.expectations import Expectation, Rule
from tests.e2e.spans import Event, Span

_EXCEPTION = {"exception.type", "exception.message", "exception.stacktrace", "exception.escaped"}
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_KINDS: Mapping[str, Callable[[Any], bool]] = {
    "<text>": lambda value: isinstance(value, str) and value != "",
    "<int>": lambda value: type(value) is int,
    "<number>": lambda value: type(value) is float and 0 <= value < float("inf"),
    "<uuid>": lambda value: isinstance(value, str) and _UUID.fullmatch(value) is not None,
}


def violations(spans: Sequence[Span], expectation: Expectation) -> list[str]:
    """Everything in which a trace differs from the contract; empty when it is all right."""
    shape = _fitted(spans, expectation)
    found = [
        *_of_identity(spans),
        *shape.faults,
        *_of_silence(spans, expectation),
        *_of_budgets(spans, expectation),
        *(fault for span in spans for fault in _of_content(span, shape.rules.get(span.span_id), expectation)),
        *(fault for span in spans for fault in _of_resource(span, expectation)),
        *(fault for span in spans for fault in _of_span(span, shape, expectation)),
    ]
    return list(dict.fromkeys(found))


@dataclass(slots=True)
class _Shape:
    """Which rule each span follows, and what did not fit."""

    by_id: Mapping[str, Span]
    rules: dict[str, Rule] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)

    def inside_of(self, span: Span, rule: Rule, root: Rule) -> Span | None:
        """The span in which this one must lie."""
        outer = self.by_id.get(span.parent or "")
        while rule.inside == "root" and outer and self.rules.get(outer.span_id) is not root:
            outer = self.by_id.get(outer.parent or "")
        return outer if rule.inside else None


def _fitted(spans: Sequence[Span], expectation: Expectation) -> _Shape:
    """Go down from the root, and find a rule for every child."""
    shape = _Shape({span.span_id: span for span in spans})
    children: defaultdict[str | None, list[Span]] = defaultdict(list)
    for span in sorted(spans, key=lambda each: each.start):
        children[span.parent].append(span)
    root = next((span for span in children[None] if _follows(span, expectation.root)), None)
    if root is None:
        shape.faults.append(f"no root {expectation.root.title}")
        return shape
    shape.rules[root.span_id] = expectation.root
    below = [root]
    for parent in below:
        below += _fit_children(parent, children, shape, expectation)
    return shape


def _fit_children(
    parent: Span, children: Mapping[str | None, Sequence[Span]], shape: _Shape, expectation: Expectation
) -> list[Span]:
    """Children that follow a rule; the same names follow the rules in the order in which they began."""
    rules = expectation.below(shape.rules[parent.span_id].id)
    taken: Counter[str] = Counter()
    fitting = []
    for child in children.get(parent.span_id, ()):
        same = [rule for rule in rules if _follows(child, rule)]
        apt = [rule for rule in same if _goes_on(children.get(child.span_id, ()), rule, expectation)]
        free = sorted((rule for rule in apt if taken[rule.place] < rule.most), key=_strictest_first)
        if not free:
            shape.faults.append(_misfit(child, parent, same, apt, expectation))
            continue
        taken[free[0].place] += 1
        shape.rules[child.span_id] = free[0]
        fitting.append(child)
    missing = {rule.place: rule.title for rule in rules if taken[rule.place] < rule.least}
    shape.faults += [f"missing below {parent.name}: {title}" for title in missing.values()]
    return fitting


def _strictest_first(rule: Rule) -> tuple[bool, bool]:
    return not rule.followed_by, rule.least == 0


def _goes_on(children: Sequence[Span], rule: Rule, expectation: Expectation) -> bool:
    """Whether a span has the child by which the rule knows it."""
    return not rule.followed_by or any(_follows(child, expectation.rule(rule.followed_by)) for child in children)


def _follows(span: Span, rule: Rule) -> bool:
    told_apart = all(span.attributes.get(key) == value for key, value in rule.where.items())
    return told_apart and (span.name, span.kind, span.service) == (rule.name, rule.kind, rule.service)


def _misfit(span: Span, parent: Span, same: Collection[Rule], apt: Collection[Rule], expectation: Expectation) -> str:
    if apt:
        return f"a span too many below {parent.name}: {span.name}"
    if same:
        wanted = " or ".join(expectation.rule(rule.followed_by).title for rule in same)
        return f"{span.name} below {parent.name} is not followed by {wanted}"
    elsewhere = any(_follows(span, rule) for rule in expectation.rules)
    return f"{'wrong parent' if elsewhere else 'unexpected span'}: {_title(span)} below {parent.name}"


def _title(span: Span) -> str:
    return f"{span.name} ({span.kind}, {span.service})"


def _of_identity(spans: Sequence[Span]) -> Iterator[str]:
    """One trace, one root, no orphans."""
    ids = Counter(span.span_id for span in spans)
    traces = {span.trace_id for span in spans}
    roots = [span for span in spans if span.parent is None]
    if len(traces) != 1:
        yield f"{len(traces)} trace ids instead of one"
    if len(roots) != 1:
        yield f"{len(roots)} roots instead of one: {', '.join(_title(root) for root in roots)}"
    yield from (f"two spans with the id {id}" for id, times in ids.items() if times > 1)
    yield from (f"an orphan: {_title(span)}" for span in spans if span.parent and span.parent not in ids)


def _of_silence(spans: Sequence[Span], expectation: Expectation) -> Iterator[str]:
    loud = {span.service for span in spans} & expectation.silent
    yield from (f"{service} must be silent" for service in sorted(loud))


def _of_budgets(spans: Sequence[Span], expectation: Expectation) -> Iterator[str]:
    if len(spans) > expectation.budget:
        yield f"{len(spans)} spans, the budget is {expectation.budget}"
    internal = Counter(span.service for span in spans if span.kind == "internal")
    for service, number in internal.items():
        if number > expectation.internal_budget:
            yield f"{number} INTERNAL spans in {service}, the budget is {expectation.internal_budget}"


def _of_content(span: Span, rule: Rule | None, expectation: Expectation) -> Iterator[str]:
    """Nothing of what was sent, no key that is given up, no id in a name."""
    forbidden = expectation.forbidden
    everything = {**span.resource, **span.attributes}
    keys = set(everything)
    for event in span.events:
        everything |= event.attributes
        keys |= event.attributes.keys() - (_EXCEPTION if _is_exception(event, rule) else set())
    texts = [span.name, span.message, *(event.name for event in span.events), *map(str, everything.values())]
    yield from (f"forbidden key {key} on {span.name}" for key in sorted(keys) if forbidden.keys.fullmatch(key))
    yield from (f"an id in the name {span.name}" for each in forbidden.names if each.search(span.name))
    if any(pattern.search(text) for pattern in forbidden.content for text in texts):
        yield f"forbidden content on {span.name}"
    if any(secret in text for secret in forbidden.texts for text in texts):
        yield f"something of the user's on {span.name}"


def _is_exception(event: Event, rule: Rule | None) -> bool:
    """The event that says why the platform failed, on a span where it may."""
    return rule is not None and rule.fails and event.name == "exception"


def _of_resource(span: Span, expectation: Expectation) -> Iterator[str]:
    for key, kind in expectation.resource.items():
        if not _fits(span.resource.get(key), kind, span.name):
            yield f"{span.service} has no proper {key}: {span.resource.get(key)!r}"


def _of_span(span: Span, shape: _Shape, expectation: Expectation) -> Iterator[str]:
    rule = shape.rules.get(span.span_id)
    if span.error and not (rule and rule.fails):
        yield f"status ERROR on {_title(span)}: {span.message}"
    if rule and rule.fails and not span.error:
        yield f"no status ERROR on {_title(span)}"
    if rule is not None:
        yield from _of_attributes(span, rule)
        yield from _of_links(span, rule)
        yield from _of_events(span, rule)
        yield from _of_time(span, shape.inside_of(span, rule, expectation.root), shape, expectation)


def _of_attributes(span: Span, rule: Rule) -> Iterator[str]:
    for key, kind in rule.required.items():
        if key not in span.attributes:
            yield f"{span.name} lacks {key}"
        elif not _fits(span.attributes[key], kind, span.name):
            yield f"{span.name} has {key} = {span.attributes[key]!r}, not {kind}"
    unknown = span.attributes.keys() - rule.required.keys() - rule.optional
    yield from (f"{span.name} has {key}, which is not in the contract" for key in sorted(unknown))


def _fits(value: Any, kind: Any, name: str) -> bool:
    """Whether a value is of the kind in angle brackets, or literally the one expected."""
    if kind == "<name>":
        return bool(value == name)
    if kind in _KINDS:
        return _KINDS[kind](value)
    words = kind[1:-1].split("|") if isinstance(kind, str) and kind.startswith("<") else (kind,)
    return value in words


def _of_links(span: Span, rule: Rule) -> Iterator[str]:
    if rule.link == "parent" and span.links != ((span.trace_id, span.parent),):
        yield f"{span.name} is not linked to the span that sent it"
    if rule.link == "past" and [trace == span.trace_id for trace, _ in span.links] != [False]:
        yield f"{span.name} is not linked to the trace that it takes up"
    if rule.link == "none" and span.links:
        yield f"{span.name} has links"
    if rule.link == "outside" and any(trace == span.trace_id for trace, _ in span.links):
        yield f"{span.name} is linked to its own trace"


def _of_events(span: Span, rule: Rule) -> Iterator[str]:
    names = tuple(event.name for event in span.events)
    wanted = (*rule.events[: len(names) - 1], "exception") if rule.fails else rule.events
    if names != wanted:
        yield f"{span.name} has the events {list(names)}, not {list(wanted)}"
    times = [event.at for event in span.events]
    if times != sorted(times):
        yield f"the events of {span.name} are out of order"


def _of_time(span: Span, outer: Span | None, shape: _Shape, expectation: Expectation) -> Iterator[str]:
    parent, tolerance = shape.by_id.get(span.parent or ""), expectation.clock_tolerance
    if span.end < span.start:
        yield f"{span.name} ends before it begins"
    if parent and span.start < parent.start - tolerance:
        yield f"{span.name} begins before its parent {parent.name}"
    if outer and span.end > outer.end + tolerance:
        yield f"{span.name} ends {(span.end - outer.end) / 1e6:.1f} ms after {outer.name}, in which it must lie"
