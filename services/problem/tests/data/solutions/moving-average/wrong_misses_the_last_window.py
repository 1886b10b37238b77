def moving_average(values: list[float], window: int) -> list[float]:
    return [sum(values[start : start + window]) / window for start in range(len(values) - window)]
