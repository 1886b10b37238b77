def trapped_rain(heights: list[int]) -> int:
    top = max(heights, default=0)
    walls = [index for index, height in enumerate(heights) if height == top]
    return sum(top - height for height in heights[walls[0] : walls[-1]]) if walls else 0
