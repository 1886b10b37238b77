"""Binary trees of function problems: written level by level, given and returned as nodes."""

from __future__ import annotations

import collections
from typing import Any


class TreeNode:
    """A node as programs know it."""

    def __init__(self, val: Any = 0, left: TreeNode | None = None, right: TreeNode | None = None) -> None:
        self.val = val
        self.left = left
        self.right = right


def plant(values: list[Any]) -> TreeNode | None:
    """The tree whose values, level by level, are these; None stands for a missing child."""
    if not values:
        return None
    root = TreeNode(values[0])
    waiting = collections.deque([(root, "left"), (root, "right")])
    for value in values[1:]:
        parent, side = waiting.popleft()
        if value is not None:
            node = TreeNode(value)
            setattr(parent, side, node)
            waiting.extend([(node, "left"), (node, "right")])
    return root


def level_order(root: Any) -> list[Any]:
    """The values of a tree, without missing children at the end."""
    values: list[Any] = []
    waiting = collections.deque([root])
    while waiting:
        node = waiting.popleft()
        values.append(None if node is None else node.val)
        if node is not None:
            waiting.extend((node.left, node.right))
    while values and values[-1] is None:
        values.pop()
    return values
