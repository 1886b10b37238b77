# ruff: noqa: INP001 (a script, not a package)
"""Makes the platform's secrets at the first start: ``make_secrets.py FOLDER``.

Each user of secrets has a folder of its own in there, which is all that its container sees, and only its user id may
read the files. Secrets are made together and once: when one is missing later, the stores that know it would be lost
with a new one, so that is said and nothing is made.
"""

import base64
import os
import secrets
import sys
from collections.abc import Iterator
from pathlib import Path

SERVICE, POSTGRES, MONGO, REDIS, GRAFANA = 10001, 70, 999, 999, 472
DONE = ".made"

# The DER head of an Ed25519 private key; 32 random bytes follow.
_ED25519 = bytes.fromhex("302e020100300506032b657004220420")


def all_secrets() -> Iterator[tuple[str, int, str]]:
    """File, user id and content of every secret, anew."""
    postgres, mongo, redis, grafana = (secrets.token_hex(24) for _ in range(4))
    yield "postgres/password", POSTGRES, postgres
    yield "mongo/password", MONGO, mongo
    yield "redis/password", REDIS, redis
    yield "redis/redis.conf", REDIS, f"requirepass {redis}"
    yield "grafana/password", GRAFANA, grafana
    yield "auth-user/database_url", SERVICE, f"postgresql://codex:{postgres}@postgres:5432/codex"
    yield "auth-user/signing-key.pem", SERVICE, signing_key()
    options = "authSource=admin&directConnection=true&retryWrites=false&journal=true"
    yield "problem/mongodb_uri", SERVICE, f"mongodb://codex:{mongo}@mongo:27017/codex?{options}"
    for service in ("gateway", "auth-user", "problem", "code-manage", "code-execution", "collab"):
        yield f"{service}/redis_url", SERVICE, f"redis://:{redis}@redis:6379/0"


def signing_key() -> str:
    """A new private key in PEM form, by which access tokens are signed."""
    der = base64.b64encode(_ED25519 + secrets.token_bytes(32)).decode()
    return f"-----BEGIN PRIVATE KEY-----\n{der}\n-----END PRIVATE KEY-----"


def make(folder: Path) -> None:
    """Write all of them; those of a start that was cut off are written anew."""
    for name, user, content in all_secrets():
        file = folder / name
        file.parent.mkdir(mode=0o755, exist_ok=True)
        file.unlink(missing_ok=True)
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o400), "w") as opened:
            opened.write(content + "\n")
        os.chown(file, user, user)
    os.sync()
    (folder / DONE).touch()


def missing(folder: Path) -> list[str]:
    """The secrets that are not there."""
    return [name for name, _, _ in all_secrets() if not (folder / name).exists()]


def main(folder: Path) -> int:
    """Make them, or check that they are there."""
    if not (folder / DONE).exists():
        make(folder)
        return 0
    if gone := missing(folder):
        sys.stderr.write(
            f"missing secrets: {', '.join(gone)}\n"
            "They were made at the first start, and stores know them. Put them back into the volume `secrets`, or\n"
            "begin anew without any data: docker compose down -v\n"
        )
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
