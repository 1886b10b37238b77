def climb_stairs(n: int) -> int:
    before, ways = 0, 1
    for _ in range(n):
        before, ways = ways, before + ways
    return ways
