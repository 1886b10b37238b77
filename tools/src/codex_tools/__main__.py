"""``codex``: run the platform, look at it, try it."""

import sys

from codex_tools.cli import main

if __name__ == "__main__":
    sys.exit(main())
