"""Between browsers and rooms: the WebSocket."""
