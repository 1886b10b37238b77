import sys

a, b = (int(word) for word in sys.stdin.readline().split())
sys.stdout.write(f"{a + b}\n")
