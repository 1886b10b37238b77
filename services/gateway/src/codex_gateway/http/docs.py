"""The API on one page, made from the OpenAPI document: no script, nothing from elsewhere."""

import json
from base64 import b64encode
from collections.abc import Iterator
from hashlib import sha256
from html import escape
from typing import Any

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import HTMLResponse

_STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}"
    "summary{cursor:pointer;padding:.3rem 0}pre{background:#8882;padding:.8rem;overflow:auto;border-radius:.3rem}"
    "b{display:inline-block;min-width:4rem}:root{color-scheme:light dark}"
)
_POLICY = (
    f"default-src 'none'; style-src 'sha256-{b64encode(sha256(_STYLE.encode()).digest()).decode()}'; "
    "frame-ancestors 'none'"
)


def add_docs(app: FastAPI) -> None:
    """Serve the page at ``/docs``."""
    page = _page(app.openapi())

    async def docs(_request: Request) -> HTMLResponse:
        return HTMLResponse(page, headers={"Content-Security-Policy": _POLICY})

    app.add_route("/docs", docs, methods=["GET"], include_in_schema=False)


def _page(document: dict[str, Any]) -> str:
    info = document["info"]
    operations = (
        _operation(document, method, path, operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    )
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{escape(info["title"])}</title>'
        f'<meta name="viewport" content="width=device-width"><style>{_STYLE}</style>'
        f"<h1>{escape(info['title'])} {escape(info['version'])}</h1><p>{escape(info['description'])}</p>"
        f'<p>For tools: <a href="/openapi.json">openapi.json</a></p>{"".join(operations)}</html>'
    )


def _operation(document: dict[str, Any], method: str, path: str, operation: dict[str, Any]) -> str:
    heading = f"<summary><b>{method.upper()}</b> <code>{escape(path)}</code></summary>"
    parts = [escape(operation.get("description", "")), *_parameters(operation)]
    if body := operation.get("requestBody"):
        parts.append("Body" + _example(document, body["content"]))
    for status, response in operation["responses"].items():
        shape = _example(document, response.get("content", {}))
        parts.append(f"<b>{escape(status)}</b> {escape(response['description'])}{shape}")
    return f"<details>{heading}{''.join(f'<div>{part}</div>' for part in parts)}</details>"


def _parameters(operation: dict[str, Any]) -> Iterator[str]:
    for parameter in operation.get("parameters", []):
        yield f"<code>{escape(parameter['name'])}</code> ({escape(parameter['in'])})"


def _example(document: dict[str, Any], content: dict[str, Any]) -> str:
    if stream := content.get("text/event-stream", {}).get("example"):
        return f"<pre>{escape(stream)}</pre>"
    schema = content.get("application/json", {}).get("schema", {})
    name = schema.get("$ref", "").rpartition("/")[2]
    examples = document["components"]["schemas"].get(name, {}).get("examples", [])
    return f"<pre>{escape(json.dumps(examples[0], indent=2))}</pre>" if examples else ""
