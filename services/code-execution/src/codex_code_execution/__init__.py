"""Judges code in sandboxes."""
