from itertools import pairwise
from typing import Any


def in_order(root: Any) -> list[int]:
    return [*in_order(root.left), root.val, *in_order(root.right)] if root else []


def is_search_tree(root: Any) -> bool:
    return all(before <= after for before, after in pairwise(in_order(root)))
