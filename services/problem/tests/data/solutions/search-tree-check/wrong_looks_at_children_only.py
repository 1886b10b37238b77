from typing import Any


def is_search_tree(root: Any) -> bool:
    if root is None:
        return True
    left = root.left is None or root.left.val < root.val
    right = root.right is None or root.right.val > root.val
    return left and right and is_search_tree(root.left) and is_search_tree(root.right)
