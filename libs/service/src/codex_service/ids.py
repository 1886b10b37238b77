"""Identifiers that sort by time."""

import os
import time
from uuid import UUID


def uuid7() -> str:
    """A UUID of version 7 (RFC 9562): 48 bits of milliseconds since the epoch, then random bits."""
    milliseconds = time.time_ns() // 1_000_000
    bits = (milliseconds << 80) | int.from_bytes(os.urandom(10))
    bits = (bits & ~(0xF << 76)) | (0x7 << 76)
    bits = (bits & ~(0x3 << 62)) | (0x2 << 62)
    return str(UUID(int=bits))
