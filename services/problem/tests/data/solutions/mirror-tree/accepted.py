from typing import Any


def mirror_tree(root: Any) -> Any:
    if root:
        root.left, root.right = mirror_tree(root.right), mirror_tree(root.left)
    return root
