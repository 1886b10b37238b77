"""What a run has shown, for a person to read."""

from collections import Counter
from collections.abc import Mapping

from tests.chaos.run import WITHIN, Outcome

_SHOWN = 40


def say(text: str) -> None:
    print(text, flush=True)  # noqa: T201  (the one place: a report is printed)


def report(outcome: Outcome, restarts: Mapping[str, int]) -> int:
    """Print it; 1 if a promise was not kept, else 0."""
    injector, tally = outcome.injector, outcome.tally
    say(f"\n  kills {injector.count('kill')}; faults {_by(injector.done)}; records repeated {outcome.repeated}")
    say(f"  did not happen (nothing was there): {', '.join(map(str, injector.missed)) or 'none'}")
    say(f"  restarts {', '.join(f'{name} {count}' for name, count in sorted(restarts.items()) if count)}")
    say(f"  {len(tally.diaries)} people, {outcome.orders} orders, {outcome.accepted} of them accepted")
    say(f"  answers {', '.join(f'{kind}: {count}' for kind, count in tally.answers.most_common())}")
    say(f"  refusals {', '.join(f'{why}: {count}' for why, count in tally.reasons.most_common(12)) or 'none'}")
    say(f"  longest time to a verdict {tally.longest:.1f} s, with all repetitions ({tally.slowest})")
    say(f"  after the last kill: all final {outcome.final:.1f} s, all credited {outcome.settled:.1f} s")
    rules = Counter(violation.rule for violation in outcome.violations)
    say(f"  violations by rule: {', '.join(f'{rule} {count}' for rule, count in rules.items()) or 'none'}")
    for violation in outcome.violations[:_SHOWN]:
        say(f"  VIOLATION {violation}")
    say(
        f"{'MISS' if outcome.violations else 'ok  '} {len(outcome.violations)} violations (bar 0 within {WITHIN:.0f} s)"
    )
    return 1 if outcome.violations else 0


def _by(done: Mapping[tuple[str, str], int]) -> str:
    kinds = sorted({kind for kind, _ in done})
    return "; ".join(f"{kind}: {_of(kind, done)}" for kind in kinds)


def _of(kind: str, done: Mapping[tuple[str, str], int]) -> str:
    return ", ".join(f"{target} {count}" for (name, target), count in sorted(done.items()) if name == kind)
