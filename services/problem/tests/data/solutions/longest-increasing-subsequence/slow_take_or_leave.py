from math import inf


def longest_increasing(nums: list[int], start: int = 0, last: float = -inf) -> int:
    if start == len(nums):
        return 0
    leave = longest_increasing(nums, start + 1, last)
    if nums[start] <= last:
        return leave
    return max(leave, 1 + longest_increasing(nums, start + 1, nums[start]))
