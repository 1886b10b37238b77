import sys

base, exponent, modulus = (int(word) for word in sys.stdin.read().split())
sys.stdout.write(f"{float(base) ** exponent % modulus:.0f}\n")
