"""A stand-in for the Hugging Face hub: as much of its HTTP API as its client asks for a file."""

import hashlib
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler

from fetching.server import listening

COMMIT = "c0ffee" + "0" * 34  # of main
FILE = re.compile(r"/(?P<repository>[^/]+/[^/]+)/resolve/(?P<revision>[^/]+)/(?P<file>.+)")


@dataclass
class Hub:
    """Its files by ORG/REPO and name, and how it is to behave; what was asked of it."""

    address: str = ""
    files: dict[tuple[str, str], bytes] = field(default_factory=dict)
    revisions: set[str] = field(default_factory=lambda: {"main", COMMIT})
    gated: set[str] = field(default_factory=set)
    cuts: list[int] = field(default_factory=list)  # bytes after which each next answer is cut off
    asked: list[str] = field(default_factory=list)  # files that were given, and from which byte on


class Handler(BaseHTTPRequestHandler):
    served: Hub

    def do_HEAD(self) -> None:
        self.answer(with_body=False)

    def do_GET(self) -> None:
        self.answer(with_body=True)

    def answer(self, *, with_body: bool) -> None:
        found = FILE.fullmatch(self.path)
        fault = self.fault(found)
        if found is None or fault:
            self.send_response(403 if fault == "GatedRepo" else 404)
            self.send_header("X-Error-Code", fault)
            if fault == "EntryNotFound":
                self.send_header("X-Repo-Commit", COMMIT)
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        content = self.served.files[found["repository"], found["file"]]
        start = self.begin(content)
        if with_body:
            self.served.asked.append(f"{found['file']} {start}")
            end = start + self.served.cuts.pop(0) if self.served.cuts else len(content)
            with suppress(ConnectionError):
                self.wfile.write(content[start:end])

    def begin(self, content: bytes) -> int:
        """Send the headers, and return the byte from which on it is asked for."""
        asked = re.fullmatch(r"bytes=(\d+)-\d*", self.headers.get("Range", ""))
        start, size = int(asked[1]) if asked else 0, len(content)
        self.send_response(206 if asked else 200)
        self.send_header("X-Repo-Commit", COMMIT)
        self.send_header("ETag", f'"{hashlib.sha256(content).hexdigest()}"')
        self.send_header("Accept-Ranges", "bytes")
        if asked:
            self.send_header("Content-Range", f"bytes {start}-{size - 1}/{size}")
        self.send_header("Content-Length", str(size - start))
        self.end_headers()
        return start

    def fault(self, found: re.Match[str] | None) -> str:
        if found is None or found["repository"] not in {name for name, _ in self.served.files}:
            return "RepoNotFound"
        if found["repository"] in self.served.gated:
            return "GatedRepo"
        if found["revision"] not in self.served.revisions:
            return "RevisionNotFound"
        there = (found["repository"], found["file"]) in self.served.files
        return "" if there else "EntryNotFound"

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def hub() -> Iterator[Hub]:
    """Be one, on a free port of this machine."""
    served = Hub()
    with listening(type("Serving", (Handler,), {"served": served})) as served.address:
        yield served
