from itertools import pairwise


def trapped_rain(heights: list[int]) -> int:
    triples = zip(pairwise(heights), heights[2:], strict=False)
    return sum(max(0, min(left, right) - here) for (left, here), right in triples)
