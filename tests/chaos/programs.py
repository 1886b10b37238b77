"""Programs whose verdicts are known: cheap ones, so that a run has many, and one that takes its whole time limit."""

from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from tests.e2e import programs

POINTS: Final = MappingProxyType({"easy": 10, "medium": 25, "hard": 40})
DIFFICULTY: Final = MappingProxyType(
    {
        "echo": "easy",
        "two-sum": "easy",
        "a-plus-b": "easy",
        "longest-distinct-run": "medium",
        "climbing-stairs": "easy",
        "peaceful-queens": "hard",
    }
)
_LONGEST_RUN = """\
def longest_distinct_run(text: str) -> int:
    seen, begin, longest = {}, 0, 0
    for index, letter in enumerate(text):
        begin = max(begin, seen.get(letter, -1) + 1)
        seen[letter] = index
        longest = max(longest, index - begin + 1)
    return longest
"""
_QUEENS = "def count_peaceful_queens(n):\n    return [1, 1, 0, 0, 2, 10, 4, 40, 92, 352, 724, 2680][n]\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """What somebody hands in, the verdict it must get, and how often it is chosen beside the others."""

    problem: str
    code: str
    verdict: str
    weight: int = 2

    @property
    def difficulty(self) -> str:
        return DIFFICULTY[self.problem]


PROGRAMS: Final = (
    Program(problem="echo", code=programs.ECHO, verdict="AC", weight=4),
    Program(problem="echo", code=programs.SHOUT, verdict="WA"),
    Program(problem="echo", code="raise SystemExit(3)\n", verdict="RE"),
    Program(problem="echo", code="print(input(\n", verdict="CE"),
    Program(problem="a-plus-b", code=programs.ADD, verdict="AC", weight=3),
    Program(problem="a-plus-b", code="print(1)\n", verdict="WA"),
    Program(problem="two-sum", code=programs.TWO_SUM, verdict="AC", weight=3),
    Program(problem="two-sum", code=programs.TWO_SUM_WRONG, verdict="WA"),
    Program(problem="two-sum", code=programs.FAILING, verdict="RE"),
    Program(problem="two-sum", code=programs.BROKEN, verdict="CE"),
    Program(problem="longest-distinct-run", code=_LONGEST_RUN, verdict="AC", weight=3),
    Program(problem="peaceful-queens", code=_QUEENS, verdict="AC", weight=3),
    Program(problem="climbing-stairs", code="def climb_stairs(n):\n    while True: pass\n", verdict="TLE", weight=1),
)
