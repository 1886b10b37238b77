"""Names in Redis. The braces keep all that belongs to one session on one node of a cluster."""

LIFETIME = 24 * 3600
"""Seconds that a session lives after its last edit."""

_BUS_END = b"}:bus"
_START = b"collab:{"


def session(session_id: str) -> str:
    """The hash that describes a session."""
    return f"collab:{{{session_id}}}:session"


def log(session_id: str) -> str:
    """The stream of a room's updates."""
    return f"collab:{{{session_id}}}:log"


def bus(session_id: str) -> str:
    """The channel on which the instances that have a room talk about it."""
    return f"collab:{{{session_id}}}:bus"


def session_of_bus(channel: bytes) -> str:
    """The session whose channel this is."""
    return channel.removeprefix(_START).removesuffix(_BUS_END).decode()
