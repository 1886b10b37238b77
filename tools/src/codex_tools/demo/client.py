"""The platform as any client sees it: by its HTTP API alone."""

import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import httpx

from codex_tools.stack.errors import StackError

_WAIT = 30
_POLL = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back for one submission. ``seconds`` from sending the program to having its verdict."""

    submission: dict[str, Any]
    trace_id: str
    seconds: float


class Person:
    """Somebody who signed up and is known by a bearer token."""

    def __init__(self, http: httpx.Client) -> None:
        self._http = http

    def submit(self, problem: str, code: str) -> Answer:
        """Send a Python program and wait for its verdict.

        Raises:
            StackError: the platform refused it, or had no verdict in time.
        """
        began = time.monotonic()
        body = {"problem": problem, "language": "python", "code": code}
        response = _checked(self._http.post("/api/v1/user/submit", json=body, headers={"Prefer": f"wait={_WAIT}"}))
        submission = self._judged(response.json(), began + 2 * _WAIT)
        seconds = time.monotonic() - began
        return Answer(submission=submission, trace_id=response.headers["X-Trace-Id"], seconds=seconds)

    def trace(self, submission_id: str, *, within: float) -> dict[str, Any]:
        """The trace of a submission, as whole as it is after ``within`` seconds."""
        deadline = time.monotonic() + within
        while True:
            response = self._http.get(f"/api/v1/user/submissions/{submission_id}/trace")
            trace: dict[str, Any] = response.json() if response.status_code == HTTPStatus.OK else {}
            if trace.get("complete") or time.monotonic() > deadline:
                return {"trace_id": None, "complete": False, "spans": [], **trace}
            time.sleep(_POLL)

    def _judged(self, submission: dict[str, Any], deadline: float) -> dict[str, Any]:
        while submission["status"] != "done":
            if time.monotonic() > deadline:
                raise StackError(f"The submission {submission['id']} has no verdict after {2 * _WAIT} s.")
            time.sleep(_POLL)
            submission = _checked(self._http.get(f"/api/v1/user/submissions/{submission['id']}")).json()
        return submission


@contextmanager
def sign_up(gateway: str) -> Iterator[Person]:
    """A new person with a name of their own."""
    with httpx.Client(base_url=gateway, timeout=_WAIT + 10, trust_env=False) as http:
        name = f"ada_{secrets.token_hex(4)}"
        body = {"username": name, "email": f"{name}@example.org", "password": secrets.token_urlsafe(16)}
        session = _checked(http.post("/api/v1/user/auth/signup", json=body)).json()
        http.headers["Authorization"] = f"Bearer {session['access_token']}"
        yield Person(http)


def _checked(response: httpx.Response) -> httpx.Response:
    if response.is_success:
        return response
    raise StackError(f"{response.request.url.path} answers {response.status_code}: {response.text[:300]}")
