"""Translates between the wire and the domain; no rule lives here."""
