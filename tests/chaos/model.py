"""The pipeline's durable steps as a small machine, driven through any order of events by whoever chooses.

Processes are generators: what they change is durable, between two ``yield``s they may be crashed, and then what they
had in mind is gone. Time is left out: what may happen at some time may happen now.
"""

from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, field
from typing import Final

Choose = Callable[[int], int]
"""One of so many possibilities, from 0."""
Process = Generator[None, None, None]
Action = Callable[[], None]

SERVICES: Final = ("code-manage", "code-execution", "problem")
_ENDLESS: Final = 10_000


class Endless(Exception):
    """A run did not come to rest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Safeguards:
    """What keeps the promises. A model that lacks one of them must be caught breaking a promise."""

    key_is_claimed: bool = True
    recorded_before_produced: bool = True
    work_before_commit: bool = True
    commit_below_unfinished: bool = True
    finalise_only_pending: bool = True
    tell_what_is_recorded: bool = True
    uncredited_is_noted: bool = True
    ledger_is_unique: bool = True
    reconciler: bool = True
    sweep: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """Requests of one author for one problem, by key, and how much goes wrong.

    The same key is the same request again. What has a key is sent until it is answered, what has none ("") once.
    """

    keys: tuple[str, ...] = ("one", "one", "")
    crashes: int = 2
    repetitions: int = 2
    early_repairs: int = 1


@dataclass(slots=True)
class Log:
    """A topic with its consumer group: records, the committed offset, and what the living consumer remembers."""

    records: list[tuple[str, str]] = field(default_factory=list)
    committed: int = 0
    taken: set[int] = field(default_factory=set)
    done: set[int] = field(default_factory=set)

    def waiting(self) -> list[int]:
        return [offset for offset in range(self.committed, len(self.records)) if offset not in self.taken]

    def finish(self, offset: int, *, contiguous: bool) -> None:
        self.done.add(offset)
        if not contiguous:
            self.committed = max(self.committed, offset + 1)
        while self.committed in self.done:
            self.committed += 1

    def crashed(self) -> None:
        """A new consumer begins at the committed offset."""
        self.taken.clear()
        self.done.clear()

    def open(self, submission: str) -> bool:
        """Whether a record about a submission is not done."""
        rest = enumerate(self.records[self.committed :], self.committed)
        return any(about == submission and offset not in self.done for offset, (about, _) in rest)


@dataclass(slots=True)
class World:
    """Everything durable, and the processes that run now."""

    scenario: Scenario
    safe: Safeguards
    choose: Choose
    bound: dict[str, str] = field(default_factory=dict)  # the submission that a key stands for
    verdicts: dict[str, str | None] = field(default_factory=dict)
    written: list[tuple[str, str]] = field(default_factory=list)  # verdicts as they were recorded, all of them
    uncredited: set[str] = field(default_factory=set)
    ledger: list[str] = field(default_factory=list)
    told: list[tuple[str, str]] = field(default_factory=list)
    sent: set[int] = field(default_factory=set)
    answers: dict[int, str] = field(default_factory=dict)
    jobs: Log = field(default_factory=Log)
    results: Log = field(default_factory=Log)
    running: list[tuple[str, object, Process]] = field(default_factory=list)
    made: int = 0
    crashes: int = 0
    repetitions: int = 0
    early_repairs: int = 0


def run(scenario: Scenario, safe: Safeguards, choose: Choose) -> World:
    """Choose what happens next until nothing is left to happen.

    Raises:
        Endless: that never came.
    """
    world = World(scenario=scenario, safe=safe, choose=choose)
    for _ in range(_ENDLESS):
        possible = list(_possible(world))
        if not possible:
            return world
        possible[choose(len(possible))]()
    raise Endless


def _possible(world: World) -> Iterator[Action]:
    work = [*_steps(world), *_beginnings(world)]
    yield from work
    yield from _repairs(world, resting=not work)
    if work:
        yield from _faults(world)


def _steps(world: World) -> Iterator[Action]:
    for entry in world.running:
        yield lambda entry=entry: _advance(world, entry)  # type: ignore[misc]


def _advance(world: World, entry: tuple[str, object, Process]) -> None:
    try:
        next(entry[2])
    except StopIteration:
        world.running.remove(entry)


def _beginnings(world: World) -> Iterator[Action]:
    busy = {about for _, about, _ in world.running}
    for number, key in enumerate(world.scenario.keys):
        if number not in world.answers and number not in busy and (key or number not in world.sent):
            yield lambda number=number: _start(world, "code-manage", number, _request(world, number))  # type: ignore[misc]
    for log, service, handler in ((world.jobs, "code-execution", _judge), (world.results, "code-manage", _finalise)):
        for offset in log.waiting():
            yield lambda log=log, service=service, handler=handler, offset=offset: _take(  # type: ignore[misc]
                world, log, service, handler, offset
            )


def _start(world: World, service: str, about: object, process: Process) -> None:
    world.running.append((service, about, process))


def _take(world: World, log: Log, service: str, handler: Callable[[World, int], Process], offset: int) -> None:
    log.taken.add(offset)
    _start(world, service, None, handler(world, offset))


def _request(world: World, number: int) -> Process:
    key = world.scenario.keys[number]
    world.sent.add(number)
    world.made += 1
    id = f"{key}#{world.made}"
    if key and world.safe.key_is_claimed:
        id = world.bound.setdefault(key, id)
        yield
    if world.safe.recorded_before_produced:
        world.verdicts.setdefault(id, None)
        yield
    world.jobs.records.append((id, ""))
    yield
    world.answers[number] = id
    if not world.safe.recorded_before_produced:
        yield
        world.verdicts.setdefault(id, None)


def _judge(world: World, offset: int) -> Process:
    """A worker. Judging twice may come to another verdict: a program near its time limit."""
    id, _ = world.jobs.records[offset]
    contiguous = world.safe.commit_below_unfinished
    if not world.safe.work_before_commit:
        world.jobs.finish(offset, contiguous=contiguous)
    yield
    verdict = ("AC", "TLE")[world.choose(2)]
    yield
    world.results.records.append((id, verdict))
    yield
    world.jobs.finish(offset, contiguous=contiguous)


def _finalise(world: World, offset: int) -> Process:
    id, verdict = world.results.records[offset]
    contiguous = world.safe.commit_below_unfinished
    if id in world.verdicts:
        first = world.verdicts[id] is None
        yield
        if world.verdicts[id] is None or not world.safe.finalise_only_pending:
            _record(world, id, verdict)
            if verdict == "AC" and first:
                _start(world, "problem", None, _credit(world, id))
        yield
        world.told.append((id, (world.verdicts[id] or verdict) if world.safe.tell_what_is_recorded else verdict))
        yield
    world.results.finish(offset, contiguous=contiguous)


def _record(world: World, id: str, verdict: str) -> None:
    world.verdicts[id] = verdict
    world.written.append((id, verdict))
    if verdict == "AC" and world.safe.uncredited_is_noted:
        world.uncredited.add(id)


def _credit(world: World, id: str) -> Process:
    """Enter the points and note it: as often as anybody likes."""
    yield
    if not world.safe.ledger_is_unique or not world.ledger:
        world.ledger.append(id)
    yield
    world.uncredited.discard(id)


def _repairs(world: World, *, resting: bool) -> Iterator[Action]:
    """When nothing else happens they must come; before that they may, sometimes."""
    early = world.early_repairs < world.scenario.early_repairs
    pending = [id for id, verdict in world.verdicts.items() if verdict is None and world.safe.reconciler]
    for id in pending:
        if (resting and not world.jobs.open(id) and not world.results.open(id)) or (not resting and early):
            yield lambda about=id: _produce_again(world, about, early=not resting)  # type: ignore[misc]
    for id in sorted(world.uncredited) if world.safe.sweep else ():
        if resting or early:
            yield lambda about=id: _credit_again(world, about, early=not resting)  # type: ignore[misc]


def _produce_again(world: World, id: str, *, early: bool) -> None:
    world.early_repairs += early
    world.jobs.records.append((id, ""))


def _credit_again(world: World, id: str, *, early: bool) -> None:
    world.early_repairs += early
    _start(world, "problem", None, _credit(world, id))


def _faults(world: World) -> Iterator[Action]:
    if world.crashes < world.scenario.crashes:
        for service in SERVICES:
            yield lambda service=service: _crash(world, service)  # type: ignore[misc]
    if world.repetitions < world.scenario.repetitions:
        for log in (world.jobs, world.results):
            for record in log.records:
                yield lambda log=log, record=record: _repeat(world, log, record)  # type: ignore[misc]


def _crash(world: World, service: str) -> None:
    world.crashes += 1
    world.running = [entry for entry in world.running if entry[0] != service]
    if service == "code-execution":
        world.jobs.crashed()
    if service == "code-manage":
        world.results.crashed()


def _repeat(world: World, log: Log, record: tuple[str, str]) -> None:
    world.repetitions += 1
    log.records.append(record)


def broken(world: World) -> list[str]:
    """The promises that a world which came to rest has not kept."""
    return [*_broken_requests(world), *_broken_verdicts(world), *_broken_points(world)]


def _broken_requests(world: World) -> Iterator[str]:
    keys = world.scenario.keys
    for number, key in enumerate(keys):
        if key and world.answers.get(number) not in world.verdicts:
            yield f"request {number} is lost"
    for key in {key for key in keys if key}:
        if len({id for number, id in world.answers.items() if keys[number] == key}) > 1:
            yield f"key {key} is more than one submission"
    if len(world.verdicts) > len({key for key in keys if key}) + keys.count(""):
        yield "a submission that nobody made"


def _broken_verdicts(world: World) -> Iterator[str]:
    for id, verdict in world.verdicts.items():
        if verdict is None:
            yield f"{id} has no verdict"
        if len({each for about, each in world.written if about == id}) > 1:
            yield f"the verdict of {id} has changed"
        if any(about == id and each != verdict for about, each in world.told):
            yield f"somebody was told another verdict of {id}"


def _broken_points(world: World) -> Iterator[str]:
    accepted = {id for id, verdict in world.verdicts.items() if verdict == "AC"}
    if len(world.ledger) != bool(accepted) or not accepted.issuperset(world.ledger):
        yield f"points were gained {len(world.ledger)} times"
    if world.uncredited:
        yield "points were never noted"
