"""What this replica remembers of the ledger: whose points for which problem are given away already."""

_REMEMBERED = 100_000  # pairs, some 20 MB


class Gains:
    """Pairs of author and problem that the ledger has a line of. A line never goes, so what is known stays true."""

    def __init__(self) -> None:
        self._given: dict[tuple[str, str], None] = {}

    def given(self, author: str, problem: str) -> bool:
        """True when the next accepted solution is sure to gain nothing; False when the ledger must be asked."""
        return (author, problem) in self._given

    def remember(self, author: str, problem: str) -> None:
        """The ledger has this line; what was remembered longest is forgotten when there is no more room."""
        if len(self._given) >= _REMEMBERED:
            del self._given[next(iter(self._given))]
        self._given[(author, problem)] = None
