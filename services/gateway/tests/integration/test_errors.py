"""Every failure has one shape, and tells nothing that it should not."""

import grpc
import pytest
from services.gateway.tests.integration.world import Gateway, User, answers_again, assert_dressed, assert_refused

from codex_protos.authuser.v1 import user_service_pb2
from codex_service import errors
from codex_service.errors import RemoteError

PROFILE = "/api/v1/user/profile"


async def test_a_path_that_does_not_exist_is_not_found(gateway: Gateway) -> None:
    assert_refused(await gateway.client.get("/nowhere"), 404, "not_found")
    assert_refused(await gateway.client.get("/api/v1/public/problems/"), 404, "not_found")


async def test_a_wrong_method_is_told_which_are_right(gateway: Gateway) -> None:
    response = await gateway.client.delete("/api/v1/user/submit")

    assert_refused(response, 405, "method_not_allowed")
    assert response.headers["allow"] == "POST"


@pytest.mark.parametrize("method", ["OPTIONS", "PUT", "PATCH", "TRACE", "PROPFIND"])
async def test_no_method_is_a_surprise(gateway: Gateway, method: str) -> None:
    response = await gateway.client.request(method, "/api/v1/public/languages")

    assert_refused(response, 405, "method_not_allowed")
    assert response.headers["allow"] == "GET, HEAD"


async def test_head_is_get_without_the_body(gateway: Gateway) -> None:
    got = await gateway.client.get("/health/live")
    head = await gateway.client.head("/health/live")

    assert head.status_code == 200
    assert head.content == b""
    assert head.headers["content-length"] == got.headers["content-length"]
    assert_dressed(head)


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (errors.InvalidRequest("no", field="country"), 422, "invalid_request"),
        (errors.InvalidCursor("no"), 400, "invalid_cursor"),
        (errors.Forbidden("no"), 403, "forbidden"),
        (errors.NotFound("no"), 404, "not_found"),
        (errors.Conflict("no"), 409, "conflict"),
        (errors.RateLimited("no"), 429, "rate_limited"),
        (errors.Overloaded("no"), 503, "overloaded"),
        (errors.DependencyUnavailable("no"), 503, "dependency_unavailable"),
        (errors.DeadlineExceeded("no"), 504, "deadline_exceeded"),
        (RemoteError("no", code="quite_new", status=grpc.StatusCode.NOT_FOUND), 404, "not_found"),
        (RemoteError("no", code="quite_new", status=grpc.StatusCode.DATA_LOSS), 500, "internal"),
    ],
)
async def test_what_another_service_says_keeps_its_meaning(
    gateway: Gateway, error: Exception, status: int, code: str
) -> None:
    gateway.neighbours.auth_user.say("GetProfile", error)

    response = await gateway.get(PROFILE)

    assert_refused(response, status, code)
    assert ("retry-after" in response.headers) == (status in (429, 503))


async def test_the_field_that_another_service_refuses_is_named(gateway: Gateway) -> None:
    gateway.neighbours.auth_user.say("GetProfile", errors.InvalidRequest("no such country", field="country"))

    body = assert_refused(await gateway.get(PROFILE), 422, "invalid_request")

    assert body["errors"] == [{"field": "country", "message": "no such country"}]


async def test_a_bug_elsewhere_is_an_error_of_ours_that_says_nothing(gateway: Gateway) -> None:
    gateway.neighbours.auth_user.say("GetProfile", RuntimeError("the password is swordfish"))

    response = await gateway.get(PROFILE)

    assert_refused(response, 500, "internal")
    assert "swordfish" not in response.text


async def test_a_bug_here_is_an_error_that_says_nothing(gateway: Gateway) -> None:
    nonsense = user_service_pb2.GetProfileResponse()
    nonsense.user.created_at.seconds = 2**60
    gateway.neighbours.auth_user.say("GetProfile", nonsense)

    response = await gateway.get(PROFILE)

    assert_refused(response, 500, "internal")
    assert "Traceback" not in response.text
    assert (await gateway.client.get("/health/live")).status_code == 200


async def test_a_service_that_is_gone_makes_its_routes_unavailable_until_it_is_back(gateway: Gateway) -> None:
    user = User()
    async with gateway.neighbours.collab.down():
        response = await gateway.post("/api/v1/user/collab/sessions", {}, user)
        assert_refused(response, 503, "dependency_unavailable")
        assert "127.0.0.1" not in response.text
        assert int(response.headers["retry-after"]) >= 1

        ready = await gateway.client.get("/health/ready")
        body = assert_refused(ready, 503, "dependency_unavailable")
        assert body["dependencies"]["collab-service"] == "down"
        assert body["dependencies"]["problem-service"] == "up"

    await answers_again(gateway, "/health/ready")
    assert (await gateway.post("/api/v1/user/collab/sessions", {}, user)).status_code == 201


async def test_readiness_names_everything_that_is_needed(gateway: Gateway) -> None:
    response = await gateway.client.get("/health/ready")

    assert response.status_code == 200
    names = ("redis", "auth-user-service", "problem-service", "code-manage-service", "collab-service")
    assert response.json() == {"ready": True, "dependencies": dict.fromkeys(names, "up")}
