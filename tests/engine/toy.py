"""A network of a few weights, and what trains it."""

from collections.abc import Generator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from hrbench.engine.runtime import Runtime
from hrbench.engine.step import Cost, Plan, Step
from hrbench.engine.train import Trainer
from hrbench.spec import Recipe

SAMPLES, BATCH, EPOCHS = 19, 4, 2  # the last batch of an epoch has three


def network(*, last: bool = False, normed: bool = True, seed: int = 0) -> nn.Sequential:
    """Each sort of layer that is laid out, or counts; channels `last` in memory."""
    torch.manual_seed(seed)
    norm = nn.BatchNorm2d(4) if normed else nn.Identity()
    made = nn.Sequential(nn.Conv2d(3, 4, 3, bias=False), norm, nn.ReLU(), nn.Conv2d(4, 1, 3))
    return made.to(memory_format=torch.channels_last) if last else made


def cost(device: torch.device) -> Cost[Tensor]:
    """How far the answers are from the middle of the first plane."""

    def prepared(batch: Tensor) -> tuple[Tensor, ...]:
        return batch.to(device), batch[:, 0, 2:-2, 2:-2].to(device)

    def squared(answers: Tensor, truth: Tensor) -> Tensor:
        return (answers[:, 0] - truth).square().mean()

    return Cost(prepared, squared)


def recipe(**keys: Any) -> Recipe:
    plain = {"optimizer": "adam", "lr": 0.01, "epochs": EPOCHS, "batch_size": BATCH}
    return Recipe.model_validate({**plain, "precision": "fp32", **keys})


def step(made: nn.Module, runtime: Runtime, **keys: Any) -> Step[Tensor]:
    plan = Plan(recipe(**keys), seed=0, workers=0)
    return Step(made, cost(runtime.device), plan, runtime)


def losses(taken: Step[Tensor], counts: Sequence[int] = (4, 4, 2, 4, 4, 2)) -> list[float]:
    """What some steps come to, on batches of so many samples."""
    generator = torch.Generator().manual_seed(1)
    batches = [torch.rand(count, 3, 12, 12, generator=generator) for count in counts]
    return [taken(taken.prepared(batch)).item() for batch in batches]


class Noise:
    """Samples that are nothing."""

    def __len__(self) -> int:
        return SAMPLES

    def batches(
        self, batches: Sequence[NDArray[np.int64]], epoch: int, *, workers: int, pin: bool
    ) -> Generator[Tensor]:
        del epoch, workers, pin
        drawn = np.random.default_rng(0).random((SAMPLES, 3, 12, 12), dtype=np.float32)
        yield from (torch.from_numpy(drawn[rows]) for rows in batches)

    def some(self, count: int) -> Tensor:
        return torch.zeros(count, 3, 12, 12)


def trainer(folder: Path, runtime: Runtime) -> Trainer[Tensor]:
    plan = Plan(recipe(), seed=0, workers=0)
    made = network().to(runtime.device)
    return Trainer(Step(made, cost(runtime.device), plan, runtime), Noise(), folder)
