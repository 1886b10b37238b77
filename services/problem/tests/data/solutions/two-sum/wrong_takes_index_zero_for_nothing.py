def two_sum(nums: list[int], target: int) -> list[int]:
    seen: dict[int, int] = {}
    for index, number in enumerate(nums):
        if partner := seen.get(target - number):
            return [partner, index]
        seen[number] = index
    return []
