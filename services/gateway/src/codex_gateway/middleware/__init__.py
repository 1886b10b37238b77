"""What happens around every request: plain ASGI, because it is paid for every time."""
