"""The training loop: plain torch, readable from top to bottom."""

import signal
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from types import FrameType
from typing import Any, Generic, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from hrbench.data.loader import order
from hrbench.engine import checkpoint
from hrbench.engine.checkpoint import Position
from hrbench.engine.clock import clock
from hrbench.engine.graphs import Tensors
from hrbench.engine.log import Figure, Log, Track, untracked
from hrbench.engine.progress import Steps
from hrbench.engine.schedule import batches_of, momentum, rate
from hrbench.engine.step import Step
from hrbench.errors import RunError

STOPPING = (signal.SIGINT, signal.SIGTERM)
STOP_CHECK = 10  # steps between which several processes ask each other whether to stop


B = TypeVar("B")  # a batch
B_co = TypeVar("B_co", covariant=True)


class Feed(Protocol[B_co]):
    """What a network is trained on."""

    def __len__(self) -> int:
        """Return the number of samples of an epoch."""

    def batches(
        self, batches: Sequence[NDArray[np.int64]], epoch: int, *, workers: int, pin: bool
    ) -> Generator[B_co]:
        """Yield the batches of an epoch, given the rows of each."""

    def some(self, count: int) -> B_co:
        """Return so many samples of the usual size, whatever is in them."""


Validate = Callable[[], Figure | None]  # None: there is no truth


class Interrupted(KeyboardInterrupt):
    """Training was asked to stop, and has kept its checkpoint."""


