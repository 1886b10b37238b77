"""Write every dashboard to ``grafana/dashboards``, or with ``--check`` say which one there is not what it should be."""

import sys
from pathlib import Path
from typing import Final

from deploy.observability.dashboards import collector, judge, kafka, overview, stores, submissions
from deploy.observability.dashboards.parts import Page
from grafana_foundation_sdk.cog.encoder import JSONEncoder

PAGES: Final = (overview.PAGE, submissions.PAGE, judge.PAGE, kafka.PAGE, stores.PAGE, collector.PAGE)
FOLDER: Final = Path(__file__).parents[1] / "grafana" / "dashboards"


def main() -> int:
    """0 when every file is, or with ``--check`` was, what the code says."""
    wanted = {FOLDER / f"{page.uid}.json": _json(page) for page in PAGES}
    if sys.argv[1:] != ["--check"]:
        for file, text in wanted.items():
            file.write_text(text)
    wrong = sorted(
        file for file in {*wanted, *FOLDER.glob("*")} if not file.exists() or file.read_text() != wanted.get(file)
    )
    for file in wrong:
        print(f"{file.name} is not what the code says: run python -m deploy.observability.dashboards")  # noqa: T201
    return 1 if wrong else 0


def _json(page: Page) -> str:
    return JSONEncoder(sort_keys=True, indent=2).encode(page.build().build()) + "\n"


if __name__ == "__main__":
    sys.exit(main())
