def edit_distance(source: str, goal: str) -> int:
    row = list(range(len(goal) + 1))
    for i, old in enumerate(source, start=1):
        above, row = row, [i]
        for j, new in enumerate(goal):
            row.append(above[j] if old == new else 1 + min(above[j + 1], row[j]))
    return row[-1]
