def fewest_coins(coins: list[int], amount: int) -> int:
    impossible = amount + 1
    fewest = [0] + [impossible] * amount
    for total in range(1, amount + 1):
        fewest[total] = min((fewest[total - coin] + 1 for coin in coins if coin <= total), default=impossible)
    return fewest[amount] if fewest[amount] < impossible else -1
