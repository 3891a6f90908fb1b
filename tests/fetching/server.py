"""A local HTTP server that gives ranges, cuts off, is busy or gives pages, as real ones do."""

import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any


@dataclass
class Served:
    """What is under each path, and how the server is to behave; what was asked of it."""

    address: str = ""
    files: dict[str, bytes] = field(default_factory=dict)
    cuts: list[int] = field(default_factory=list)  # bytes after which each next answer is cut off
    statuses: list[int] = field(default_factory=list)  # that come before any answer
    ranges: bool = True
    tag: str = '"one"'
    kind: str = "application/octet-stream"
    asked: list[str] = field(default_factory=list)  # the ranges, "" for a whole file


@contextmanager
def serving(**behaviour: Any) -> Iterator[Served]:
    """Serve on a free port of this machine."""
    served = Served(**behaviour)
    with listening(_handler(served)) as served.address:
        yield served


@contextmanager
def listening(handler: type[BaseHTTPRequestHandler]) -> Iterator[str]:
    """Answer on a free port of this machine, whose address is given."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _handler(served: Served) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            named = self.headers.get("Range", "")
            served.asked.append(named)
            content = served.files.get(self.path)
            if served.statuses:
                self.send_error(served.statuses.pop(0))
                return
            if content is None:
                self.send_error(404)
                return
            start = self._start(named)
            if start >= len(content) > 0:
                self.send_response(416)
                self.send_header("Content-Range", f"bytes */{len(content)}")
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            self.send_response(206 if start else 200)
            if start:
                last = len(content) - 1
                self.send_header("Content-Range", f"bytes {start}-{last}/{len(content)}")
            self.send_header("Content-Length", str(len(content) - start))
            self.send_header("Content-Type", served.kind)
            if served.tag:
                self.send_header("ETag", served.tag)
            self.end_headers()
            end = start + served.cuts.pop(0) if served.cuts else len(content)
            with suppress(ConnectionError):  # who asked may have read enough
                self.wfile.write(content[start:end])

        def _start(self, named: str) -> int:
            found = re.fullmatch(r"bytes=(\d+)-", named)
            fits = self.headers.get("If-Range", served.tag) == served.tag
            return int(found[1]) if found and served.ranges and fits else 0

        def log_message(self, *_: object) -> None:
            pass

    return Handler
