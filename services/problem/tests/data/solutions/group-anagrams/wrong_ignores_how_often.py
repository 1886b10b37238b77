from collections import defaultdict


def group_anagrams(words: list[str]) -> list[list[str]]:
    groups: defaultdict[str, list[str]] = defaultdict(list)
    for word in sorted(words):
        groups["".join(sorted(set(word)))].append(word)
    return list(groups.values())
