"""Live events: what happens to a submission, told while it happens."""
