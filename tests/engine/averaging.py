"""Train the toy in one of torchrun's processes, by one way after the other.

torchrun --nproc-per-node 2 -m engine.averaging FOLDER WAY...  (in tests/)
"""

import csv
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from engine import toy
from engine.injected import Injected
from numpy.typing import NDArray
from torch import nn
from torch.nn.parallel import DistributedDataParallel

from hrbench.data.loader import order
from hrbench.engine.runtime import Runtime, processes
from hrbench.engine.schedule import batches_of
from hrbench.engine.step import Plan, Step
from hrbench.engine.train import Trainer

LR, LARGEST_NORM = 0.01, 1.0


def trainer(
    folder: Path, made: nn.Module, runtime: Runtime, epochs: int = toy.EPOCHS
) -> Trainer[torch.Tensor]:
    plan = Plan(toy.recipe(epochs=epochs, lr=LR), seed=0, workers=0, max_norm="gradients")
    return Trainer(Step(made, toy.cost(runtime.device), plan, runtime), toy.Noise(), folder)


def replayed(job: Trainer[torch.Tensor]) -> Injected:
    """Let a training take a card's graphs that there are none of."""
    card = Injected()
    job.step = Step(job.network, job.step.cost, job.plan, job.runtime, card)
    return card


def trained(folder: Path, way: str, runtime: Runtime) -> dict[str, Any]:
    """What a training by hrbench's steps comes to."""
    made, card = toy.network(seed=runtime.rank, normed=way != "whole"), None
    if way == "resumed":
        trainer(folder, made, runtime, epochs=1).fit(lambda: None)
        made = toy.network(seed=2 + runtime.rank)
    job = trainer(folder, made, replace(runtime, compiles=way == "compiled"))
    if way in ("replayed", "resumed", "whole"):
        card = replayed(job)
    job.resume()
    job.fit(lambda: None)
    losses = []
    if runtime.leads:
        with (folder / "log.csv").open() as log:
            losses = [float(row["loss"]) for row in csv.DictReader(log)]
    path = job.step.execution.path
    told = {"path": path, "replays": None if card is None else card.replayed}
    return {"network": made.state_dict(), "losses": losses, **told}


def wrapped(runtime: Runtime) -> dict[str, Any]:
    """What it comes to by torch's own wrapper, written out."""
    made = toy.network(seed=runtime.rank)
    network, optimizer = DistributedDataParallel(made), torch.optim.Adam(made.parameters(), LR)
    losses, norms, of = [], [], toy.cost(runtime.device)
    for epoch in range(toy.EPOCHS):
        total, samples = 0.0, 0
        for rows, own in parts(epoch, runtime):
            (batch,) = toy.Noise().batches([own], epoch, workers=0, pin=False)
            inputs, truth = of.prepared(batch)
            loss = of.loss(network(inputs), truth)
            optimizer.zero_grad()
            (loss * (len(own) * runtime.world / len(rows))).backward()
            norms.append(nn.utils.clip_grad_norm_(made.parameters(), LARGEST_NORM).item())
            optimizer.step()
            total, samples = total + loss.item() * len(own), samples + len(own)
        losses.append(total / samples)
    return {"network": made.state_dict(), "losses": losses, "norms": norms}


def parts(epoch: int, runtime: Runtime) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """The rows of every step, and this process's of them."""
    for rows in batches_of(order(toy.SAMPLES, 0, epoch), toy.BATCH, runtime.world):
        yield rows, rows[runtime.rank :: runtime.world]


def main(folder: str, *ways: str) -> None:
    """Leave what each way comes to in each process."""
    with processes("cpu") as runtime:
        for way in ways:
            (place := Path(folder, way)).mkdir(exist_ok=True)
            found = wrapped(runtime) if way == "wrapped" else trained(place, way, runtime)
            torch.save(found, place / f"{runtime.rank}.pt")


if __name__ == "__main__":
    main(*sys.argv[1:])
