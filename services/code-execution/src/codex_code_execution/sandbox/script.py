"""The guest package as one script, since the service's own files can't be seen in a slot."""

from pathlib import Path

GUEST = Path(__file__).with_name("guest")
PACKAGE = "codex_code_execution.sandbox.guest"
MODULES = "trees", "kernel", "harness", "loader", "zygote"  # each after those that it imports

BOOTSTRAP = f"""
import sys, types
for name, source in SOURCES.items():
    module = sys.modules["{PACKAGE}." + name] = types.ModuleType(name)
    exec(compile(source, "<harness>", "exec"), module.__dict__)
for name in SOURCES:
    del sys.modules["{PACKAGE}." + name]
del SOURCES, source
module.main()
"""


def zygote_script() -> bytes:
    """What the judged interpreter reads from its stdin to become a zygote. Blocks for some file reads."""
    sources = {name: GUEST.joinpath(f"{name}.py").read_text() for name in MODULES}
    return f"SOURCES = {sources!r}\n{BOOTSTRAP}".encode()
