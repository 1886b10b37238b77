import sys

rows, columns, *maze = sys.stdin.read().split()
places = {mark: (i, j) for i, row in enumerate(maze) for j, mark in enumerate(row) if mark in "SE"}
(a, b), (c, d) = places["S"], places["E"]
sys.stdout.write(f"{abs(a - c) + abs(b - d)}\n")
