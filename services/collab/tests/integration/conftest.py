"""Two instances of the service as processes on one real Redis; a stand-in for auth-user serves the signing keys."""

import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import grpc
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from redis.asyncio import Redis
from services.collab.tests.integration.stack import Instance, Store, World, some_store

from codex_protos.authuser.v1 import auth_service_pb2 as pb
from codex_protos.authuser.v1 import auth_service_pb2_grpc as rpc
from codex_service.tokens import ALGORITHM, ISSUER


class _SigningKeys(rpc.AuthServiceServicer):
    """Of auth-user only this call is used."""

    def __init__(self, key: Ed25519PrivateKey) -> None:
        self._answer = pb.GetSigningKeysResponse(
            keys=[pb.SigningKey(kid="k1", public_key=key.public_key().public_bytes_raw())]
        )

    async def GetSigningKeys(  # noqa: N802 (gRPC's name)
        self,
        request: pb.GetSigningKeysRequest,  # noqa: ARG002 (gRPC's signature)
        context: grpc.aio.ServicerContext[object, object],  # noqa: ARG002
    ) -> pb.GetSigningKeysResponse:
        return self._answer


@pytest.fixture(scope="session")
def signing_key() -> Ed25519PrivateKey:
    return Ed25519PrivateKey.generate()


@pytest.fixture(scope="session")
async def auth_user(signing_key: Ed25519PrivateKey) -> AsyncIterator[str]:
    server = grpc.aio.server()
    rpc.add_AuthServiceServicer_to_server(_SigningKeys(signing_key), server)  # type: ignore[abstract]
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    yield f"127.0.0.1:{port}"
    await server.stop(0)


@pytest.fixture(scope="session")
def token(signing_key: Ed25519PrivateKey) -> Callable[..., str]:
    """Signs access tokens as auth-user does; ``claims`` change the usual ones."""

    def sign(user: str = "ada", **claims: object) -> str:
        usual = {"iss": ISSUER, "sub": user, "sid": f"login of {user}", "exp": time.time() + 900, "username": user}
        return jwt.encode({**usual, **claims}, signing_key, algorithm=ALGORITHM, headers={"kid": "k1"})

    return sign


@pytest.fixture(scope="session")
async def store(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Store]:
    async with some_store(tmp_path_factory.mktemp("redis")) as store:
        yield store


@pytest.fixture(scope="session")
async def redis(store: Store) -> AsyncIterator[Redis]:
    client = Redis.from_url(store.url)
    yield client
    await client.aclose()


@pytest.fixture(scope="session")
async def start(auth_user: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Callable[[Store], Instance]]:
    """Makes instances of the service, not yet started, and ends what a test leaves running."""
    logs: Path = tmp_path_factory.mktemp("logs")
    made: list[Instance] = []

    def make(store: Store) -> Instance:
        made.append(Instance(store.url, auth_user, logs / f"{len(made)}.log"))
        return made[-1]

    yield make
    for instance in made:
        await instance.kill()


@pytest.fixture(scope="session")
async def world(store: Store, start: Callable[[Store], Instance], token: Callable[..., str]) -> World:
    """Two instances on one Redis, shared by all tests that leave them running."""
    instances = [start(store), start(store)]
    for instance in instances:
        await instance.start()
    return World(instances, token)
