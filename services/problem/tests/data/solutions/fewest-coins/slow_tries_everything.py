def fewest_coins(coins: list[int], amount: int) -> int:
    if amount == 0:
        return 0
    rests = (fewest_coins(coins, amount - coin) for coin in coins if coin <= amount)
    return min((rest + 1 for rest in rests if rest >= 0), default=-1)
