"""The extension of Jupyter Server: every connection to a kernel is without delay, and otherwise as it was."""

import os
from types import SimpleNamespace

import pytest
from jupyter_server.services.kernels.connection.channels import ZMQChannelsWebsocketConnection
from traitlets import Any, HasTraits

from helpers import server


class Connection(HasTraits):
    """Stands for a connection of Jupyter Server's: it is given a handler of a socket, and connects."""

    websocket_handler = Any()

    def connect(self):
        """Note the call."""
        self.websocket_handler.calls.append("connect")
        return "what connecting returns"


class Handler:
    """Stands for tornado's handler of a socket; writes down what is asked of it."""

    def __init__(self):
        self.calls = []

    def set_nodelay(self, value):
        """Note the call and its value."""
        self.calls.append(("nodelay", value))


def loaded(connection):
    """The class of connections that a server has after it has loaded the extension."""
    app = SimpleNamespace(web_app=SimpleNamespace(settings={"kernel_websocket_connection_class": connection}))
    for point in server._jupyter_server_extension_points():
        assert point == {"module": "helpers.server"}
    server._load_jupyter_server_extension(app)
    return app.web_app.settings["kernel_websocket_connection_class"]


def test_the_delay_is_switched_off_before_the_first_message():
    handler = Handler()
    assert loaded(Connection)(websocket_handler=handler).connect() == "what connecting returns"
    assert handler.calls == [("nodelay", True), "connect"]


def test_the_connection_of_this_jupyter_server_is_extended():
    extended = loaded(ZMQChannelsWebsocketConnection)
    assert issubclass(extended, ZMQChannelsWebsocketConnection)
    assert extended.connect is not ZMQChannelsWebsocketConnection.connect


@pytest.fixture
def threads(monkeypatch):
    """No number of threads is set (what a test sets is gone after it)."""
    for name in server._THREADS:
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)
    return monkeypatch


def test_kernels_compute_in_one_thread(threads):
    loaded(Connection)
    assert {os.environ[name] for name in server._THREADS} == {"1"}


def test_a_number_of_threads_that_is_set_stays(threads):
    threads.setenv("OMP_NUM_THREADS", "4")
    loaded(Connection)
    assert os.environ["OMP_NUM_THREADS"] == "4"
    assert "OPENBLAS_NUM_THREADS" not in os.environ
