"""The only HTTP entry."""
