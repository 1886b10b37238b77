"""Identities, tokens, profiles and progress."""
