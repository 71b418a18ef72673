"""The measured process: what gRPC in Python costs by itself.

It answers each request by bytes that were made beforehand, and does nothing else.
"""

import json
import sys
from concurrent import futures
from pathlib import Path

import grpc

from spot_webcam.tools.bench.talk import own_stdout, talk
from spot_webcam.tools.bench.usage import cpu_s

METHOD = "/bosdyn.api.ImageService/GetImage"
WORKERS = 8


class Echo(grpc.GenericRpcHandler):
    """Looks the answer up by the request's bytes."""

    def __init__(self, answers: dict[bytes, bytes]) -> None:
        self._handler: grpc.RpcMethodHandler[bytes, bytes] = grpc.unary_unary_rpc_method_handler(
            lambda request, _context: answers[request]
        )

    def service(
        self, handler_call_details: grpc.HandlerCallDetails
    ) -> "grpc.RpcMethodHandler[bytes, bytes] | None":
        """Take calls of the one method."""
        return self._handler if handler_call_details.method == METHOD else None


def main() -> None:
    """Serve until the standard input ends."""
    out = own_stdout()
    captured: dict[str, str] = json.loads(sys.argv[1])
    answers = {
        bytes.fromhex(request): Path(file).read_bytes() for request, file in captured.items()
    }
    server = grpc.server(
        futures.ThreadPoolExecutor(WORKERS),
        handlers=[Echo(answers)],
        options=[("grpc.max_send_message_length", -1), ("grpc.so_reuseport", 0)],
    )
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        talk(out, {"port": port}, lambda _: {"cpu_s": cpu_s()})
    finally:
        server.stop(None).wait()


if __name__ == "__main__":
    main()
