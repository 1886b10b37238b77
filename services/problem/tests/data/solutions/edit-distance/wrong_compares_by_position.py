def edit_distance(source: str, goal: str) -> int:
    differing = sum(old != new for old, new in zip(source, goal, strict=False))
    return differing + abs(len(source) - len(goal))
