import sys

n, *rest = (int(word) for word in sys.stdin.read().split())
time = [rest[i * n : (i + 1) * n] for i in range(n)]

# shortest[done][last]: from the depot over all places of the bit set `done`, the last of them `last`
never = 10**9
shortest = [[never] * n for _ in range(1 << n)]
shortest[1][0] = 0
for done in range(1, 1 << n, 2):
    for last in range(n):
        so_far = shortest[done][last]
        if so_far == never:
            continue
        for place in range(1, n):
            if done >> place & 1:
                continue
            more = shortest[done | 1 << place]
            more[place] = min(more[place], so_far + time[last][place])
sys.stdout.write(f"{min(shortest[-1][last] + time[last][0] for last in range(n))}\n")
