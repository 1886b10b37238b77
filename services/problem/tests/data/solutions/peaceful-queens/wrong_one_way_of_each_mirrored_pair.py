def count_peaceful_queens(n: int) -> int:
    full = (1 << n) - 1

    def place(columns: int, left: int, right: int) -> int:
        if columns == full:
            return 1
        taken = columns | left | right
        squares = (1 << column for column in range(n) if not taken >> column & 1)
        return sum(place(columns | square, (left | square) << 1, (right | square) >> 1) for square in squares)

    return sum(place(1 << column, 2 << column, (1 << column) >> 1) for column in range((n + 1) // 2))
