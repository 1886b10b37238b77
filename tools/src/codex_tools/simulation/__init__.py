"""A day of the platform in seconds: how long submissions wait for a slot, what each store carries, what it costs.

``python -m codex_tools.simulation TABLE`` prints one table as Markdown; docs/scaling.md shows them all.
"""
