"""The API's own description."""

import re

from services.gateway.tests.integration.conftest import Serve
from services.gateway.tests.integration.world import Gateway, assert_dressed

ROUTES = {
    "POST /api/v1/user/auth/signup",
    "POST /api/v1/user/auth/login",
    "POST /api/v1/user/auth/refresh",
    "POST /api/v1/user/auth/logout",
    "GET /api/v1/user/profile",
    "GET /api/v1/public/languages",
    "GET /api/v1/public/problems",
    "GET /api/v1/public/problems/{slug}",
    "POST /api/v1/user/submit",
    "POST /api/v1/user/run",
    "POST /api/v1/user/execute",
    "GET /api/v1/user/submissions",
    "GET /api/v1/user/submissions/{id}",
    "GET /api/v1/user/submissions/{id}/events",
    "GET /api/v1/user/submissions/{id}/trace",
    "GET /api/v1/user/leaderboard/global",
    "GET /api/v1/user/leaderboard/country",
    "POST /api/v1/user/collab/sessions",
    "GET /health/live",
    "GET /health/ready",
}


async def test_the_document_names_every_route_with_its_errors(gateway: Gateway) -> None:
    response = await gateway.client.get("/openapi.json")

    assert_dressed(response)
    operations = {
        f"{method.upper()} {path}": operation
        for path, methods in response.json()["paths"].items()
        for method, operation in methods.items()
    }
    assert operations.keys() == ROUTES
    for name, operation in operations.items():
        assert "application/problem+json" in operation["responses"]["default"]["content"]
        user = name.split()[1].startswith("/api/v1/user/") and not re.search("signup|login|refresh", name)
        assert ("401" in operation["responses"]) == (user or "login" in name or "refresh" in name)
        assert not user or operation["security"] == [{"access_token": []}]


async def test_every_body_and_every_answer_has_an_example(gateway: Gateway) -> None:
    document = (await gateway.client.get("/openapi.json")).json()
    contents = [
        content["application/json"]["schema"]
        for methods in document["paths"].values()
        for operation in methods.values()
        for part in (operation.get("requestBody", {}), *operation["responses"].values())
        if "application/json" in (content := part.get("content", {}))
    ]

    assert len(contents) > 25
    for schema in contents:
        shape = schema.get("items", schema)
        shape = next(iter(shape.get("anyOf", [shape])))
        name = shape["$ref"].rpartition("/")[2]
        assert document["components"]["schemas"][name]["examples"], name


async def test_no_reference_of_the_document_leads_nowhere(gateway: Gateway) -> None:
    response = await gateway.client.get("/openapi.json")

    schemas = response.json()["components"]["schemas"]
    names = set(re.findall(r"#/components/schemas/(\w+)", response.text))
    assert "ErrorDetails" in names
    assert names <= schemas.keys()


async def test_the_page_shows_every_route_and_loads_nothing(gateway: Gateway) -> None:
    response = await gateway.client.get("/docs")

    assert_dressed(response)
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    assert all(f"<code>{route.split()[1]}</code>" in response.text for route in ROUTES)
    assert not re.search(r"<script|src=|<link|https?://", response.text)


async def test_other_sites_may_not_call_unless_they_are_named(gateway: Gateway, serve: Serve) -> None:
    headers = {"Origin": "https://pages.example", "Access-Control-Request-Method": "POST"}
    assert (await gateway.client.options("/api/v1/user/submit", headers=headers)).status_code == 405

    async with serve(cors_origins="https://other.example, https://pages.example") as named:
        response = await named.client.options("/api/v1/user/submit", headers=headers)
        assert response.status_code == 200
        assert response.headers["access-control-allow-origin"] == "https://pages.example"
