"""Shared editing sessions, untraced on purpose. Volatile: texts live in memory and in Redis, nowhere else."""
