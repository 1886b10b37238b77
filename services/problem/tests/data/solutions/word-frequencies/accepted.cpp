#include <algorithm>
#include <cctype>
#include <iostream>
#include <map>
#include <string>
#include <utility>
#include <vector>

int main() {
    std::map<std::string, int> counts;
    std::string word;
    while (std::cin >> word) {
        for (auto& letter : word) letter = static_cast<char>(std::tolower(static_cast<unsigned char>(letter)));
        ++counts[word];
    }
    std::vector<std::pair<int, std::string>> ranking;
    for (const auto& [name, count] : counts) ranking.emplace_back(-count, name);
    std::sort(ranking.begin(), ranking.end());
    for (const auto& [count, name] : ranking) std::cout << name << ' ' << -count << '\n';
    return 0;
}
