"""The key that signs access tokens."""
