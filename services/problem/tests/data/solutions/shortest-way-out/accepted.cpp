#include <iostream>
#include <queue>
#include <string>
#include <utility>
#include <vector>

int main() {
    int rows, columns;
    std::cin >> rows >> columns;
    std::vector<std::string> maze(rows);
    for (auto& row : maze) std::cin >> row;

    std::vector<std::vector<int>> steps(rows, std::vector<int>(columns, -1));
    std::queue<std::pair<int, int>> queue;
    int exit_row = 0, exit_column = 0;
    for (int i = 0; i < rows; ++i) {
        for (int j = 0; j < columns; ++j) {
            if (maze[i][j] == 'S') steps[i][j] = 0, queue.emplace(i, j);
            if (maze[i][j] == 'E') exit_row = i, exit_column = j;
        }
    }

    const int down[] = {1, -1, 0, 0}, right[] = {0, 0, 1, -1};
    while (!queue.empty()) {
        const auto [i, j] = queue.front();
        queue.pop();
        for (int way = 0; way < 4; ++way) {
            const int a = i + down[way], b = j + right[way];
            if (a < 0 || b < 0 || a >= rows || b >= columns || maze[a][b] == '#' || steps[a][b] >= 0) continue;
            steps[a][b] = steps[i][j] + 1;
            queue.emplace(a, b);
        }
    }
    std::cout << steps[exit_row][exit_column] << '\n';
    return 0;
}
