"""What a task costs on this machine: counted, timed, and said for a reader."""

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import cv2
import numpy as np
import torch

from hrbench.begun.options import Options
from hrbench.commands.profile.memory import MemoryWatch
from hrbench.commands.profile.timing import Timing, spread, timed
from hrbench.engine.progress import Steps
from hrbench.engine.runtime import Runtime, choose_device, machine_limits
from hrbench.kinds.complexity import Complexity
from hrbench.kinds.profiled import CROP, DECODE, NETWORK, READ, STAGES, Profiled
from hrbench.kinds.registry import kind_of
from hrbench.report import environment
from hrbench.road.loading import load
from hrbench.world.files import write_jpeg
from hrbench.world.people.picture import sample_picture

SIZE = (480, 640)  # height, width of the picture; most of COCO's are 640 wide
SEED, QUALITY = 1, 97  # with which the file has 140 kB, an average one of COCO


@dataclass(frozen=True, slots=True)
class Profile:
    """What was counted and measured of one task."""

    task: str
    variant: str
    model: str
    weights: str | None  # the file; None for random ones
    complexity: Complexity
    items: str  # what a batch has several of
    passes: int  # times that each of them goes through the network
    stages: str  # what they do, in words
    device: str
    hardware: dict[str, str | int | None]
    environment: dict[str, str | None]
    threads: int  # of torch, on the CPU
    precision: str
    picture: int | None  # bytes of the file that is read
    memory_of: str
    timings: tuple[Timing, ...]

    @property
    def bottleneck(self) -> str:
        """The slowest stage, in a sentence."""
        shares = {timing.batch: timing.shares() for timing in self.timings}
        slowest = {batch: max(parts, key=parts.__getitem__) for batch, parts in shares.items()}
        said = []
        for name in dict.fromkeys(slowest.values()):
            batches = [batch for batch in slowest if slowest[batch] == name]
            percents = sorted(round(100 * shares[batch][name]) for batch in batches)
            span = " to ".join(map(str, dict.fromkeys((percents[0], percents[-1]))))
            where = ", ".join(map(str, batches))
            said.append(f"{name} at batch {where} ({span} % of the time)")
        return f"The bottleneck is {'; '.join(said)}."

    @property
    def readers(self) -> int | None:
        """Processes that read and crop as fast as the network works, at the largest batch."""
        shares = self.timings[-1].shares()
        if READ not in shares:
            return None
        return math.ceil((shares[READ] + shares[CROP]) / (shares[NETWORK] + shares[DECODE]))

    def content(self) -> dict[str, Any]:
        """Return it as JSON has it; a stage that the task does not have is null."""
        return {
            "task": self.task,
            "variant": self.variant,
            "model": self.model,
            "weights": self.weights,
            "parameters": self.complexity.parameters,
            "multiply_adds": self.complexity.multiply_adds,
            "multiply_adds_of": self.complexity.item,
            "published_as": asdict(self.complexity.published),
            "passes": self.passes,
            "device": self.device,
            "hardware": self.hardware,
            "environment": self.environment,
            "threads": self.threads,
            "precision": self.precision,
            "picture": None
            if self.picture is None
            else {"height": SIZE[0], "width": SIZE[1], "bytes": self.picture},
            "items": self.items,
            "stages": self.stages,
            "peak_memory_of": self.memory_of,
            "batches": [_content(timing) for timing in self.timings],
            "bottleneck": self.bottleneck,
            "readers": self.readers,
        }


def profile(task: str, options: Options, batches: Sequence[int]) -> Profile:
    """Count a task's network and time its stages, on a picture that is made for it.

    Args:
        task: NAME, NAME@VARIANT or a TOML file; nothing of its dataset is read.
        options: of these `weights`, `overrides`, `device`, `precision`, `compile` and `eager`
            count.
        batches: how many boxes, pictures or frames go through together; the smaller come first.

    Raises:
        HrbenchError: the task or a flag is not known, the weights do not fit, or the machine is
            too small.
        ValueError: a batch of nothing.
    """
    if not batches or min(batches) < 1:
        raise ValueError(f"batches are of 1 or more, not {list(batches)}")
    device = choose_device(options.device)
    runtime = Runtime(device, compiles=options.compile, eager=options.eager)
    loaded = load(task, options)
    spec = loaded.task.spec
    profiled = kind_of(spec).profiled(loaded.task, loaded.network)
    loaded.network.to(device)
    sizes, watch = sorted(set(batches)), MemoryWatch(device)
    with machine_limits(), TemporaryDirectory(prefix="hrbench-") as folder, _one_core():
        picture = _written(Path(folder))
        timings = _timings(profiled, picture, sizes, runtime, watch)
        size = picture.stat().st_size if READ in timings[0].seconds else None
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else str(device)
    return Profile(
        task=spec.name,
        variant=spec.variant,
        model=spec.model.words,
        weights=options.weights,
        complexity=profiled.complexity,
        items=profiled.items,
        passes=profiled.passes,
        stages=profiled.words,
        device=str(device),
        hardware=environment.hardware(name),
        environment=environment.environment(),
        threads=torch.get_num_threads(),
        precision=spec.protocol.precision,
        picture=size,
        memory_of=watch.words,
        timings=timings,
    )


def _timings(
    profiled: Profiled, picture: Path, batches: list[int], runtime: Runtime, watch: MemoryWatch
) -> tuple[Timing, ...]:
    timings = []
    with Steps("profiling", sum(batches)) as steps:
        for batch in batches:
            stages = profiled.stages(picture, batch, runtime)
            timings.append(timed(stages, batch, runtime.device, watch))
            steps.note = f"batch {batch}"
            steps.advance(batch)
    return tuple(timings)


def _written(folder: Path) -> Path:
    picture = sample_picture(np.random.default_rng(SEED), SIZE)
    path = folder / "picture.jpg"
    write_jpeg(path, picture.image, QUALITY)
    return path


@contextmanager
def _one_core() -> Iterator[None]:
    """Let OpenCV work as in the processes that read for a run: on one core."""
    before = cv2.getNumThreads()
    cv2.setNumThreads(0)
    try:
        yield
    finally:
        cv2.setNumThreads(before)


def _content(timing: Timing) -> dict[str, Any]:
    shares = timing.shares()
    return {
        "batch": timing.batch,
        "repeats": timing.repeats,
        "seconds": {
            **{
                name: {**asdict(spread(timing.seconds[name])), "share": shares[name]}
                if name in shares
                else None
                for name in STAGES
            },
            "whole": asdict(spread(timing.whole)),
        },
        "per_second": timing.per_second,
        "peak_memory": {"bytes": timing.memory.size, "reason": timing.memory.reason or None},
    }
