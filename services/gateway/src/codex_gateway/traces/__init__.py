"""The trace of a submission, read from a store that speaks Tempo's query API."""
