from math import inf
from typing import Any


def is_search_tree(root: Any, low: float = -inf, high: float = inf) -> bool:
    if root is None:
        return True
    inside = low < root.val < high
    return inside and is_search_tree(root.left, low, root.val) and is_search_tree(root.right, root.val, high)
