def trapped_rain(heights: list[int]) -> int:
    left, right = 0, len(heights) - 1
    level = water = 0
    while left < right:
        if heights[left] < heights[right]:
            lower = heights[left]
            left += 1
        else:
            lower = heights[right]
            right -= 1
        level = max(level, lower)
        water += level - lower
    return water
