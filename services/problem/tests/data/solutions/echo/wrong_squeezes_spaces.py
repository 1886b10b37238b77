import sys

sys.stdout.write(" ".join(sys.stdin.readline().split()) + "\n")
