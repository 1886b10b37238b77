def longest_distinct_run(text: str) -> int:
    last: dict[str, int] = {}
    start = longest = 0
    for index, character in enumerate(text):
        if character in last:
            start = last[character] + 1
        last[character] = index
        longest = max(longest, index - start + 1)
    return longest
