"""Execution requests in, results out."""
