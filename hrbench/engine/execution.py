"""How a network was computed: the path, and why it was not a faster one."""

from dataclasses import asdict, dataclass
from typing import Any, Literal

Path = Literal["eager", "CUDA graph", "torch.compile"]
Format = Literal["contiguous", "channels_last"]


@dataclass(frozen=True, slots=True)
class Execution:
    """What a record tells of a training, or of a prediction."""

    path: Path
    precision: str  # as it was: "fp32" is never TF32
    memory_format: Format  # of the network's weights
    batch: int  # samples that go through together, in each process
    reasons: tuple[str, ...] = ()  # why a faster path was not taken, in sentences

    def content(self) -> dict[str, Any]:
        """Return it as a record has it."""
        return {**asdict(self), "reasons": list(self.reasons)}
