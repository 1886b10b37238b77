def longest_distinct_run(text: str) -> int:
    return len(set(text))
