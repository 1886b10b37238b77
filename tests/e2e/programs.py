"""Programs that people hand in."""

TWO_SUM = """\
def two_sum(nums: list[int], target: int) -> list[int]:
    seen = {}
    for index, number in enumerate(nums):
        if target - number in seen:
            return [seen[target - number], index]
        seen[number] = index
"""
TWO_SUM_WRONG = "def two_sum(nums, target):\n    return [0, 0]\n"
ENDLESS = "def two_sum(nums, target):\n    while True:\n        pass\n"
GREEDY = "def two_sum(nums, target):\n    return bytearray(1 << 32)\n"
CHATTY = "def two_sum(nums, target):\n    while True:\n        print('x' * 65536)\n"
FAILING = "def two_sum(nums, target):\n    return nums[10 ** 6]\n"
BROKEN = "def two_sum(nums, target)\n    return [0, 1]\n"
ECHO = "print(input())\n"
SHOUT = "print(input().upper())\n"
ADD = "import sys\n\nprint(sum(map(int, sys.stdin.read().split())))\n"
A_PLUS_B_CPP = "#include <iostream>\nint main() { long long a, b; std::cin >> a >> b; std::cout << a + b << '\\n'; }\n"
BROKEN_CPP = "int main() { return undeclared; }\n"
WRONG_CPP = "#include <iostream>\nint main() { std::cout << 1 << '\\n'; }\n"
ABORTING_CPP = "#include <cstdlib>\nint main() { std::abort(); }\n"
