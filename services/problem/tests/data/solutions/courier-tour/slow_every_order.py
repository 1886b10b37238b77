import sys
from itertools import pairwise, permutations

n, *rest = (int(word) for word in sys.stdin.read().split())
time = [rest[i * n : (i + 1) * n] for i in range(n)]
tours = permutations(range(1, n))
sys.stdout.write(f"{min(sum(time[a][b] for a, b in pairwise((0, *tour, 0))) for tour in tours)}\n")
