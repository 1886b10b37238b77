#include <algorithm>
#include <iostream>
#include <vector>

int main() {
    int n;
    std::cin >> n;
    std::vector<std::vector<int>> time(n, std::vector<int>(n));
    for (auto& row : time)
        for (auto& entry : row) std::cin >> entry;

    const int never = 1'000'000'000;
    std::vector<std::vector<int>> shortest(1 << n, std::vector<int>(n, never));
    shortest[1][0] = 0;
    for (int done = 1; done < 1 << n; done += 2) {
        for (int last = 0; last < n; ++last) {
            if (shortest[done][last] == never) continue;
            for (int place = 1; place < n; ++place) {
                if (done >> place & 1) continue;
                int& more = shortest[done | 1 << place][place];
                more = std::min(more, shortest[done][last] + time[last][place]);
            }
        }
    }

    int best = never;
    for (int last = 0; last < n; ++last) best = std::min(best, shortest.back()[last] + time[last][0]);
    std::cout << best << '\n';
    return 0;
}
