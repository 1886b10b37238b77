from typing import Any


def mirror_tree(root: Any) -> Any:
    root.left, root.right = root.right, root.left
    for child in (root.left, root.right):
        if child:
            mirror_tree(child)
    return root
