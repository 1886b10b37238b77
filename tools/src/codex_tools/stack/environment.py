"""What the stack's processes get to see of the caller's environment."""

import os
from collections.abc import Mapping

_PASSED_ON = ("PATH", "HOME", "USER", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "TMPDIR")


def clean(environment: Mapping[str, str]) -> dict[str, str]:
    """The harmless part: where programs, home and time zone are. Nothing that changes how a part works."""
    return {name: environment[name] for name in _PASSED_ON if name in environment}


def for_downloads(environment: Mapping[str, str]) -> dict[str, str]:
    """Everything but our own settings: proxies, certificates and mirrors are the caller's business."""
    return {name: value for name, value in environment.items() if not name.startswith("CODEX_")}


def caller() -> Mapping[str, str]:
    """The environment this program was started with."""
    return dict(os.environ)
