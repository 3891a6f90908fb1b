"""The most memory that a network took: of a CUDA card, or of this process."""

from dataclasses import dataclass
from pathlib import Path

import torch

STATUS, FORGET = Path("/proc/self/status"), Path("/proc/self/clear_refs")  # proc(5)
PEAK_ALONE = "5"  # of what can be forgotten
SLACK = 2**24  # bytes that a process may take between two looks at it


@dataclass(frozen=True, slots=True)
class Memory:
    """A peak, or the reason why there is none."""

    size: int | None  # bytes
    reason: str = ""


class MemoryWatch:
    """Looks at the memory of one device.

    On a CPU it is that of the whole process, above what it holds as the watch is made.
    """

    def __init__(self, device: torch.device) -> None:
        self.device = device
        self._before = 0 if device.type != "cpu" or not STATUS.exists() else _held("VmRSS")

    @property
    def words(self) -> str:
        """What is measured."""
        if self.device.type == "cuda":
            return "what torch had allocated on the card, the network included"
        return "what the process held above what it held with the network loaded"

    def start(self) -> None:
        """Forget the peak so far."""
        if self.device.type == "cuda":
            torch.cuda.reset_peak_memory_stats(self.device)
        self._forgot = self.device.type == "cpu" and _forget_peak()

    def peak(self) -> Memory:
        """Return the peak since `start`."""
        if self.device.type == "cuda":
            return Memory(torch.cuda.max_memory_allocated(self.device))
        if self.device.type != "cpu":
            return Memory(None, f"not measured on {self.device.type}")
        if not self._forgot:
            return Memory(None, "measured on Linux only, where the peak can be reset")
        return Memory(max(0, _held("VmHWM") - self._before))


def _held(name: str) -> int:
    """Return the bytes of a line of the process's status."""
    lines = dict(line.split(":", 1) for line in STATUS.read_text("ascii").splitlines())
    return int(lines[name].split()[0]) * 1024


def _forget_peak() -> bool:
    """Let the process's peak be what it holds now; tell whether the system did."""
    try:
        FORGET.write_text(PEAK_ALONE, "ascii")
    except OSError:
        return False
    return _held("VmHWM") - _held("VmRSS") < SLACK
