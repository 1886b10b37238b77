"""Structured logs: one JSON object a line on stdout, library records included."""

import logging
import sys
from collections.abc import Sequence

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

# These say at INFO what our own lines say better.
_CHATTY = ("aiokafka", "asyncio", "grpc", "httpx", "httpcore", "pymongo", "uvicorn", "websockets")


def configure(service: str, level: str, processors: Sequence[Processor] = ()) -> None:
    """Send every log record of the process to stdout as JSON, with ``service`` and what ``processors`` add.

    Our own lines do not pass through the standard library: that costs four times as much.
    """
    shared = [*_shared(service), *processors]
    number = logging.getLevelNamesMapping()[level.upper()]
    structlog.configure(
        processors=[*shared, structlog.processors.JSONRenderer(default=str)],
        logger_factory=structlog.WriteLoggerFactory(sys.stdout),
        wrapper_class=structlog.make_filtering_bound_logger(number),
        cache_logger_on_first_use=True,
    )
    logging.root.handlers = [_library_handler(shared)]
    logging.root.setLevel(number)
    for name in _CHATTY:
        logging.getLogger(name).setLevel(logging.WARNING)


def _library_handler(shared: Sequence[Processor]) -> logging.Handler:
    render: list[Processor] = [
        structlog.stdlib.ProcessorFormatter.remove_processors_meta,
        structlog.processors.JSONRenderer(default=str),
    ]
    chain: list[Processor] = [structlog.stdlib.add_logger_name, *shared]
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(foreign_pre_chain=chain, processors=render))
    return handler


def _shared(service: str) -> list[Processor]:
    def add_service(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
        event["service"] = service
        return event

    return [
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        add_service,
    ]
