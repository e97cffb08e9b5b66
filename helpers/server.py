"""An extension of Jupyter Server: what a kernel says is sent to the browser at once, and kernels are good neighbours.

A kernel that redraws a picture sends a small message ("busy") and then the picture. Without TCP_NODELAY the server's
system holds the picture back until the browser's system has acknowledged the small message, which it puts off for up
to 40 ms (Nagle's algorithm and delayed acknowledgements). `make bench` shows what that costs.

Matrices of a few hundred rows gain little from a second thread, and where the cores are busy (a class on one hub, a
video call beside the notebook) threads that wait for each other make training several times slower: so kernels
compute in one, unless the environment says otherwise.

JupyterLab loads it by itself from the environment in which this package is installed.
"""

import os
from typing import Any

_THREADS = ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS", "OMP_NUM_THREADS")

__all__: list[str] = []


def _prompt(connection: Any) -> Any:
    """The same class of connections between a kernel and a browser, with TCP_NODELAY."""

    class Prompt(connection):  # type: ignore[misc]
        def connect(self) -> Any:
            self.websocket_handler.set_nodelay(True)
            return super().connect()

    return Prompt


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    return [{"module": __name__}]


def _load_jupyter_server_extension(app: Any) -> None:
    if not any(name in os.environ for name in _THREADS):
        os.environ |= dict.fromkeys(_THREADS, "1")
    settings = app.web_app.settings
    settings["kernel_websocket_connection_class"] = _prompt(settings["kernel_websocket_connection_class"])
