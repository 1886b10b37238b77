from collections import defaultdict


def group_anagrams(words: list[str]) -> list[list[str]]:
    groups: defaultdict[str, list[str]] = defaultdict(list)
    for word in sorted(set(words)):
        groups["".join(sorted(word))].append(word)
    return list(groups.values())
