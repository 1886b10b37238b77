def climb_stairs(n: int) -> int:
    before, ways = 0, 1
    for _ in range(n - 1):
        before, ways = ways, before + ways
    return ways
