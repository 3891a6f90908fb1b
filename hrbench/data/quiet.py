"""Standard error kept from the libraries that decode, and what they wanted to say there."""

import os
import tempfile
import threading

STDERR = 2
MOST = 4096  # bytes of what is said that anybody looks at


class Quiet:
    """Keeps what C libraries write to standard error while any thread is inside.

    libjpeg has no other switch for it.
    """

    def __init__(self) -> None:
        self._lock, self._inside, self._together = threading.Lock(), 0, False
        self._kept = self._place = self._process = -1
        self._thread = threading.local()

    @property
    def heard(self) -> str:
        """What was said while this thread was last inside; nothing where others were too."""
        return str(getattr(self._thread, "heard", ""))

    def __enter__(self) -> None:
        with self._lock:
            self._together = self._inside > 0
            if not self._inside:
                self._kept = os.dup(STDERR)
                os.dup2(self._file(), STDERR)
            self._inside += 1

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._inside -= 1
            self._thread.heard = ""
            if not self._inside:
                os.dup2(self._kept, STDERR)
                os.close(self._kept)
                said = self._taken()
                self._thread.heard = "" if self._together else said

    def _file(self) -> int:
        """Return the descriptor of what takes it all up: a file of this process's own."""
        if self._process != os.getpid():
            self._process, self._place = os.getpid(), _somewhere()
        return self._place

    def _taken(self) -> str:
        os.lseek(self._place, 0, os.SEEK_SET)
        said = os.read(self._place, MOST)
        if said:
            os.ftruncate(self._place, 0)
            os.lseek(self._place, 0, os.SEEK_SET)
        return said.decode("ascii", "replace")


def _somewhere() -> int:
    try:
        with tempfile.TemporaryFile() as file:
            return os.dup(file.fileno())
    except OSError:  # nowhere to write
        return os.open(os.devnull, os.O_RDWR)


QUIET = Quiet()
