from collections import defaultdict


def group_anagrams(words: list[str]) -> list[list[str]]:
    groups: defaultdict[tuple[int, int], list[str]] = defaultdict(list)
    for word in sorted(words):
        groups[len(word), sum(map(ord, word))].append(word)
    return list(groups.values())
