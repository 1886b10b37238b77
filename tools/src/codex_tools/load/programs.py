"""What people hand in: right and wrong programs, each with the verdict it deserves."""

from bisect import bisect
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from itertools import accumulate


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """One answer to a problem. ``verdict`` is that of the public tests, too; ``weight`` how usual it is."""

    problem: str
    language: str
    verdict: str
    weight: float
    code: str


_HASH_MAP = """\
def two_sum(nums: list[int], target: int) -> list[int]:
    seen: dict[int, int] = {}
    for index, number in enumerate(nums):
        if target - number in seen:
            return [seen[target - number], index]
        seen[number] = index
    return []
"""
_FIRST_TWO = "def two_sum(nums: list[int], target: int) -> list[int]:\n    return [0, 1]\n"
_BEYOND_THE_END = "def two_sum(nums: list[int], target: int) -> list[int]:\n    return [nums[len(nums)], target]\n"
_UNFINISHED = "def two_sum(nums: list[int], target: int) -> list[int]:\n    return [0,\n"
_SUM = "import sys\n\na, b = (int(word) for word in sys.stdin.read().split())\nprint(a + b)\n"
_DIFFERENCE = "import sys\n\na, b = (int(word) for word in sys.stdin.read().split())\nprint(a - b)\n"
_LINE = "print(input())\n"
_BACKWARDS = "print(input()[::-1])\n"
_CPP_SUM = """\
#include <iostream>

int main() {
    long long a, b;
    std::cin >> a >> b;
    std::cout << a + b << '\\n';
}
"""
_CPP_DIFFERENCE = _CPP_SUM.replace("a + b", "a - b")
_CPP_LINE = """\
#include <iostream>
#include <string>

int main() {
    std::string line;
    std::getline(std::cin, line);
    std::cout << line << '\\n';
}
"""

PROGRAMS = (
    Program(problem="two-sum", language="python", verdict="AC", weight=25, code=_HASH_MAP),
    Program(problem="two-sum", language="python", verdict="WA", weight=12, code=_FIRST_TWO),
    Program(problem="two-sum", language="python", verdict="RE", weight=6, code=_BEYOND_THE_END),
    Program(problem="two-sum", language="python", verdict="CE", weight=4, code=_UNFINISHED),
    Program(problem="a-plus-b", language="python", verdict="AC", weight=15, code=_SUM),
    Program(problem="a-plus-b", language="python", verdict="WA", weight=6, code=_DIFFERENCE),
    Program(problem="echo", language="python", verdict="AC", weight=15, code=_LINE),
    Program(problem="echo", language="python", verdict="WA", weight=5, code=_BACKWARDS),
    Program(problem="a-plus-b", language="cpp", verdict="AC", weight=5, code=_CPP_SUM),
    Program(problem="a-plus-b", language="cpp", verdict="WA", weight=3, code=_CPP_DIFFERENCE),
    Program(problem="echo", language="cpp", verdict="AC", weight=4, code=_CPP_LINE),
)


class Shelf:
    """The programs that can be judged, chosen as often as their weights say."""

    def __init__(self, languages: AbstractSet[str], programs: Sequence[Program] = PROGRAMS) -> None:
        """Raises ValueError: none of the languages has a program."""
        self._programs = [program for program in programs if program.language in languages]
        if not self._programs:
            raise ValueError("there is no program in any language that the stack judges")
        self._below = list(accumulate(program.weight for program in self._programs))

    @property
    def languages(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(program.language for program in self._programs))

    def choose(self, draw: float) -> Program:
        """``draw`` is in [0, 1)."""
        return self._programs[bisect(self._below, draw * self._below[-1])]
