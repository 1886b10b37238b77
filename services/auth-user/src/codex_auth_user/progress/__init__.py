"""What somebody has solved."""
