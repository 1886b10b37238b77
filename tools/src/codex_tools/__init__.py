"""The developer command line: the embedded stack, the demo, the bench."""
