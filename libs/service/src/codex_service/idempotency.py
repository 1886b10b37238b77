"""When two submissions with one idempotency key are the same: decided here for all who compare."""

from hashlib import sha256


def body_hash(problem: str, language: str, code: str) -> str:
    """What must be equal for two requests to be the same: 64 hex digits."""
    return sha256(f"{problem}\0{language}\0{code}".encode()).hexdigest()
