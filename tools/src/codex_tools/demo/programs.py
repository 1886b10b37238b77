"""Three answers to one problem: a right one, a wrong one, and one that never ends."""

from dataclasses import dataclass

PROBLEM = "two-sum"


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """A Python program and the verdict that it deserves."""

    title: str
    verdict: str
    code: str


RIGHT = Program(
    title="a hash map",
    verdict="AC",
    code="""\
def two_sum(nums: list[int], target: int) -> list[int]:
    seen: dict[int, int] = {}
    for index, number in enumerate(nums):
        if target - number in seen:
            return [seen[target - number], index]
        seen[number] = index
    return []
""",
)
WRONG = Program(
    title="always the first two",
    verdict="WA",
    code="""\
def two_sum(nums: list[int], target: int) -> list[int]:
    return [0, 1]
""",
)
ENDLESS = Program(
    title="while True: pass",
    verdict="TLE",
    code="""\
def two_sum(nums: list[int], target: int) -> list[int]:
    while True:
        pass
""",
)
