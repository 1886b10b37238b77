"""gRPC as every service speaks it: one server, one kind of channel, deadlines, errors in one place."""
