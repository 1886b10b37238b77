def trapped_rain(heights: list[int]) -> int:
    water = sum(min(max(heights[: index + 1]), max(heights[index:])) - height for index, height in enumerate(heights))
    return (water + 2**31) % 2**32 - 2**31
