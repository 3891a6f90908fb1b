"""The training loop: plain torch, readable from top to bottom."""

import copy
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from types import FrameType
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from hrbench.data.loader import Batch, TrainingCrops, order, training_batches
from hrbench.engine import checkpoint
from hrbench.engine.checkpoint import Position
from hrbench.engine.log import Log
from hrbench.engine.progress import Steps
from hrbench.engine.runtime import Runtime, normalised
from hrbench.engine.schedule import batches_of, learning_rate

STOPPING = (signal.SIGINT, signal.SIGTERM)
STOP_CHECK = 10  # steps between which several processes ask each other whether to stop


@dataclass(frozen=True, slots=True)
class Plan:
    """The numbers of a recipe."""

    lr: float
    milestones: tuple[int, ...]
    decay: float
    epochs: int
    batch_size: int  # per optimiser step, over all processes
    precision: str
    validate_every: int  # epochs, and at the end; 0 is never, and the last is the best
    seed: int
    workers: int


Cost = Callable[[Tensor, Batch], Tensor]  # the network's output and the batch, to a mean loss
Validate = Callable[[], float | None]  # the headline figure, higher is better; None: no truth


class Interrupted(KeyboardInterrupt):
    """Training was asked to stop, and has kept its checkpoint."""


class Trainer:
    """A network under training, in one process of a run.

    Leaves `log.csv` in `folder`, and `last.pt` and `best.pt` in its `checkpoints`.
    """

    def __init__(
        self,
        network: nn.Module,
        crops: TrainingCrops,
        cost: Cost,
        plan: Plan,
        runtime: Runtime,
        folder: Path,
    ) -> None:
        self.network, self.crops, self.cost = network, crops, cost
        self.plan, self.runtime, self.folder = plan, runtime, folder
        self.optimizer = torch.optim.Adam(network.parameters(), lr=plan.lr)
        self.shared = runtime.share(network)
        self.position = Position()

    @property
    def last(self) -> Path:
        """The checkpoint to go on from."""
        return self.folder / "checkpoints" / "last.pt"

    @property
    def steps_left(self) -> int:
        """Optimiser steps from here to the end."""
        per_epoch = len(self._batches(0))
        return (self.plan.epochs - self.position.epoch) * per_epoch - self.position.step

    def seconds_per_step(self) -> float:
        """Return how long a step will take, by trying two of a few samples; nothing changes."""
        before = copy.deepcopy(self.network.state_dict())
        width, height = self.crops.cutting.size
        few, pixels = 2, torch.zeros((2, height, width, 3), dtype=torch.uint8)
        points = self.crops.people.keypoints[:1].repeat(few, axis=0)
        batch = Batch(pixels, torch.from_numpy(points), torch.ones(points.shape[:2]) > 0)
        self.network.train()
        taken = []
        for _ in range(2):  # the first also makes room
            started = time.perf_counter()
            images = normalised(batch.images, self.runtime.device)
            self.cost(self.network(images), batch).backward()
            taken.append(time.perf_counter() - started)
        self.network.zero_grad()
        self.network.load_state_dict(before)
        return min(taken) / few * self.plan.batch_size / self.runtime.world

    def resume(self) -> None:
        """Go back to where an interrupted training stopped; to the start if it kept nothing."""
        if self.last.exists():
            self.position = checkpoint.restore(
                self.last, self.network, self.optimizer, self.runtime.device
            )

    def fit(self, validate: Validate) -> float:
        """Train to the end; return the share of time spent waiting for samples.

        Raises:
            Interrupted: after SIGINT or SIGTERM; `last.pt` is of the last step taken.
            RunError: the loss is no number any more.
        """
        plan, stop = self.plan, StopSignals()
        per_epoch = len(self._batches(0))
        done = self.position.epoch * per_epoch + self.position.step
        shown = self.runtime.leads
        with stop, Steps("training", plan.epochs * per_epoch, done, shown=shown) as steps:
            log = Log(self.folder / "log.csv" if shown else None, steps, done=done)
            while self.position.epoch < plan.epochs:
                self._epoch(log, stop)
                self._end_epoch(validate, stop)
                self._save()
                if self.runtime.any(stop.asked):
                    raise Interrupted
        return log.wait_share

    def _epoch(self, log: Log, stop: "StopSignals") -> None:
        epoch, plan = self.position.epoch, self.plan
        rate = learning_rate(plan.lr, plan.milestones, plan.decay, epoch)
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        self.network.train()
        left = self._batches(epoch)[self.position.step :]
        mine = [batch[self.runtime.rank :: self.runtime.world] for batch in left]
        pin = self.runtime.device.type == "cuda"
        batches = training_batches(self.crops, mine, epoch, workers=plan.workers, pin=pin)
        with closing(batches):  # ends the workers, also after an error
            for rows in left:
                asked = time.perf_counter()
                batch = next(batches)
                waited = time.perf_counter() - asked
                # Processes with more rows of a last, uneven batch count for more in the mean.
                share = len(batch.images) * self.runtime.world / len(rows)
                log.add(self._step(batch, share), len(batch.images), waited)
                self.position = replace(self.position, step=self.position.step + 1)
                if log.due():
                    log.flush(epoch, rate)
                if self._stopping(stop):
                    log.flush(epoch, rate)
                    self._save()
                    raise Interrupted
        log.flush(epoch, rate)

    def _step(self, batch: Batch, share: float) -> Tensor:
        images = normalised(batch.images, self.runtime.device)
        with self.runtime.autocast(self.plan.precision):
            loss = self.cost(self.shared(images), batch)
        self.optimizer.zero_grad()
        (loss * share).backward()
        self.optimizer.step()
        return loss

    def _batches(self, epoch: int) -> list[NDArray[np.int64]]:
        rows = order(len(self.crops.people), self.plan.seed, epoch)
        return batches_of(rows, self.plan.batch_size, self.runtime.world)

    def _stopping(self, stop: "StopSignals") -> bool:
        if self.runtime.world == 1:
            return stop.asked
        return self.position.step % STOP_CHECK == 0 and self.runtime.any(stop.asked)

    def _end_epoch(self, validate: Validate, stop: "StopSignals") -> None:
        every, epoch = self.plan.validate_every, self.position.epoch + 1
        ends, value = epoch == self.plan.epochs, None
        if every and (ends or epoch % every == 0):
            self._save()  # validation takes long, and is not waited for
            with stop.at_once():
                value = validate()
        best = self.position.best
        if (ends and best is None) or (value is not None and (best is None or value > best)):
            best = value
            if self.runtime.leads:
                checkpoint.save_weights(self.last.with_name("best.pt"), self.network)
        self.position = Position(epoch, step=0, best=best)

    def _save(self) -> None:
        if self.runtime.leads:
            checkpoint.save(self.last, self.network, self.optimizer, self.position)


class StopSignals:
    """Lets SIGINT and SIGTERM (a scheduler's) end the step under way, not break it."""

    def __init__(self) -> None:
        self.asked, self._waits = False, True
        self._before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> None:
        self._before = {number: signal.signal(number, self) for number in STOPPING}

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def __call__(self, _number: int, _frame: FrameType | None) -> None:
        """Take up a signal; after a second one nothing is waited for."""
        if self.asked or not self._waits:
            raise KeyboardInterrupt
        self.asked = True

    @contextmanager
    def at_once(self) -> Iterator[None]:
        """Let a signal break what is done here."""
        if self.asked:
            raise KeyboardInterrupt
        self._waits = False
        try:
            yield
        finally:
            self._waits = True
