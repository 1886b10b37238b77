import sys
from heapq import heapify, heappop, heappush

n, m, *rest = (int(word) for word in sys.stdin.read().split())
followers: list[list[int]] = [[] for _ in range(n + 1)]
waits_for = [0] * (n + 1)
for before, after in zip(rest[::2], rest[1::2], strict=True):
    followers[before].append(after)
    waits_for[after] += 1

free = [task for task in range(1, n + 1) if waits_for[task] == 0]
heapify(free)
order: list[int] = []
while free:
    order.append(heappop(free))
    for task in followers[order[-1]]:
        waits_for[task] -= 1
        if waits_for[task] == 0:
            heappush(free, task)
sys.stdout.write((" ".join(map(str, order)) if len(order) == n else "impossible") + "\n")
