"""How somebody stays logged in: login, rotation of refresh tokens, logout."""
