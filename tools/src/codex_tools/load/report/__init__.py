"""A page that needs nothing but a browser."""
