"""An extension of Jupyter Server: what a kernel says is sent to the browser at once.

A kernel that redraws a picture sends a small message ("busy") and then the picture. Without TCP_NODELAY the server's
system holds the picture back until the browser's system has acknowledged the small message, which it puts off for up
to 40 ms (Nagle's algorithm and delayed acknowledgements). `make bench` shows what that costs.

JupyterLab loads it by itself from the environment in which this package is installed.
"""

from typing import Any

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
    settings = app.web_app.settings
    settings["kernel_websocket_connection_class"] = _prompt(settings["kernel_websocket_connection_class"])
