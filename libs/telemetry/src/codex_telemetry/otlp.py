"""The SDK's exporters with our encoders: channel, retries, headers and shutdown stay as they are."""

from collections.abc import Callable, Sequence
from typing import Any, Final

from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import ReadableSpan

from codex_telemetry.wire import encode_spans

_EXPORT: Final = "/opentelemetry.proto.collector.trace.v1.TraceService/Export"


class SpanExporter(OTLPSpanExporter):
    """OTLP over gRPC, given bytes where the SDK's exporter has messages."""

    def _initialize_channel_and_stub(self) -> None:
        super()._initialize_channel_and_stub()  # type: ignore[no-untyped-call] # so it is in the SDK
        channel: Any = self._channel
        self._client: Any = RawStub(channel.unary_unary(_EXPORT))

    def _translate_data(self, data: Sequence[ReadableSpan]) -> bytes:  # type: ignore[override] # what RawStub sends
        return encode_spans(data)


class RawStub:
    """The generated client without its serializer."""

    def __init__(self, export: Callable[..., Any]) -> None:
        self.Export = export
