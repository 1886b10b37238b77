"""A service that does next to nothing: what ``codex_service.run`` does around it is what tests look at."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import ClassVar, Literal

from pydantic import Field

from codex_protos.authuser.v1 import user_service_pb2 as pb
from codex_protos.authuser.v1 import user_service_pb2_grpc as rpc
from codex_service import Service, ServiceSettings, Telemetry, run
from codex_service.grpc.errors import Outages
from codex_service.grpc.server import Context, GrpcServer
from codex_service.health import Readiness


class Settings(ServiceSettings):
    service: ClassVar[str] = "little-service"

    grpc_address: str
    redis_url: str = Field(default="redis://127.0.0.1:1/0", validation_alias="REDIS_URL")
    building: Literal["works", "fails", "takes for ever"] = "works"


class Slow(rpc.UserServiceServicer):
    """Answers after as many seconds as the name says."""

    async def GetProfile(self, request: pb.GetProfileRequest, context: Context) -> pb.GetProfileResponse:  # noqa: ARG002, N802
        print("called", flush=True)  # noqa: T201 (its output is what the test waits for)
        await asyncio.sleep(float(request.user_id))
        return pb.GetProfileResponse(submissions=1)


@asynccontextmanager
async def build(settings: Settings, telemetry: Telemetry) -> AsyncIterator[Service]:
    print("building", settings.redis_url, flush=True)  # noqa: T201
    if settings.building == "fails":
        raise RuntimeError("there is no ground to build on")
    if settings.building == "takes for ever":
        await asyncio.Event().wait()
    server = GrpcServer(
        settings.grpc_address,
        [partial(rpc.add_UserServiceServicer_to_server, Slow())],  # type: ignore[abstract]  # one call is enough
        readiness=Readiness({}),
        telemetry=telemetry,
        outages=Outages(),
        tls=settings.tls,
    )
    yield Service([server])
    print("closed", flush=True)  # noqa: T201


if __name__ == "__main__":
    run(build, Settings)
