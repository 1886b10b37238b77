import sys

a, b = (int(word) for word in sys.stdin.read().split())
sys.stdout.write(f"{(a + b + 2**31) % 2**32 - 2**31}\n")
