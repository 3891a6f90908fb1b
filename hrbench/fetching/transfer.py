"""The bytes of an address into a file: by HTTP ranges, on from where it was cut off."""

import math
import re
import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import requests
from requests import Response, Session

from hrbench.engine.progress import Steps
from hrbench.errors import FetchError
from hrbench.fetching.fetched import MB, require_room

TRIES = 5  # in a row that bring nothing, once the server has answered
WAIT = 1.0  # seconds before the second of them; twice as long before each that follows
TIMEOUT = (10, 60)  # seconds to connect, and between two packets
CHUNK = 1 << 16  # bytes; what of one has come before a cut is lost
BUSY = {408, 425, 429, 500, 502, 503, 504}  # statuses that may be others in a moment
PAGE = "text/html"
RANGE = re.compile(r"bytes (?:(\d+)-\d+|\*)/(\d+)")  # of Content-Range


@dataclass(frozen=True, slots=True)
class Resuming:
    """A downloader for `pooch.retrieve` that goes on where it, or an earlier one, was cut off.

    What has come is kept in `part` with the tag of its version in a file beside it, so that parts
    of two versions are never put together.
    """

    part: Path
    title: str
    advice: str  # a sentence, where there is too little room or nothing can be written

    def __call__(
        self, address: str, output: str, pooch: object, *, check_only: bool = False
    ) -> None:
        """Write what an address gives into `output`.

        Raises:
            FetchError: there is no network, no room, or no such file.
        """
        del pooch, check_only  # pooch's, for registries
        try:
            with Session() as session, ExitStack() as stack:
                _Transfer(self, address, session, stack).whole()
            self.part.replace(output)
            self.tag.unlink(missing_ok=True)
        except requests.RequestException as error:
            raise FetchError(f"{address} cannot be fetched: {error}") from error
        except OSError as error:
            words = f"{self.part.parent} cannot be written to ({error.strerror})"
            raise FetchError(f"{words}. {self.advice}") from error

    @property
    def tag(self) -> Path:
        """The file with the version of which `part` is."""
        return self.part.with_name(f"{self.part.name}.tag")


class _Transfer:
    """One address on its way, over as many connections as it takes."""

    def __init__(self, to: Resuming, address: str, session: Session, stack: ExitStack) -> None:
        self.to, self.address, self.session, self.stack = to, address, session, stack
        self.steps: Steps | None = None
        self.answered = False

    def whole(self) -> None:
        """Fetch until all is there."""
        failures = 0
        while True:
            before = self.kept
            try:
                self._more()
            except BROKEN as error:
                failures = 1 if self.kept > before else failures + 1
                if not self.answered or failures == TRIES:
                    raise self._given_up(error) from error
                time.sleep(WAIT * 2 ** (failures - 1))
            else:
                return

    @property
    def kept(self) -> int:
        part = self.to.part
        return part.stat().st_size if part.exists() else 0

    def _more(self) -> None:
        """Take what one connection gives; raise `_Cut` where that is not all."""
        headers = {"Accept-Encoding": "identity"}
        if self.kept and self.to.tag.exists():
            headers |= {"Range": f"bytes={self.kept}-", "If-Range": self.to.tag.read_text("utf-8")}
        got = self.session.get(self.address, headers=headers, stream=True, timeout=TIMEOUT)
        with got as response:
            start, total = self._begun(response)
            if start is None:  # all is there
                return
            with self.to.part.open("r+b" if start else "wb") as file:
                file.seek(start)
                for block in response.iter_content(CHUNK):
                    file.write(block)
                    self._tell(file.tell(), total)
        if total is not None and self.kept != total:
            raise _Cut(f"{self.kept} of {total} bytes came")

    def _begun(self, response: Response) -> tuple[int | None, int | None]:
        """Return from which byte on an answer goes, and how many the file has, where it says.

        Raises:
            _Cut: it may be another in a moment.
            FetchError: it is no file, or there is no room for it.
        """
        self.answered = True
        named = RANGE.match(response.headers.get("Content-Range", ""))
        if response.status_code == requests.codes.requested_range_not_satisfiable:
            if named is not None and int(named[2]) == self.kept:
                return None, self.kept
            self.to.tag.unlink(missing_ok=True)  # begin anew
            raise _Cut("its range does not fit")
        if response.status_code in BUSY:
            raise _Cut(f"{response.status_code} {response.reason}")
        self._require_file(response)
        if response.status_code == requests.codes.partial_content:
            if named is None or int(named[1] or 0) != self.kept:
                self.to.tag.unlink(missing_ok=True)
                raise _Cut("another range came than was asked for")
            self._require_room(int(named[2]) - self.kept)
            return self.kept, int(named[2])
        length = response.headers.get("Content-Length")
        self._require_room(int(length or 0))
        _keep_tag(self.to.tag, response)
        return 0, int(length) if length else None

    def _require_file(self, response: Response) -> None:
        if not response.ok:
            answer = f"{response.status_code} {response.reason}".strip()
            raise FetchError(f"{self.address} cannot be fetched: the server answers {answer}")
        if response.headers.get("Content-Type", "").startswith(PAGE):
            raise FetchError(
                f"{self.address} answers with a web page, not with a file: open it in a browser, "
                "save the file from there, and name that file"
            )

    def _require_room(self, needed: int) -> None:
        require_room(self.to.part.parent, needed, self.to.title, self.to.advice)

    def _tell(self, done: int, total: int | None) -> None:
        """Let the user see how many megabytes have come."""
        if total is None:
            return
        if self.steps is None:
            steps = Steps(f"fetching {self.to.title} (MB)", math.ceil(total / MB), done // MB)
            self.steps = self.stack.enter_context(steps)
        now = self.steps.total if done == total else done // MB
        if now != self.steps.done:
            self.steps.advance(now - self.steps.done)

    def _given_up(self, error: Exception) -> FetchError:
        host = urlsplit(self.address).netloc
        if not self.answered:
            why = "its certificate is not trusted" if _distrusted(error) else "no network?"
            return FetchError(f"{self.address} cannot be fetched: {host} is not reached ({why})")
        why = str(error) if isinstance(error, _Cut) else type(error).__name__
        words = f"{self.address} was cut off again and again"
        return FetchError(f"{words} ({why}); what has come is kept, to go on from later")


class _Cut(Exception):  # noqa: N818  no error as long as it goes on
    """A connection ended before the file did."""


BROKEN = (
    requests.ConnectionError,
    requests.Timeout,
    requests.exceptions.ChunkedEncodingError,
    _Cut,
)


def _distrusted(error: Exception) -> bool:
    return isinstance(error, requests.exceptions.SSLError)


def _keep_tag(place: Path, response: Response) -> None:
    """Put down which version is coming, in a form that `If-Range` takes."""
    tag = response.headers.get("ETag", "")
    tag = response.headers.get("Last-Modified", "") if tag.startswith("W/") or not tag else tag
    if tag:
        place.write_text(tag, "utf-8")
    else:
        place.unlink(missing_ok=True)
