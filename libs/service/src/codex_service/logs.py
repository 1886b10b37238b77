"""Structured logs: one JSON object a line on stdout, library records included."""

import logging
import sys
from collections.abc import Sequence

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

# These say at INFO what our own lines say better.
_CHATTY = ("aiokafka", "asyncio", "grpc", "httpx", "httpcore", "pymongo", "uvicorn.access", "websockets")


def configure(service: str, level: str, processors: Sequence[Processor] = ()) -> None:
    """Send every log record of the process to stdout as JSON, with ``service`` and what ``processors`` add."""
    shared = [*_shared(service), *processors]
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, *shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processors=[_drop_meta, _render_json()]),
    )
    logging.root.handlers = [handler]
    logging.root.setLevel(level.upper())
    for name in _CHATTY:
        logging.getLogger(name).setLevel(logging.WARNING)


def _shared(service: str) -> list[Processor]:
    def add_service(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
        event["service"] = service
        return event

    return [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        add_service,
    ]


def _render_json() -> Processor:
    return structlog.processors.JSONRenderer(default=str)


def _drop_meta(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    return structlog.stdlib.ProcessorFormatter.remove_processors_meta(_logger, _method, event)
