"""The shapes of the HTTP API, in and out."""
