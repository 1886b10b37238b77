"""DeadLetterService."""

from codex_code_manage.dead_letters.service import MOST, DeadLetterBox
from codex_protos.codemanage.v1 import dead_letter_service_pb2 as pb
from codex_protos.codemanage.v1 import dead_letter_service_pb2_grpc as rpc
from codex_service.grpc.server import Context


class DeadLetterServicer(rpc.DeadLetterServiceServicer):
    def __init__(self, box: DeadLetterBox) -> None:
        self._box = box

    async def ListDeadLetters(self, request: pb.ListDeadLettersRequest, context: Context) -> pb.ListDeadLettersResponse:
        letters, more = await self._box.list(request.limit or MOST)
        return pb.ListDeadLettersResponse(letters=letters, more=more)

    async def GetDeadLetter(self, request: pb.GetDeadLetterRequest, context: Context) -> pb.GetDeadLetterResponse:
        return pb.GetDeadLetterResponse(letter=await self._box.get(request.id))

    async def ReplayDeadLetter(
        self, request: pb.ReplayDeadLetterRequest, context: Context
    ) -> pb.ReplayDeadLetterResponse:
        return pb.ReplayDeadLetterResponse(trace_id=await self._box.replay(request.id))

    async def DropDeadLetter(self, request: pb.DropDeadLetterRequest, context: Context) -> pb.DropDeadLetterResponse:
        await self._box.drop(request.id)
        return pb.DropDeadLetterResponse()
