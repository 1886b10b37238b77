"""The present moment, as messages carry it."""

from google.protobuf.timestamp_pb2 import Timestamp


def now() -> Timestamp:
    """By this machine's clock."""
    moment = Timestamp()
    moment.GetCurrentTime()
    return moment
