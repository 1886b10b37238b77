from typing import Any


def mirror_tree(root: Any) -> Any:
    if root:
        root.left, root.right = root.right, root.left
    return root
