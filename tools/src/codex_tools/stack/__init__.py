"""The whole platform as ordinary processes: stores, services and the supervisor that keeps them."""
