"""``python -m codex_otlp_store --otlp 127.0.0.1:4317 --http 127.0.0.1:3200``."""

import argparse
import asyncio
import re
import sys

from codex_otlp_store.server import Options, serve

_UNITS = {"": 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30}


def main() -> int:
    try:
        asyncio.run(serve(_options()))
    except (OSError, RuntimeError) as error:
        print(f"codex_otlp_store: {error}", file=sys.stderr)  # noqa: T201 - the reason, where a supervisor looks for it
        return 1
    return 0


def _options() -> Options:
    parser = argparse.ArgumentParser(prog="codex_otlp_store", description=__doc__)
    parser.add_argument("--otlp", required=True, metavar="HOST:PORT", help="OTLP over gRPC comes in here")
    parser.add_argument("--http", required=True, metavar="HOST:PORT", help="Tempo's query API is served here")
    parser.add_argument("--max-traces", type=int, default=20_000, help="keep at most so many traces")
    parser.add_argument("--max-bytes", type=_size, default="256MiB", help="and at most so many bytes")
    return Options(**vars(parser.parse_args()))


def _size(text: str) -> int:
    match = re.fullmatch(r"(\d+)\s*(|KiB|MiB|GiB)", text)
    if match is None:
        raise argparse.ArgumentTypeError("a number of bytes, KiB, MiB or GiB")
    return int(match[1]) * _UNITS[match[2]]


if __name__ == "__main__":
    sys.exit(main())
