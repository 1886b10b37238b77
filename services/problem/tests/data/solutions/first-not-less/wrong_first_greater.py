from bisect import bisect_right


def first_not_less(nums: list[int], target: int) -> int:
    return bisect_right(nums, target)
