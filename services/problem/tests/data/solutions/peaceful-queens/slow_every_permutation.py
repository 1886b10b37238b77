from itertools import permutations


def count_peaceful_queens(n: int) -> int:
    rows = range(n)
    ways = 0
    for columns in permutations(rows):
        rising = {row + column for row, column in zip(rows, columns, strict=True)}
        falling = {row - column for row, column in zip(rows, columns, strict=True)}
        ways += len(rising) == len(falling) == n
    return ways
