"""Where a run computes: device, precision, and the processes that share it."""

import os
import signal
import time
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor

from hrbench import threads
from hrbench.engine import meeting
from hrbench.engine.precision import require_precision, single
from hrbench.errors import RunError

# Seconds of Python that gloo's threads get after their last message, to let go of it: in torch 2.4
# a process that ends before waits for them for ever.
LET_GO = 0.1
CARDS = {"gpu": "cuda:0"}  # names of torch's own devices in other programs


@dataclass(frozen=True, slots=True)
class Runtime:
    """One process of a run; alone, it is rank 0 of 1."""

    device: torch.device
    rank: int = 0
    world: int = 1
    compiles: bool = False  # networks, where a compiler can be had
    eager: bool = False  # computes as plain torch does, without anything that is only faster

    @property
    def leads(self) -> bool:
        """Whether this process is the one that writes and prints."""
        return self.rank == 0

    @contextmanager
    def autocast(self, precision: str) -> Iterator[None]:
        """Let a network compute in that precision: fp32 (in full), tf32 (of cards) or bf16."""
        half = torch.autocast(self.device.type, torch.bfloat16, enabled=precision == "bf16")
        with self.rounding(precision), half:
            yield

    def rounding(self, precision: str) -> AbstractContextManager[None]:
        """Return the context in which single precision is that; a backward pass needs no other.

        Raises:
            RunError: the device does not compute in such a precision.
        """
        require_precision(precision, self.device.type)
        return single(self.device, tf32=precision == "tf32")

    def average(self, values: Tensor) -> None:
        """Overwrite values by their mean over all processes."""
        if self.world > 1:
            values.mul_(1 / self.world)
            dist.all_reduce(values)

    @torch.no_grad()
    def broadcast(self, tensors: Iterable[Tensor]) -> None:
        """Overwrite tensors by the leading process's, in one message for each type of value."""
        if self.world == 1:
            return
        kinds: dict[torch.dtype, list[Tensor]] = {}
        for tensor in tensors:
            kinds.setdefault(tensor.dtype, []).append(tensor)
        for kind in kinds.values():
            message = torch.cat([tensor.flatten() for tensor in kind])
            dist.broadcast(message, 0)
            parts = message.split([tensor.numel() for tensor in kind])
            for tensor, part in zip(kind, parts, strict=True):
                tensor.copy_(part.view(tensor.shape))

    def gather(self, part: object) -> list[Any]:
        """Return what every process gives, in the order of their ranks."""
        if self.world == 1:
            return [part]
        parts: list[Any] = [None] * self.world
        with torch.inference_mode(mode=False):  # in which torch 2.4 gathers nothing
            dist.all_gather_object(parts, part)
        return parts

    def any(self, flag: bool) -> bool:
        """Return whether any process says so; all wait for each other here."""
        return any(self.gather(flag))

    def first(self, value: Any) -> Any:
        """Return the leading process's value to every process."""
        return self.gather(value)[0]


def choose_device(name: str) -> torch.device:
    """Return the device of that name; `auto` is CUDA where there is a card, else the CPU.

    A number is the card of that number, `gpu` the first.

    Raises:
        RunError: torch knows no such device, or the machine has none.
    """
    cuda = torch.cuda.is_available()
    if name == "auto":
        name = "cuda" if cuda else "cpu"
    try:
        device = torch.device(f"cuda:{name}" if name.isdecimal() else CARDS.get(name, name))
        if device.type == "cuda" and (not cuda or (device.index or 0) >= torch.cuda.device_count()):
            have = f"{torch.cuda.device_count()} CUDA cards" if cuda else "no CUDA"
            raise RunError(f"--device {name}: this machine has {have}; use --device cpu or auto")
        torch.zeros(1, device=device).item()  # 'meta' has no memory, others only a name
    except (RuntimeError, AssertionError, NotImplementedError, ImportError) as error:
        first = str(error).splitlines()[0].split(". ")[0]
        raise RunError(
            f"--device {name} cannot be used here ({first}); use --device cpu or auto"
        ) from error
    return device


@contextmanager
def processes(device: str, *, compiles: bool = False, eager: bool = False) -> Iterator[Runtime]:
    """Yield this process's runtime, as one of several where torchrun started it.

    Inside of another such context the processes are those of that one: torch does not find them
    together a second time.
    """
    world = int(os.environ.get("WORLD_SIZE", "1"))
    if world == 1:
        yield Runtime(choose_device(device), compiles=compiles, eager=eager)
        return
    rank, local = int(os.environ["RANK"]), int(os.environ.get("LOCAL_RANK", "0"))
    chosen = choose_device(device)
    if chosen.type == "cuda":
        chosen = choose_device(f"cuda:{local}")
        torch.cuda.set_device(chosen)
    runtime = Runtime(chosen, rank, world, compiles=compiles, eager=eager)
    if dist.is_initialized():
        yield runtime
        return
    with _ended_at_once():
        backend = "nccl" if chosen.type == "cuda" else "gloo"
        dist.init_process_group(backend, store=meeting.store(), rank=rank, world_size=world)
    try:
        yield runtime
    finally:
        time.sleep(LET_GO)
        dist.destroy_process_group()


@contextmanager
def _ended_at_once() -> Iterator[None]:
    """Let SIGTERM end a process that waits for others, in which Python gets no signal.

    Else torchrun, which begins anew where one of them is gone, would wait half a minute for it.
    """
    before = signal.signal(signal.SIGTERM, signal.SIG_DFL)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


@contextmanager
def machine_limits() -> Iterator[None]:
    """Say in a sentence that the machine's memory or disk has ended a run.

    Raises:
        RunError: it has.
    """
    try:
        yield
    except torch.cuda.OutOfMemoryError as error:
        raise RunError(
            "the GPU's memory is too small for this batch; try a smaller --set recipe.batch_size=… "
            "(another recipe than the published one), --precision bf16, --eager (without a graph, "
            "which has memory of its own), or more GPUs (torchrun)"
        ) from error
    except RuntimeError as error:
        if "DataLoader worker" not in str(error):
            raise
        raise RunError(
            "a process that reads images was ended from outside: memory, or shared memory "
            "(/dev/shm, in a container --shm-size), is too small; try fewer --workers, or 0"
        ) from error
    except OSError as error:
        place = error.filename or "a file of the run"
        raise RunError(f"{place} cannot be written: {error.strerror or error}") from error


def cards() -> int:
    """Return how many CUDA cards there are."""
    return torch.cuda.device_count()


def devices() -> dict[str, str]:
    """Return torch's build and what it can compute on, in words."""
    cards = [torch.cuda.get_device_name(i) for i in range(torch.cuda.device_count())]
    told = ", ".join(f"{name}={value}" for name, value in threads.settings().items())
    bf16 = "with bf16" if torch.cuda.is_available() and torch.cuda.is_bf16_supported() else ""
    return {
        "torch build": f"CUDA {torch.version.cuda}" if torch.version.cuda else "CPU only",
        "cuda": f"{', '.join(cards)} {bf16}".strip() if cards else "no card",
        "threads": f"{torch.get_num_threads()} ({told})",
    }
