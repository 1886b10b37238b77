def fewest_coins(coins: list[int], amount: int) -> int:
    fewest = {0: 0}
    for coin in coins:
        for total, count in list(fewest.items()):
            fewest[total + coin] = min(fewest.get(total + coin, count + 1), count + 1)
    return fewest.get(amount, -1)
