def edit_distance(source: str, goal: str) -> int:
    row = list(range(len(goal) + 1))
    for i, old in enumerate(source, start=1):
        above, row = row, [i]
        for j, new in enumerate(goal):
            row.append(min(above[j] + (old != new), above[j + 1] + 1, row[j] + 1))
    return row[-1]
