"""Compiled programs, kept between jobs outside of any sandbox."""

import asyncio
import hashlib
import os
import tempfile
from pathlib import Path

from codex_code_execution.languages.catalogue import Language

MOST_FILES = 256


class BinaryCache:
    """Files under the hash of everything that decides what a compiler makes. The oldest go when there are too many."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def key(self, source: bytes, language: Language) -> str:
        """The name under which this source's binary is kept."""
        parts = (language.id, language.version, *language.compile)
        return hashlib.sha256("\0".join(parts).encode() + b"\0\0" + source).hexdigest()

    async def get(self, key: str) -> bytes | None:
        """The binary, if there is one."""
        return await asyncio.to_thread(self._read, key)

    async def put(self, key: str, binary: bytes) -> None:
        """Keep a binary. Whoever reads meanwhile sees all of it or nothing."""
        await asyncio.to_thread(self._write, key, binary)

    def _read(self, key: str) -> bytes | None:
        path = self._folder / key
        try:
            binary = path.read_bytes()
            os.utime(path)
        except FileNotFoundError:
            return None
        return binary

    def _write(self, key: str, binary: bytes) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=self._folder, prefix=".", delete=False) as file:
            file.write(binary)
        Path(file.name).replace(self._folder / key)
        by_age = sorted(self._folder.glob("[0-9a-f]*"), key=lambda path: path.stat().st_mtime)
        for path in by_age[:-MOST_FILES]:
            path.unlink(missing_ok=True)
