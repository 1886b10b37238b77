import sys

a, b = (int(word) for word in sys.stdin.read().split())
sys.stdout.write(f"{a + b}\n")
