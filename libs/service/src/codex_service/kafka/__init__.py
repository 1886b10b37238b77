"""Kafka as every service uses it: at least once, bounded, committed only when done."""
