"""Bytes of programs as text that can be shown."""

LONGEST = 4000
CUT = "\n… cut"


def to_bytes(text: str) -> bytes:
    """UTF-8 of any text, also one with lone surrogates: a program may be given those, and must cope."""
    return text.encode("utf-8", "surrogatepass")


def shown(data: bytes, longest: int = LONGEST) -> str:
    """The text of these bytes, undecodable ones escaped, cut to ``longest`` characters."""
    text = data[: 4 * longest].decode("utf-8", "backslashreplace").replace("\0", "\\x00")
    return text if len(text) <= longest and len(data) <= 4 * longest else text[:longest] + CUT


def last_line(data: bytes) -> str:
    """The last line that isn't blank, cut; for Python the exception's."""
    lines = data[-LONGEST:].strip().rsplit(b"\n", 1)
    return shown(lines[-1].strip(), 500)
