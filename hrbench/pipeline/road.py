"""One run from its data to its record, readable from top to bottom."""

import time
from dataclasses import replace
from pathlib import Path

from hrbench import network
from hrbench.backbone import weights
from hrbench.engine.runtime import Runtime, machine_limits
from hrbench.errors import HrbenchError, RunError
from hrbench.pipeline import curves, measuring, picture, recording, sources, training
from hrbench.pipeline import folder as run_folder
from hrbench.pipeline.folder import State
from hrbench.pipeline.formats import format_of
from hrbench.pipeline.options import Options
from hrbench.pipeline.predicting import predictions
from hrbench.report.predictions import Predictions
from hrbench.report.record import RunRecord, Weights
from hrbench.spec import DatasetSpec, TaskSpec

FROM_RANDOM = (
    "Training started from random weights; the published one starts from an ImageNet checkpoint "
    "(--init)."
)


class Road:
    """One run from its data to its record, in one process."""

    def __init__(
        self,
        spec: TaskSpec,
        dataset: DatasetSpec,
        source: sources.Source,
        options: Options,
        runtime: Runtime,
        checkpoint: weights.Checkpoint | None,
    ) -> None:
        self.spec, self.dataset, self.source = spec, dataset, source
        self.checkpoint = checkpoint  # None: to be trained
        self.options, self.runtime = options, runtime
        self.workers = training.workers(options.workers, runtime.world)

    def prepare(self) -> None:
        """Read everything that can be wrong, before anything is written or trained."""
        spec, options = self.spec, self.options
        read = format_of(self.dataset)
        self.looked_at = read.evaluation(
            spec, self.dataset, self.source, boxes=boxes_of(spec, options), limit=options.limit
        )
        if not len(self.looked_at.people):
            raise RunError(f"{spec.protocol.split} has no box to predict on; see --boxes, --limit")
        keypoints = len(self.dataset.keypoints)
        self.network = network.build(spec.model, keypoints, options.seed, spec.recipe.initial)
        self.given: Weights | None = None
        if self.checkpoint is not None:
            weights.load_network(self.checkpoint, self.network)
            self.given = _given(self.checkpoint)
        else:
            self.people = read.training(spec, self.dataset, self.source)
            self.init = training.initialise(self.network, options.init)
        self.network.to(self.runtime.device)

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
        found = self._predictions("predicting")
        if not self.runtime.leads:
            return None
        found.write(folder)
        if self.looked_at.division is not None:
            run_folder.write_division(folder, self.looked_at.division)
        state = replace(state, predict_seconds=time.perf_counter() - started)
        state.write(folder)
        record = recording.record_of(folder, self.spec, self.dataset, self.looked_at, state, found)
        picture.draw(folder, self.dataset, self.looked_at, found)
        curves.draw(folder, record.groups)
        record.write(folder)
        return record, folder

    def _with_weights(self, folder: Path, state: State) -> State:
        if self.given is not None:
            return run_folder.with_weights(state, self.given.model_dump(mode="json"), None)
        job = training.trainer(
            self.spec,
            self.dataset,
            self.people,
            self.network,
            self.runtime,
            folder,
            seed=self.options.seed,
            workers=self.workers,
        )
        job.resume()
        seconds = training.train(job, self._validate)
        trained = Weights(
            origin="trained",
            sha256=weights.digest(self.network),
            seen_datasets=_seen(self.spec, self.dataset),
            init=self.init,
        )
        state = run_folder.with_weights(state, trained.model_dump(mode="json"), seconds)
        return replace(state, notes=(*_notes(self.spec, self.init), *state.notes))

    def _predictions(self, title: str) -> Predictions:
        return predictions(
            self.spec,
            self.dataset,
            self.network,
            self.looked_at,
            self.runtime,
            workers=self.workers,
            keep_peaks=self.options.keep_peaks,
            title=title,
        )

    def _validate(self) -> float | None:
        if self.looked_at.truth is None:
            return None
        found = self._predictions("validating")
        return measuring.measure(self.spec, self.dataset, found, self.looked_at).headline


def boxes_of(spec: TaskSpec, options: Options) -> str:
    """Return where boxes come from: the protocol knows a file by its name only."""
    if options.boxes is not None and Path(options.boxes).name == spec.protocol.boxes:
        return options.boxes
    return spec.protocol.boxes


def _given(checkpoint: weights.Checkpoint) -> Weights:
    name, sha256 = checkpoint.path.name, checkpoint.sha256
    return Weights(origin=name, sha256=sha256, seen_datasets=(), init="unknown")


def _seen(spec: TaskSpec, dataset: DatasetSpec) -> tuple[str, ...]:
    return (f"{dataset.name}/{spec.protocol.train_split}", *spec.protocol.extra_data)


def _notes(spec: TaskSpec, init: str) -> tuple[str, ...]:
    if spec.recipe.init == "imagenet" and init == "random":
        return (FROM_RANDOM,)
    return ()
