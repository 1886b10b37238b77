"""The Prefer header (RFC 7240): how long an answer may wait for its verdict."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

LONGEST_WAIT: Final = 60

_SECONDS: Final = re.compile(r"[0-9]{1,100}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Preference:
    """Seconds to wait, and which preference of the client says so, if any."""

    wait: float
    applied: str | None = None


def preference(headers: Iterable[str], default_wait: float) -> Preference:
    """What the client prefers. Whatever is malformed or unknown is ignored."""
    stated = _stated(headers)
    if "respond-async" in stated:
        return Preference(wait=0, applied="respond-async")
    wait = stated.get("wait", "")
    seconds = min(int(wait), LONGEST_WAIT) if _SECONDS.fullmatch(wait) else 0
    return Preference(wait=seconds, applied=f"wait={seconds}") if seconds else Preference(wait=default_wait)


def _stated(headers: Iterable[str]) -> dict[str, str]:
    """Preferences by name. Of several with the same name the first counts; parameters behind a semicolon don't."""
    stated: dict[str, str] = {}
    for item in ",".join(headers).split(","):
        name, _, value = item.partition(";")[0].partition("=")
        stated.setdefault(name.strip().lower(), value.strip().strip('"'))
    return stated
