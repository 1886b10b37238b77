"""How a measurement is told: one line for each budget."""


def line(what: str, value: float, bar: float, unit: str, *, at_most: bool) -> bool:
    """Print one budget and whether it was kept, which is also the answer."""
    good = value <= bar if at_most else value >= bar
    sign = "<=" if at_most else ">="
    print(f"{'ok  ' if good else 'MISS'} {what:<48} {value:8.2f}{unit}  (bar {sign} {bar:g}{unit})")
    return good


def milliseconds(seconds: list[float], percentile: int) -> float:
    """A percentile of durations, in milliseconds; of none it is 0."""
    ordered = sorted(seconds) or [0.0]
    return ordered[min(len(ordered) - 1, len(ordered) * percentile // 100)] * 1e3
