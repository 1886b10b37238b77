# ruff: noqa: INP001 (a script, not a package)
"""Asks whether servers are healthy: ``health.py [--patience SECONDS] URL...`` ends with 0 if all are.

``http://host:port/path`` is healthy when it answers 200, ``grpc://host:port`` when its health service says SERVING.
Containers run this every few seconds, so it is cheap: a gRPC library alone takes four times as long to load. The one
request that is asked by gRPC has the same bytes every time, and its answer needs no decoding of headers.
"""

import socket
import sys
import time

TIMEOUT = 3.0  # seconds

_PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
_DATA, _HEADERS, _SETTINGS = 0, 1, 4
_END_STREAM, _END_HEADERS = 1, 4
_EMPTY_MESSAGE = bytes(5)
_SERVING = b"\0\0\0\0\2\x08\1"  # not compressed, 2 bytes long: field 1 of HealthCheckResponse is 1


def is_healthy(url: str) -> bool:
    """Whether the server answers as it should."""
    scheme, _, rest = url.partition("://")
    address, _, path = rest.partition("/")
    host, _, port = address.partition(":")
    try:
        with socket.create_connection((host, int(port)), timeout=TIMEOUT) as connection:
            connection.settimeout(TIMEOUT)
            return _serves(connection, address) if scheme == "grpc" else _answers(connection, address, f"/{path}")
    except OSError:
        return False


def _answers(connection: socket.socket, address: str, path: str) -> bool:
    connection.sendall(f"GET {path} HTTP/1.0\r\nHost: {address}\r\n\r\n".encode())
    return b" 200 " in connection.recv(64)


def _serves(connection: socket.socket, address: str) -> bool:
    connection.sendall(
        _PREFACE
        + _frame(_SETTINGS, 0, 0, b"")
        + _frame(_HEADERS, _END_HEADERS, 1, _headers(address))
        + _frame(_DATA, _END_STREAM, 1, _EMPTY_MESSAGE)
    )
    with connection.makefile("rb") as answer:
        while head := answer.read(9):
            payload = answer.read(int.from_bytes(head[:3], "big"))
            if head[3] == _DATA:
                return payload == _SERVING
            if head[3] == _HEADERS and head[4] & _END_STREAM:
                return False
    return False


def _frame(kind: int, flags: int, stream: int, payload: bytes) -> bytes:
    return len(payload).to_bytes(3, "big") + bytes((kind, flags)) + stream.to_bytes(4, "big") + payload


def _headers(address: str) -> bytes:
    """A POST over http; the other numbers are names in HPACK's static table, and 0 is a name that is written out."""
    named = ((b"\x04", "/grpc.health.v1.Health/Check"), (b"\x01", address), (b"\x0f\x10", "application/grpc"))
    return (
        b"\x83\x86" + b"".join(index + _text(value) for index, value in named) + b"\0" + _text("te") + _text("trailers")
    )


def _text(value: str) -> bytes:
    return bytes((len(value),)) + value.encode()


def main(arguments: list[str]) -> int:
    """Ask until all are healthy or the patience is at its end."""
    patience = 0.0
    if arguments[:1] == ["--patience"]:
        patience, arguments = float(arguments[1]), arguments[2:]
    deadline = time.monotonic() + patience
    while sick := [url for url in arguments if not is_healthy(url)]:
        if time.monotonic() >= deadline:
            sys.stderr.write("not healthy: " + " ".join(sick) + "\n")
            return 1
        time.sleep(0.5)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
