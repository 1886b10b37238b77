import sys

base, exponent, modulus = (int(word) for word in sys.stdin.read().split())
power = 1 % modulus
for _ in range(exponent):
    power = power * base % modulus
sys.stdout.write(f"{power}\n")
