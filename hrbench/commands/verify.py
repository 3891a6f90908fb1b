"""Whether what a run's folder holds is what its record says: figures again, hashes, weights."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from hrbench.begun import folder as run_folder
from hrbench.begun.folder import State
from hrbench.errors import HrbenchError, RunError
from hrbench.metrics.outcomes import Outcomes
from hrbench.report import archive, outcomes, predictions, runs, unpacking, verifying
from hrbench.report.environment import code_version
from hrbench.report.record import RunRecord
from hrbench.report.run_folders import FILE, SPEC, STATE
from hrbench.report.verifying import OPEN, Fault
from hrbench.spec import DatasetSpec, TaskSpec

Content = Mapping[str, Any]  # of a record, as its file has it


@dataclass(frozen=True, slots=True)
class Told:
    """What was looked at, or could not be, and why."""

    words: str
    done: bool = True


@dataclass(frozen=True, slots=True)
class Verified:
    """What was found of a run."""

    run: Path
    faults: tuple[Fault, ...]
    told: tuple[Told, ...]

    def content(self) -> dict[str, Any]:
        """Return it as JSON has it."""
        return {
            "run": unpacking.shown(self.run),
            "right": not self.faults,
            "faults": [fault.content() for fault in self.faults],
            "checked": [one.words for one in self.told if one.done],
            "unchecked": [one.words for one in self.told if not one.done],
        }

    @property
    def text(self) -> str:
        """It in lines, a sentence for each fault."""
        verdict = "not as its record says" if self.faults else "as its record says"
        told = (f"{'checked' if one.done else 'not checked'}: {one.words}" for one in self.told)
        faults = (f"fault: {fault}" for fault in self.faults)
        return "\n  ".join((f"{unpacking.shown(self.run)}: {verdict}", *told, *faults))


def named(names: Sequence[str]) -> tuple[list[Path], list[Path]]:
    """Return the folders of the runs that are named, and which of those in folders have not ended.

    Raises:
        RunError: a name stands for no run, or for several; or none has ended.
    """
    ended, unfinished = [], []
    for name in names:
        listed = archive.runs_of(name)
        unfinished += [folder for folder in listed if not (folder / FILE).is_file()]
        ended += listed or [archive.find(name)]
    ended = [folder for folder in dict.fromkeys(ended) if folder not in unfinished]
    if not ended:
        raise RunError(f"{unfinished[0]}: has not ended; name the runs that have")
    return ended, list(dict.fromkeys(unfinished))


def verify(folder: Path, data: str | None = None) -> Verified:
    """Compute a run's figures again from what it has left, and compare all with its record.

    From its predictions where the data are there (in `data`, or where they were); else from what
    each image adds to the figures.

    Raises:
        RunError: it is no run's folder, or has no record; or there are no such data in `data`.
    """
    found = list(_findings(folder, data))
    faults = tuple(dict.fromkeys(one for one in found if isinstance(one, Fault)))
    return Verified(folder, faults, tuple(one for one in found if isinstance(one, Told)))


def _findings(folder: Path, data: str | None) -> Iterator[Fault | Told]:
    try:
        text, content = runs.content(folder)
    except RunError as error:
        if not (folder / FILE).is_file():
            raise
        yield Fault(FILE, "", f"cannot be read: {error}")
        return
    yield from _of_files(folder, content)
    try:
        record = runs.validated(folder / FILE, text)
    except RunError as error:
        yield Fault(FILE, "", f"cannot be read: {error}")
        return
    if record.lacking:
        words = ", ".join(record.lacking)
        yield Told(f"{words}: the record is of an older version", done=False)
    try:
        spec, dataset, state = run_folder.read(folder)
    except HrbenchError as error:
        yield Fault(STATE, "", f"or {SPEC} cannot be read: {error}")
        return
    yield from _of_begin(content, spec, dataset, state)
    yield from _of_figures(folder, content, record, data)
    yield from _of_weights(folder, record, state)


def _of_files(folder: Path, content: Content) -> Iterator[Fault | Told]:
    yield Told("the seal of the record")
    yield from verifying.of_seal(folder, content)
    yield from verifying.of_files(folder, content)
    said = content.get("files")
    if isinstance(said, dict) and said:
        gone = [name for name in said if not (folder / name).is_file()]
        count = f"{len(said) - len(gone)} of {len(said)}" if gone else f"{len(said)}"
        rest = f"; not here: {', '.join(gone)}" if gone else ""
        yield Told(f"{count} files by their SHA-256{rest}")


def _of_begin(
    content: Content, spec: TaskSpec, dataset: DatasetSpec, state: State
) -> Iterator[Fault | Told]:
    """Compare with the spec, and with what was known of the run before its figures."""
    plain = spec.plain()
    of_spec = {
        "task": spec.name,
        "variant": spec.variant,
        "task_version": spec.version,
        "protocol": plain["protocol"],
        "spec": plain,
    }
    yield from verifying.of_keys(content, of_spec, SPEC)
    split = {"name": dataset.name, "split": spec.protocol.split}
    of_state = {
        "synthetic": state.synthetic,
        "dataset": {**split, "fingerprint": state.fingerprint or OPEN},
        "weights": state.weights,
        "code": state.code,
        "environment": state.environment,
        "hardware": state.hardware,
        "seed": state.options.seed,
        "times": {"train": state.train_seconds, "predict": state.predict_seconds, "score": OPEN},
        "execution": state.execution,
        "started": state.started.replace("+00:00", "Z"),
    }
    yield from verifying.of_keys(content, of_state, STATE)
    yield Told(f"the record beside {SPEC} and {STATE}")


def _of_figures(
    folder: Path, content: Content, record: RunRecord, data: str | None
) -> Iterator[Fault | Told]:
    """Compute the figures again: from the predictions, else from what each image adds to them."""
    from hrbench.road import again  # noqa: PLC0415  torch takes seconds
    from hrbench.road.uncertainty import surely_measured  # noqa: PLC0415

    try:
        run = again.opened(folder, data=data)
        evaluation = run.task.evaluation()
    except HrbenchError as error:
        if data is not None:
            raise
        yield Told(f"the predictions, on the data: {error}", done=False)
        yield from _by_outcomes(folder, record, "no data")
        return
    where = run.task.data_root.folder
    if evaluation.fingerprint != record.dataset.fingerprint:
        said, right = record.dataset.fingerprint[:12], evaluation.fingerprint[:12]
        yield Fault(FILE, "dataset.fingerprint", f"is {said}…; the files in {where} give {right}…")
    if not (folder / predictions.FILE).is_file():
        if predictions.FILE not in record.files:  # else that it is missing has been found
            yield Fault(predictions.FILE, "", "is missing")
        yield from _by_outcomes(folder, record, "no predictions")
        return
    try:
        found = again.predictions_of(run, evaluation)
    except HrbenchError as error:
        yield Fault(predictions.FILE, "", f"does not fit: {error}")
        return
    measured = surely_measured(run.task, evaluation, found, None)
    rebuilt = again.record_of(run, evaluation, measured, None)
    known = {**rebuilt.content(), **dict.fromkeys(("id", "seal", "files", "times"), OPEN)}
    if run.state.code != code_version().model_dump(mode="json"):
        known |= _of_other_code(known, record)
        words = (
            "what this version of hrbench adds, or makes in another way than the run's: modified"
        )
        more = ", intervals" if verifying.of_another_method(record) else ""
        yield Told(f"{words}, further groups{more}", done=False)
    yield from verifying.of_keys(content, known, predictions.FILE)
    if measured.outcomes is not None and (folder / outcomes.FILE).is_file():
        yield from _of_arrays(folder, record, measured.outcomes)
    yield Told(f"figures, intervals and groups again from {predictions.FILE} and {where}")


def _of_other_code(known: Content, record: RunRecord) -> dict[str, Any]:
    """Return what of a record this version of hrbench may do in another way, as open."""
    groups = verifying.as_far(record.groups, known["groups"])
    if not verifying.of_another_method(record):
        return {"modified": OPEN, "groups": groups}
    metrics = {
        name: {**figure, "low": OPEN, "high": OPEN} for name, figure in known["metrics"].items()
    }
    intervals = dict.fromkeys(("uncertainty", "group_intervals"), OPEN)
    return {"modified": OPEN, "groups": groups, "metrics": metrics, **intervals}


def _of_arrays(folder: Path, record: RunRecord, fresh: Outcomes) -> Iterator[Fault]:
    try:
        kept = outcomes.read(folder, record)
    except RunError as error:
        yield Fault(outcomes.FILE, "", f"cannot be read: {error}")
        return
    names = [field.name for field in fields(fresh)]
    yield from verifying.of_arrays(kept, fresh, names, outcomes.FILE)


def _by_outcomes(folder: Path, record: RunRecord, lacking: str) -> Iterator[Fault | Told]:
    try:
        kept = outcomes.read(folder, record)
    except RunError as error:
        yield Told(f"the figures: {error}", done=False)
        return
    yield from verifying.of_outcomes(kept, record)
    yield Told(f"figures and intervals again from {outcomes.FILE}")
    yield Told(f"complete, modified, n, left_out, notes, but by the seal: {lacking}", done=False)


def _of_weights(folder: Path, record: RunRecord, state: State) -> Iterator[Fault | Told]:
    from hrbench.road import again  # noqa: PLC0415  torch takes seconds

    try:
        place, sha256 = again.weights_of(folder, state)
    except HrbenchError as error:
        yield Fault("checkpoints", "", f"cannot be read: {error}")
        return
    if sha256 is None:
        yield Told(f"the weights: {place} is not here", done=False)
    elif sha256 == record.weights.sha256:
        yield Told(f"the weights in {place}")
    else:
        yield Fault(place, "", f"holds other weights ({sha256[:12]}) than the record says")
