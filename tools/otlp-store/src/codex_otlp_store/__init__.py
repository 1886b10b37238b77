"""A small store for OTLP traces that speaks Tempo's query API."""
