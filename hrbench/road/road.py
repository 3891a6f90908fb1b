"""One run from its data to its record, readable from top to bottom."""

import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from hrbench.backbone import weights
from hrbench.backbone.about import About
from hrbench.data import remarks
from hrbench.data.loader import order
from hrbench.draw import curves
from hrbench.engine.log import Figure
from hrbench.engine.runtime import Runtime, machine_limits
from hrbench.errors import HrbenchError
from hrbench.kinds.contract import Task
from hrbench.report.record import RunRecord, Weights
from hrbench.road import measuring, recording, training
from hrbench.runs import folder as run_folder
from hrbench.runs import provenance
from hrbench.runs.folder import State
from hrbench.spec import TaskSpec

FROM_RANDOM = (
    "Training starts from random weights (init: random); the published one starts from an ImageNet "
    "checkpoint (--init)."
)
PICTURES = 24  # on a sheet, where nobody says how many


class Road:
    """One run from its data to its record, in one process."""

    def __init__(
        self, job: Task[Any], runtime: Runtime, checkpoint: weights.Checkpoint | None
    ) -> None:
        self.job, self.runtime = job, runtime
        self.checkpoint = checkpoint  # None: to be trained
        self.workers = training.workers(job.options.workers, runtime.world)
        asked = job.options.pictures
        self.pictures = (PICTURES if sys.stderr.isatty() else 0) if asked is None else asked

    def prepare(self) -> None:
        """Read everything that can be wrong, before anything is written or trained."""
        job = self.job
        remarks.taken()  # of what was read before
        job.look()
        self._require_truth()
        job.build()
        self.given: Weights | None = None
        if self.checkpoint is not None:
            untouched = job.load(self.checkpoint).missing
            self.before = provenance.known(self.checkpoint)
            self.given = _given(self.checkpoint, self.before, untouched)
            said = (*self.checkpoint.changes, *self._about_given())
            if self.runtime.leads and said:
                training.tell(" ".join((f"{self.checkpoint.path}:", *said)))
        else:
            self.feed = job.feed()
            self.begun = training.initialise(job, job.options.init)
        if self.runtime.leads:
            for words in dict.fromkeys((*job.allowed, *job.looked_at.allowed)):
                training.tell(words)
            if self.checkpoint is None:
                for words in _notes(job.spec, self.begun.init):
                    training.tell(words)
            training.tell_left_out("training", job.left_out)
            training.tell_left_out("what is measured", job.looked_at.left_out)
        job.network.to(self.runtime.device)

    def _require_truth(self) -> None:
        """Say before the training that nothing will be measured; measure nothing only as hidden.

        Raises:
            RunError: weights are given, and there is nothing to measure them by.
        """
        job = self.job
        if self.checkpoint is not None:
            measuring.require_truth(job)
        elif (reason := measuring.missing_truth(job)) and self.runtime.leads:
            training.tell(f"{reason}\nTraining goes on without it, and gives no figure.")

    @property
    def start(self) -> str:
        """What the run starts from: the hash of the given weights, or of a training's init."""
        return self.begun.init if self.checkpoint is None else self.checkpoint.sha256

    def walk(self, folder: Path, state: State) -> tuple[RunRecord, Path] | None:
        """Train, predict, score, record."""
        try:
            with machine_limits():
                return self._walk(folder, state)
        except HrbenchError:
            if self.runtime.leads:
                run_folder.discard(folder)
            raise
        except KeyboardInterrupt as stop:
            stop.add_note(str(folder))
            raise

    def _walk(self, folder: Path, state: State) -> tuple[RunRecord, Path] | None:
        state = self._with_weights(folder, state)
        started = time.perf_counter()
        found = self.job.predictions(self.runtime, workers=self.workers, title="predicting")
        remarks.add(self.runtime.gather(remarks.taken()))
        if not self.runtime.leads:
            return None
        found.write(folder)
        if self.job.looked_at.division is not None:
            run_folder.write_division(folder, self.job.looked_at.division)
        state = replace(state, predict_seconds=time.perf_counter() - started)
        state = replace(state, notes=(*state.notes, *remarks.sentences()))
        state.write(folder)
        for sentence in remarks.sentences():
            training.tell(sentence)
        record = recording.record_of(folder, self.job, state, found)
        self.job.draw(folder, found)
        if self.pictures and self.job.looked_at.truth is not None:
            _look_at(self.job.draw_worst(folder, found, self.pictures))
        curves.draw(folder, record.groups, self.job.metric.axes)
        record.write(folder)
        return record, folder

    def _with_weights(self, folder: Path, state: State) -> State:
        if self.given is not None and self.checkpoint is not None:
            state = run_folder.with_weights(state, self.given.model_dump(mode="json"), None)
            notes = (*_partial(self.given.untouched), *self.checkpoint.changes)
            return replace(state, notes=(*notes, *self._about_given(), *state.notes))
        if self.pictures and self.runtime.leads:
            _look_at(self.job.draw_training(folder, self._first_batch()))
        said = training.about(self.job, self.begun)
        lesson = training.trainer(
            self.job, self.feed, self.runtime, folder, said, workers=self.workers
        )
        lesson.resume()
        seconds = training.train(lesson, self._validate)
        trained = Weights(
            origin="trained",
            sha256=weights.digest(self.job.network),
            seen_datasets=said.seen_datasets,
            init=said.init,
            untouched=self.begun.untouched,
        )
        state = run_folder.with_weights(state, trained.model_dump(mode="json"), seconds)
        notes = (*_notes(self.job.spec, said.init), *_partial(self.begun.untouched))
        return replace(state, notes=(*notes, *self.begun.changes, *state.notes))

    def _about_given(self) -> tuple[str, ...]:
        """Return what is to be known of weights that were trained by another run."""
        job = self.job
        return provenance.notes(
            self.before, job.spec, job.dataset, synthetic=job.data_root.synthetic
        )

    def _first_batch(self) -> Any:
        """Return what the training begins with."""
        rows = order(len(self.feed), self.job.options.seed, 0)[: self.pictures]
        return next(self.feed.batches([rows], 0, workers=0, pin=False))

    def _validate(self) -> Figure | None:
        if self.job.looked_at.truth is None:
            return None
        found = self.job.predictions(self.runtime, workers=self.workers, title="validating")
        return measuring.measure(self.job, found).headline


def _look_at(picture: Path | None) -> None:
    if picture is not None:
        training.tell(f"look at: {picture}")


def _given(
    checkpoint: weights.Checkpoint, before: About | None, untouched: tuple[str, ...]
) -> Weights:
    rows = provenance.published(checkpoint)
    return Weights(
        origin=checkpoint.path.name,
        sha256=checkpoint.sha256,
        seen_datasets=() if before is None else before.seen_datasets,
        init="unknown" if before is None else before.init,
        untouched=untouched,
        published=rows[0]["file"] if rows else None,
        trained_for=None if before is None else before.name,
    )


def _partial(untouched: tuple[str, ...]) -> tuple[str, ...]:
    if not untouched:
        return ()
    are = "is" if len(untouched) == 1 else "are"
    count = len(untouched)
    return (f"{count} of the tensors {are} not in the given file and random (--allow-partial).",)


def _notes(spec: TaskSpec, init: str) -> tuple[str, ...]:
    if spec.recipe.init == "imagenet" and init == "random":
        return (FROM_RANDOM,)
    return ()
