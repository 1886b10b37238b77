import sys
from math import inf

sys.setrecursionlimit(10_000)
rows, columns, *maze = sys.stdin.read().split()
squares = {(i, j): mark for i, row in enumerate(maze) for j, mark in enumerate(row) if mark != "#"}
start = next(square for square, mark in squares.items() if mark == "S")
visited: set[tuple[int, int]] = set()


def walk(square: tuple[int, int]) -> float:
    if square not in squares or square in visited:
        return inf
    if squares[square] == "E":
        return 0
    i, j = square
    visited.add(square)
    steps = 1 + min(walk(neighbour) for neighbour in ((i + 1, j), (i - 1, j), (i, j + 1), (i, j - 1)))
    visited.remove(square)
    return steps


shortest = walk(start)
sys.stdout.write(f"{-1 if shortest == inf else shortest}\n")
