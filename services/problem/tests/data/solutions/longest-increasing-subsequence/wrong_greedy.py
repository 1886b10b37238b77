def longest_increasing(nums: list[int]) -> int:
    taken: list[int] = []
    for number in nums:
        if not taken or number > taken[-1]:
            taken.append(number)
    return len(taken)
