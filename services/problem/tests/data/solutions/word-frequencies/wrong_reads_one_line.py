import sys
from collections import Counter

counts = Counter(sys.stdin.readline().lower().split())
for word, count in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
    sys.stdout.write(f"{word} {count}\n")
