import sys
from collections import Counter

for word, count in Counter(sys.stdin.read().lower().split()).most_common():
    sys.stdout.write(f"{word} {count}\n")
