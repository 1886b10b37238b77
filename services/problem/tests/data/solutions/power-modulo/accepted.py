import sys

base, exponent, modulus = (int(word) for word in sys.stdin.read().split())
power = 1 % modulus
while exponent:
    if exponent % 2:
        power = power * base % modulus
    base = base * base % modulus
    exponent //= 2
sys.stdout.write(f"{power}\n")
