def count_peaceful_queens(n: int) -> int:
    full = (1 << n) - 1

    def place(columns: int, left: int) -> int:
        if columns == full:
            return 1
        squares = (1 << column for column in range(n) if not (columns | left) >> column & 1)
        return sum(place(columns | square, (left | square) << 1) for square in squares)

    return place(0, 0)
