import sys

rows, columns, *maze = sys.stdin.read().split()
squares = {(i, j): mark for i, row in enumerate(maze) for j, mark in enumerate(row) if mark != "#"}
start = next(square for square, mark in squares.items() if mark == "S")
exit_ = next(square for square, mark in squares.items() if mark == "E")

steps = {start: 0}
stack = [start]
while stack:
    i, j = stack.pop()
    for square in ((i + 1, j), (i - 1, j), (i, j + 1), (i, j - 1)):
        if square in squares and square not in steps:
            steps[square] = steps[i, j] + 1
            stack.append(square)
sys.stdout.write(f"{steps.get(exit_, -1)}\n")
