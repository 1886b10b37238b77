#include <functional>
#include <iostream>
#include <queue>
#include <vector>

int main() {
    int n, m;
    std::cin >> n >> m;
    std::vector<std::vector<int>> followers(n + 1);
    std::vector<int> waits_for(n + 1, 0);
    for (int i = 0; i < m; ++i) {
        int before, after;
        std::cin >> before >> after;
        followers[before].push_back(after);
        ++waits_for[after];
    }

    std::priority_queue<int, std::vector<int>, std::greater<int>> free;
    for (int task = 1; task <= n; ++task)
        if (waits_for[task] == 0) free.push(task);
    std::vector<int> order;
    while (!free.empty()) {
        const int task = free.top();
        free.pop();
        order.push_back(task);
        for (const int follower : followers[task])
            if (--waits_for[follower] == 0) free.push(follower);
    }

    if (static_cast<int>(order.size()) < n) {
        std::cout << "impossible\n";
        return 0;
    }
    for (const int task : order) std::cout << task << ' ';
    std::cout << '\n';
    return 0;
}
