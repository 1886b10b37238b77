"""Redis guards the door: without it nobody passes, and with it back everybody does."""

from services.gateway.tests.integration.conftest import Serve
from services.gateway.tests.integration.world import Gateway, Neighbours, User, answers_again, assert_refused

from codex_testing.stores import Store

BOARD = "/api/v1/user/leaderboard/global"


async def test_without_redis_nobody_passes_and_afterwards_everybody_does(gateway: Gateway, redis_store: Store) -> None:
    user = User()
    assert (await gateway.get(BOARD, user)).status_code == 200
    calls = len(gateway.neighbours.calls)

    async with redis_store.down():
        response = await gateway.get(BOARD, user)
        assert_refused(response, 503, "dependency_unavailable")
        assert int(response.headers["retry-after"]) >= 1
        assert len(gateway.neighbours.calls) == calls

        assert (await gateway.client.get("/health/live")).status_code == 200
        ready = assert_refused(await gateway.client.get("/health/ready"), 503, "dependency_unavailable")
        assert ready["dependencies"]["redis"] == "down"

    await answers_again(gateway, BOARD)


async def test_a_gateway_that_began_before_auth_user_is_ready_when_it_has_the_keys(
    serve: Serve, neighbours: Neighbours
) -> None:
    await neighbours.auth_user.stop()
    async with serve() as gateway:
        ready = assert_refused(await gateway.client.get("/health/ready"), 503, "dependency_unavailable")
        assert ready["dependencies"]["auth-user-service"] == "down"

        await neighbours.auth_user.start()
        await answers_again(gateway, "/health/ready")
        asked = len(neighbours.auth_user.calls)
        assert asked >= 1

        assert (await gateway.get(BOARD)).status_code == 200
        assert len(neighbours.auth_user.calls) == asked


async def test_a_redis_that_forgot_the_script_is_taught_it_again(gateway: Gateway) -> None:
    await gateway.redis.script_flush()

    assert (await gateway.get(BOARD)).status_code == 200
