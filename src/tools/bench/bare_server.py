"""Contender: a gRPC server in Python that sends prepared answers. What gRPC costs by itself.

    python -m spot_webcam.tools.bench.bare_server PORT FOLDER

Each file of the folder holds an answer; its name is the call that it answers, in hexadecimal.
"""

import sys
from concurrent import futures
from pathlib import Path

import grpc

METHOD = "/bosdyn.api.ImageService/GetImage"
WORKERS = 8


class PreparedAnswers(grpc.GenericRpcHandler):
    """Looks the answer up by the call's bytes."""

    def __init__(self, answers: dict[bytes, bytes]) -> None:
        self._handler: grpc.RpcMethodHandler[bytes, bytes] = grpc.unary_unary_rpc_method_handler(
            lambda request, _context: answers[request]
        )

    def service(
        self, handler_call_details: grpc.HandlerCallDetails
    ) -> "grpc.RpcMethodHandler[bytes, bytes] | None":
        """Answer GetImage only."""
        return self._handler if handler_call_details.method == METHOD else None


def main() -> None:
    """Serve until the standard input ends, which it does with the benchmark."""
    port, folder = sys.argv[1:]
    answers = {bytes.fromhex(file.name): file.read_bytes() for file in Path(folder).iterdir()}
    server = grpc.server(
        futures.ThreadPoolExecutor(WORKERS),
        handlers=[PreparedAnswers(answers)],
        options=[("grpc.max_send_message_length", -1), ("grpc.so_reuseport", 0)],
    )
    server.add_insecure_port(f"127.0.0.1:{port}")
    server.start()
    sys.stdin.read()
    server.stop(None).wait()


if __name__ == "__main__":
    main()
