"""Who may edit together: sessions, and the invite tokens that open them."""
