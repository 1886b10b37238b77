def longest_distinct_run(text: str) -> int:
    seen: set[str] = set()
    longest = 0
    for character in text:
        if character in seen:
            seen.clear()
        seen.add(character)
        longest = max(longest, len(seen))
    return longest
