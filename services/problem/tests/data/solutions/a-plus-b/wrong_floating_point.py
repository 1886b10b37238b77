import sys

a, b = (float(word) for word in sys.stdin.read().split())
sys.stdout.write(f"{a + b:.0f}\n")
