from bisect import bisect_right


def longest_increasing(nums: list[int]) -> int:
    smallest_end: list[int] = []
    for number in nums:
        place = bisect_right(smallest_end, number)
        smallest_end[place : place + 1] = [number]
    return len(smallest_end)
