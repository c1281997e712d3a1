"""The real llama.cpp server with a real model; `python -m support.llama_server PORT MODEL` serves until killed."""

import sys
import threading
from pathlib import Path


def serve(port: int, model: Path) -> None:
    """Serve the model on 127.0.0.1:`port` for ever."""
    import xllamacpp

    params = xllamacpp.CommonParams()
    params.model.path = str(model)
    params.hostnames = ["127.0.0.1"]
    params.port = port
    params.n_ctx = 1024
    params.n_parallel = 2
    params.endpoint_metrics = True
    server = xllamacpp.Server(params)
    threading.Event().wait()
    del server


if __name__ == "__main__":
    serve(int(sys.argv[1]), Path(sys.argv[2]))
