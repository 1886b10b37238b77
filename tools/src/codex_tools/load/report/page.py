"""The report as one file: style, drawings, tables and data, nothing from elsewhere."""

import json
from collections.abc import Iterator
from html import escape
from importlib.resources import files

from codex_tools.load.report.figures import figures
from codex_tools.load.result import Result, document
from codex_tools.load.table import cells, titles, told

_POLICY = "default-src 'none'; style-src 'unsafe-inline'"


def page(result: Result) -> str:
    """A whole HTML document. Its data are the JSON in the element ``data``."""
    style = files(__package__).joinpath("style.css").read_text()
    return "\n".join(
        (
            "<!doctype html>",
            f'<html lang="en"><head><meta charset="utf-8"><title>Load on {escape(result.facts.gateway)}</title>',
            f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<style>{style}</style></head><body>",
            *_body(result),
            f'<script type="application/json" id="data">{_harmless(json.dumps(document(result)))}</script>',
            "</body></html>\n",
        )
    )


def _body(result: Result) -> Iterator[str]:
    yield f"<h1>Load on {escape(result.facts.gateway)}</h1>"
    yield f"<p>{escape(result.facts.started)}</p>"
    yield f"<ul>{''.join(f'<li>{escape(line)}</li>' for line in told(result))}</ul>"
    yield from _bars(result)
    yield _table(result)
    yield from figures(result)
    yield from _reasons(result)


def _bars(result: Result) -> Iterator[str]:
    for finding in result.findings:
        kind = "met" if finding.met else "missed"
        yield f'<p class="bar {kind}">{kind}: {escape(finding.bar)}, measured {escape(finding.actual)}</p>'


def _table(result: Result) -> str:
    head = "".join(f"<th>{escape(title)}</th>" for title in ("operation", *titles()))
    seconds = result.ledger.seconds
    rows = "".join(_row([name, *cells(tally, seconds)]) for name, tally in result.rows())
    return f'<div class="wide"><table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>'


def _row(texts: list[str]) -> str:
    return f"<tr>{''.join(f'<td>{escape(text)}</td>' for text in texts)}</tr>"


def _reasons(result: Result) -> Iterator[str]:
    if not result.ledger.reasons:
        return
    yield "<h2>Why</h2>"
    lines = (f"<li>{count} x {escape(reason)}</li>" for reason, count in result.ledger.reasons.most_common())
    yield f"<ul>{''.join(lines)}</ul>"


def _harmless(text: str) -> str:
    """JSON that cannot end the element it stands in."""
    return text.replace("<", "\\u003c")
