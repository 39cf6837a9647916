"""The stand-in server's listening socket and its HTTP/1.1 connections, plain, TLS or AF_UNIX: one thread for each."""

import dataclasses
import http.server
import json
import os
import pathlib
import socket
import ssl
import threading
import time
import urllib.parse


@dataclasses.dataclass(frozen=True)
class Received:
    """One received request. `connection` counts from 1; `time` is monotonic."""

    method: str
    path: str
    query: dict
    headers: dict  # names in lower case
    parameters: dict  # of a JSON body
    connection: int
    time: float


class Wire:
    """Listens, and hands each request to `serve(request, handler)`."""

    def __init__(self, serve, certificate=None, unix: str | os.PathLike | None = None):
        self.stopping = threading.Event()
        self.connections = 0  # accepted so far, in any state
        self.hang_on_connect = False
        self._serve = serve
        self._tls = server_context(certificate) if certificate else None
        self._address = str(unix) if unix else ("127.0.0.1", 0)
        self._family = socket.AF_UNIX if unix else socket.AF_INET
        self._listener: socket.socket | None = None
        self._open: set[socket.socket] = set()

    @property
    def url(self) -> str:
        if self._family == socket.AF_UNIX:
            return f"unix:{self._address}"
        return f"https://localhost:{self._address[1]}" if self._tls else f"http://127.0.0.1:{self._address[1]}"

    def listen(self) -> None:
        self._bind()
        self._listener.listen(128)
        self._address = self._listener.getsockname()
        if self._family == socket.AF_UNIX:
            os.chmod(self._address, 0o666)
        threading.Thread(target=self._accept, args=(self._listener,), name="stand-in", daemon=True).start()

    def refuse(self) -> None:
        """A port without a listener that stays reserved, so that no other program can get it."""
        self._bind()
        self.drop_connections()

    def stop(self) -> None:
        self.stopping.set()
        self._close()
        self.drop_connections()

    def drop_connections(self) -> None:
        for connection in list(self._open):
            shut(connection)

    def _bind(self) -> None:
        self._close()
        if self._family == socket.AF_UNIX:
            pathlib.Path(self._address).unlink(missing_ok=True)
        self._listener = socket.socket(self._family, socket.SOCK_STREAM)
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._listener.bind(self._address)

    def _close(self) -> None:
        if self._listener is not None:
            shut(self._listener)
            self._listener.close()

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            self._open.add(connection)
            self.connections += 1
            threading.Thread(
                target=self._talk, args=(connection, self.connections), name="stand-in talk", daemon=True
            ).start()

    def _talk(self, plain: socket.socket, number: int) -> None:
        connection = plain
        try:
            if self.hang_on_connect:
                self.stopping.wait()
            if self._tls:
                connection = self._tls.wrap_socket(plain, server_side=True, do_handshake_on_connect=False)
                self._open.add(connection)
                connection.do_handshake()
            Handler(connection, number, self._serve)
        except OSError:
            pass  # the client went away, or did not like our certificate
        finally:
            self._open -= {plain, connection}
            connection.close()


class Handler(http.server.BaseHTTPRequestHandler):
    """Reads the requests of one connection."""

    protocol_version = "HTTP/1.1"

    def __init__(self, connection: socket.socket, number: int, serve):
        self.number, self._serve = number, serve
        super().__init__(connection, ("", 0), None)

    def do_GET(self) -> None:
        self._serve(self._received(), self)

    do_POST = do_DELETE = do_PUT = do_GET

    def _received(self) -> Received:
        at = time.monotonic()
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        path, _, query = self.path.partition("?")
        headers = {name.lower(): value for name, value in self.headers.items()}
        parameters = json.loads(body) if body else {}
        return Received(self.command, path, dict(urllib.parse.parse_qsl(query)), headers, parameters, self.number, at)

    def reply(self, status: int, body: bytes, headers: dict | None = None) -> None:
        fields = {
            "Content-Type": "application/json; charset=utf-8",
            "Content-Length": str(len(body)),
            **(headers or {}),
        }
        head = f"HTTP/1.1 {status} -\r\n" + "".join(f"{name}: {value}\r\n" for name, value in fields.items()) + "\r\n"
        self.wfile.write(head.encode("latin-1") + body)

    def log_message(self, *_) -> None:
        pass


def server_context(certificate) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate.certificate, certificate.key)
    return context


def shut(connection: socket.socket) -> None:
    try:
        socket.socket.shutdown(connection, socket.SHUT_RDWR)
    except OSError:
        pass  # was not connected any more
