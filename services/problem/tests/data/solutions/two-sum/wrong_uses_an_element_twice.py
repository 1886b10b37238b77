def two_sum(nums: list[int], target: int) -> list[int]:
    for index, number in enumerate(nums):
        if target - number in nums:
            return [index, nums.index(target - number)]
    return []
