"""How long a device stood still for samples between its steps."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

import torch


class Clock:
    """Seconds that a CPU waited for samples: the time in which they were asked for."""

    def __init__(self) -> None:
        self._waited = 0.0

    @contextmanager
    def asking(self) -> Iterator[None]:
        """Ask for samples in here."""
        asked = time.perf_counter()
        yield
        self._waited += time.perf_counter() - asked

    def begins(self) -> None:
        """Note that a step begins."""

    def ends(self) -> None:
        """Note that a step, or what lies between two epochs, has ended."""

    def waited(self) -> float:
        """Return the seconds since the last call."""
        waited, self._waited = self._waited, 0.0
        return waited


class CardClock(Clock):
    """Seconds that a card stood still: it goes on with a step while the next samples are got."""

    def __init__(self, device: torch.device) -> None:
        super().__init__()
        self.device = device
        self._still: list[tuple[torch.cuda.Event, torch.cuda.Event]] = []
        self._ended: torch.cuda.Event | None = None

    def begins(self) -> None:
        """Note that a step begins, as soon as the card comes to it."""
        if self._ended is not None:
            self._still.append((self._ended, self._mark()))

    def ends(self) -> None:
        """Note that a step ends when the card has done what it has been given."""
        self._ended = self._mark()

    def waited(self) -> float:
        """Return the seconds since the last call; waits for the card."""
        torch.cuda.synchronize(self.device)
        milliseconds: float = sum(ended.elapsed_time(begun) for ended, begun in self._still)
        self._still = []
        return milliseconds / 1000

    def _mark(self) -> torch.cuda.Event:
        event = torch.cuda.Event(enable_timing=True)
        event.record(torch.cuda.current_stream(self.device))
        return event


def clock(device: torch.device) -> Clock:
    """Return what times a device."""
    return CardClock(device) if device.type == "cuda" else Clock()
