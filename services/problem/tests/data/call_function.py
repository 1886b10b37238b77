"""Calls a solution's function once: `call_function.py SOLUTION SIGNATURE`, with JSON on stdin and on stdout."""

import json
import runpy
import sys
from collections import deque
from typing import Any


class TreeNode:
    def __init__(self, val: int) -> None:
        self.val = val
        self.left: TreeNode | None = None
        self.right: TreeNode | None = None


def read_tree(levels: list[int | None]) -> TreeNode | None:
    nodes = [None if val is None else TreeNode(val) for val in levels]
    children = iter(nodes[1:])
    for node in nodes:
        if node:
            node.left, node.right = next(children, None), next(children, None)
    return nodes[0] if nodes else None


def write_tree(root: TreeNode | None) -> list[int | None]:
    levels: list[int | None] = []
    queue = deque([root])
    while queue:
        node = queue.popleft()
        levels.append(node.val if node else None)
        queue.extend([node.left, node.right] if node else [])
    while levels and levels[-1] is None:
        levels.pop()
    return levels


def main(solution: str, signature: dict[str, Any]) -> None:
    types = {parameter["name"]: parameter["type"] for parameter in signature["parameters"]}
    given = json.load(sys.stdin)
    arguments = {name: read_tree(value) if types[name] == "tree" else value for name, value in given.items()}
    answer = runpy.run_path(solution)[signature["function"]](*arguments.values())
    json.dump(write_tree(answer) if signature["returns"] == "tree" else answer, sys.stdout)


if __name__ == "__main__":
    main(sys.argv[1], json.loads(sys.argv[2]))
