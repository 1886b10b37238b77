"""Small files that are read by others while we write them."""

import json
import os
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any


def write_whole(path: Path, text: str, *, mode: int = 0o644) -> None:
    """Replace a file so that a reader sees the old text or the new one, never a part."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def write_json(path: Path, value: Mapping[str, Any]) -> None:
    """Replace a JSON file, readable for its owner only: addresses of stores hold passwords."""
    write_whole(path, json.dumps(value, indent=2) + "\n", mode=0o600)


def read_json(path: Path) -> dict[str, Any]:
    """The object in a file, or an empty one where there is no such file or no such object."""
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, json.JSONDecodeError):
        return {}
    return value if isinstance(value, dict) else {}


def secret(path: Path) -> str:
    """A random secret, made when it is first asked for and kept in a file of mode 0600."""
    if not path.exists():
        write_whole(path, secrets.token_urlsafe(24), mode=0o600)
    return path.read_text(encoding="utf-8")


def tail(path: Path, lines: int) -> list[str]:
    """The last lines of a text file of any size; none where there is no file."""
    try:
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - lines * 400))
            return file.read().decode(errors="replace").splitlines()[-lines:]
    except FileNotFoundError:
        return []
