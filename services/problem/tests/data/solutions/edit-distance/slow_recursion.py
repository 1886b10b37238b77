def edit_distance(source: str, goal: str) -> int:
    if not source or not goal:
        return len(source) + len(goal)
    if source[-1] == goal[-1]:
        return edit_distance(source[:-1], goal[:-1])
    rests = ((source[:-1], goal), (source, goal[:-1]), (source[:-1], goal[:-1]))
    return 1 + min(edit_distance(*rest) for rest in rests)
