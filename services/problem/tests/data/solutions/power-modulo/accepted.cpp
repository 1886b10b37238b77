#include <iostream>

int main() {
    long long base, exponent, modulus;
    std::cin >> base >> exponent >> modulus;
    base %= modulus;
    long long power = 1 % modulus;
    for (; exponent > 0; exponent /= 2) {
        if (exponent % 2 == 1) power = power * base % modulus;
        base = base * base % modulus;
    }
    std::cout << power << '\n';
    return 0;
}
