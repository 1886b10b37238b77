"""What tests share: real stores, running services, neighbours that stand in. Fixtures: ``codex_testing.plugin``."""