class Trainer(Generic[B]):
    """A network under training, in one process of a run.

    Leaves `log.csv` in `folder`, and `last.pt` and `best.pt` in its `checkpoints`, with what is
    `said` of the network: plain values by name.

    Args:
        step: the network's, taken again and again.
        feed: the samples.
        folder: of the run.
        said: plain values by name, that checkpoints keep.
        track: takes what is logged.

    Raises:
        RunError: the warm-up is longer than the training.
    """

    def __init__(
        self,
        step: Step[B],
        feed: Feed[B],
        folder: Path,
        said: Mapping[str, Any] = checkpoint.NOTHING,
        track: Track = untracked,
    ) -> None:
        self.step, self.feed, self.folder, self.said = step, feed, folder, said
        self.track = track
        self.network, self.plan, self.runtime = step.network, step.plan, step.runtime
        self.recipe = self.plan.recipe
        self.clock = clock(self.runtime.device)
        self._told = self.step.reasons  # by whoever announces the training
        self.position = Position()
        self.steps = self.recipe.epochs * len(self._batches(0))  # the optimiser's, of all epochs
        if self.recipe.warmup_steps >= self.steps:
            raise RunError(
                f"recipe.warmup_steps is {self.recipe.warmup_steps}, and the training has "
                f"{self.steps} steps: the learning rate would never be recipe.lr"
            )

    @property
    def last(self) -> Path:
        """The checkpoint to go on from."""
        return self.folder / "checkpoints" / "last.pt"

    @property
    def steps_taken(self) -> int:
        """Those of them that are done."""
        return self.position.epoch * self.steps // self.recipe.epochs + self.position.step

    def resume(self) -> None:
        """Go back to where an interrupted training stopped; to the start if it kept nothing."""
        if self.last.exists():
            self.position = checkpoint.restore(self.last, self.network, self.step.optimizer)

    def fit(self, validate: Validate) -> float:
        """Train to the end; return the share of time spent waiting for samples.

        Raises:
            Interrupted: after SIGINT or SIGTERM; `last.pt` is of the last step taken.
            RunError: the loss is no number any more.
        """
        done, shown = self.steps_taken, self.runtime.leads
        stop = StopSignals(alone=self.runtime.world == 1)
        with stop, Steps("training", self.steps, done, shown=shown) as steps:
            path = self.folder / "log.csv" if shown else None
            log = Log(path, steps, done=done, track=self.track)
            while self.position.epoch < self.recipe.epochs:
                self._epoch(log, stop)
                self._end_epoch(validate, log, stop)
                self._save()
                if self.runtime.any(stop.asked):
                    raise Interrupted
        return log.wait_share

    def _epoch(self, log: Log, stop: "StopSignals") -> None:
        epoch, plan = self.position.epoch, self.plan
        if plan.momentum is not None:
            self.step.set_momentum(momentum(*plan.momentum, epoch, self.recipe.epochs))
        self.network.train()
        left = self._batches(epoch)[self.position.step :]
        mine = [batch[self.runtime.rank :: self.runtime.world] for batch in left]
        pin = self.runtime.device.type == "cuda"
        batches = self.feed.batches(mine, epoch, workers=plan.workers, pin=pin)
        self.clock.ends()
        with closing(batches):  # ends the workers, also after an error
            for rows, own in zip(left, mine, strict=True):
                lr = self._set_rate(log.step)
                tensors = self._next(batches)
                # Processes with more rows of a last, uneven batch count for more in the mean.
                share = len(own) * self.runtime.world / len(rows)
                self.clock.begins()
                log.add(self.step(tensors, share), len(own))
                self.clock.ends()
                self.position = replace(self.position, step=self.position.step + 1)
                self._tell_reasons(log)
                if log.due():
                    log.flush(epoch, lr, self.clock.waited())
                if self._stopping(stop):
                    log.flush(epoch, lr, self.clock.waited())
                    self._save()
                    raise Interrupted
        log.flush(epoch, self._set_rate(log.step), self.clock.waited())
        # Statistics are of each process's own samples; checkpoints have the leading one's.
        self.runtime.broadcast(self.network.buffers())

    def _next(self, batches: Iterator[B]) -> Tensors:
        with self.clock.asking():
            batch = next(batches)
        return self.step.prepared(batch)

    def _set_rate(self, step: int) -> float:
        lr = rate(self.recipe, self.position.epoch, step, self.steps)
        self.step.set_rate(lr)
        return lr

    def _tell_reasons(self, log: Log) -> None:
        """Say it if a path turns out not to be there: that is known only once it is taken."""
        for words in self.step.reasons[len(self._told) :]:
            log.steps.tell(words)
        self._told = self.step.reasons

    def _batches(self, epoch: int) -> list[NDArray[np.int64]]:
        rows = order(len(self.feed), self.plan.seed, epoch)
        return batches_of(rows, self.recipe.batch_size, self.runtime.world)

    def _stopping(self, stop: "StopSignals") -> bool:
        if self.runtime.world == 1:
            return stop.asked
        return self.position.step % STOP_CHECK == 0 and self.runtime.any(stop.asked)

    def _end_epoch(self, validate: Validate, log: Log, stop: "StopSignals") -> None:
        every, epoch = self.recipe.validate_every, self.position.epoch + 1
        ends, figure = epoch == self.recipe.epochs, None
        if every and (ends or epoch % every == 0):
            self._save()  # validation takes long, and is not waited for
            with stop.at_once():
                figure = validate()
        best, value = self.position.best, None if figure is None else figure.turned(figure.value)
        if (ends and best is None) or (value is not None and (best is None or value > best)):
            best = value
            if self.runtime.leads:
                checkpoint.save_weights(self.last.with_name("best.pt"), self.network, self.said)
        if figure is not None and best is not None:
            log.validated(epoch, self.recipe.epochs, figure, figure.turned(best))
        self.position = Position(epoch, step=0, best=best)

    def _save(self) -> None:
        if self.runtime.leads:
            checkpoint.save(self.last, self.network, self.step.optimizer, self.position, self.said)


class StopSignals:
    """Lets SIGINT and SIGTERM (a scheduler's) end the step under way, not break it.

    After a second Ctrl-C nothing is waited for. Other signals come more than once by themselves: a
    scheduler reaches every process of a job, and torchrun passes on to its own what it gets; to
    those the first is all (`alone` is false).
    """

    def __init__(self, *, alone: bool = True) -> None:
        self.asked, self._waits, self._alone = False, True, alone
        self._before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> None:
        self._before = {number: signal.signal(number, self) for number in STOPPING}

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def __call__(self, number: int, _frame: FrameType | None) -> None:
        """Take up a signal."""
        impatient = self.asked and self._alone and number == signal.SIGINT
        if impatient or not self._waits:
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
