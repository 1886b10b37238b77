"""``codex load``: people who use a stack, by its public API alone, and what they met."""
