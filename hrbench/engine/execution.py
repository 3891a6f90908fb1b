"""How a network was computed: the path, and why it was not a faster one."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any, Literal

Path = Literal["eager", "torch.compile", "CUDA graph", "torch.compile, CUDA graph"]
EAGER = "--eager was asked for"
Format = Literal["contiguous", "channels_last"]
PATHS: dict[tuple[bool, bool], Path] = {  # by whether it is compiled, and captured
    (False, False): "eager",
    (True, False): "torch.compile",
    (False, True): "CUDA graph",
    (True, True): "torch.compile, CUDA graph",
}


@dataclass(frozen=True, slots=True)
class Execution:
    """What a record tells of a training, or of a prediction."""

    path: str  # of PATHS, and what else is done to the network
    precision: str  # as it was: "fp32" is never TF32
    memory_format: Format  # of the network's weights
    batch: int  # samples that go through together, in each process
    reasons: tuple[str, ...] = ()  # why a faster path was not taken, in sentences

    @property
    def words(self) -> str:
        """It in words, with the reasons."""
        many = f"{self.batch} at once"
        return "; ".join(
            (f"{self.path}, {self.precision}, {self.memory_format}, {many}", *self.reasons)
        )

    def content(self) -> dict[str, Any]:
        """Return it as a record has it."""
        return {**asdict(self), "reasons": list(self.reasons)}


def why(error: BaseException) -> str:
    """Return in a line what torch says of a failure."""
    lines = (line.strip() for line in str(error).splitlines())
    return next((line for line in lines if line and not line.endswith("raised:")), repr(error))


Told = Callable[[Execution], None]  # takes how a network was computed


def unheard(_: Execution) -> None:
    """Take it and do nothing."""
