"""A run's folder: what is put down before the record, so that a run can go on or be scored."""

import hashlib
import json
import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

import tomli_w

from hrbench import catalog
from hrbench.begun.options import Options
from hrbench.errors import RunError
from hrbench.report import runs
from hrbench.report.run_folders import DATASET, DIVISION, FILE, SPEC, STATE, id_of
from hrbench.report.seal import canonical
from hrbench.spec import DatasetSpec, TaskSpec
from hrbench.whole import whole


@dataclass(frozen=True, slots=True)
class State:
    """What is known of a run before its figures."""

    options: Options
    started: str  # ISO 8601, UTC
    synthetic: bool
    environment: dict[str, Any]
    hardware: dict[str, Any]
    code: dict[str, Any]
    id: str = ""  # set by `create`; an older version's run has it at its end
    experiment: str = ""  # the same in every run of it; an older version's run says none
    # Of the data, as `Evaluation` has it; "" where there was no truth, which may still come; None
    # in an older version's run.
    fingerprint: str | None = None
    division: str = ""  # the fingerprint of how a table [split] divides its images, where one does
    example: tuple[str, ...] = ()  # what `hrbench predict` can be tried on, its arguments
    weights: dict[str, Any] | None = None  # of `record.Weights`; None until there are some
    train_seconds: float | None = None
    predict_seconds: float | None = None
    execution: dict[str, Any] = field(default_factory=dict)  # of `record.Execution`
    left_out: dict[str, int] = field(default_factory=dict)  # of training, by why
    notes: tuple[str, ...] = ()

    def write(self, folder: Path) -> None:
        """Put it down, whole or not at all.

        Raises:
            RunError: it cannot be written.
        """
        with whole(folder / STATE) as draft:
            draft.write_text(json.dumps(asdict(self), indent=2) + "\n", "utf-8")


def read(folder: Path) -> tuple[TaskSpec, DatasetSpec, State]:
    """Return what a run was started with.

    Raises:
        RunError: the folder is no run's.
    """
    if not folder.is_dir():
        raise RunError(f"{folder}: no such run folder. `hrbench report` lists the runs.")
    try:
        content = json.loads((folder / STATE).read_text("utf-8"))
        options = content.pop("options")
        lists = {key: tuple(options.get(key, ())) for key in ("overrides", "allow", "track")}
        options = Options(**{**options, **lists})
        lists = {key: tuple(content.get(key, ())) for key in ("notes", "example")}
        state = State(options=options, **{**content, **lists, "id": id_of(folder)})
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise RunError(f"{folder} is not the folder of a run ({STATE}: {error})") from error
    spec = catalog.load_task(str(folder / SPEC))
    if (folder / DATASET).exists():
        return spec, catalog.load_dataset(DATASET, beside=folder), state
    return spec, catalog.load_dataset(spec.dataset), state  # an older run kept none


def experiment_of(folder: Path) -> str:
    """Return what a run was asked to be, as `begun.experiment` has it; "" where it says none."""
    try:
        return str(json.loads((folder / STATE).read_text("utf-8")).get("experiment", ""))
    except (OSError, ValueError, AttributeError):  # missing, or spoilt
        return ""


def fingerprint(folder: Path, state: State) -> str:
    """Return that of the data that a run was started on; "" where none is known."""
    if state.fingerprint is not None or not (folder / FILE).is_file():
        return state.fingerprint or ""
    return runs.read(folder).dataset.fingerprint


def create(
    spec: TaskSpec, dataset: DatasetSpec, state: State, start: str | None
) -> tuple[Path, State]:
    """Make the folder of a new run, named by an id of its own; put spec, dataset and state there.

    Args:
        spec: the resolved one.
        dataset: its dataset's.
        state: without the id.
        start: the SHA-256 of the weights to evaluate, or what training starts from.

    Raises:
        RunError: it cannot be made.
    """
    out = Path(state.options.out)
    plain, started = spec.plain(), datetime.fromisoformat(state.started)
    facts = {"spec": plain, "start": start, **asdict(state)}
    state = replace(state, options=replace(state.options, out=str(out.absolute())))
    for attempt in count():
        run_id = hashlib.sha256(canonical({**facts, "attempt": attempt})).hexdigest()
        folder = runs.run_folder(out, spec.name, started, run_id)
        if not folder.exists():
            break  # else another one like it was started in the same second
    state = replace(state, id=run_id)
    try:
        folder.mkdir(parents=True)
        (folder / SPEC).write_text(tomli_w.dumps(plain), "utf-8")
        (folder / DATASET).write_text(tomli_w.dumps(dataset.plain()), "utf-8")
        state.write(folder)
    except RunError:
        discard(folder)
        raise
    except OSError as error:
        discard(folder)
        raise RunError(
            f"{error.filename or out} cannot be written ({error.strerror}); name another --out"
        ) from error
    return folder, state


def write_division(folder: Path, division: Mapping[str, object]) -> None:
    """Put down which images train and which validate, where a seed has chosen them."""
    with whole(folder / DIVISION) as draft:
        draft.write_text(json.dumps(division, indent=2) + "\n", "utf-8")


def discard(folder: Path) -> None:
    """Remove a run that failed, and the folders that were made for it; keep a checkpoint."""
    if (folder / "checkpoints").exists():
        return
    shutil.rmtree(folder, ignore_errors=True)
    made = folder.parents[:2] if folder.is_absolute() else folder.parents[:-1]
    for parent in made:
        if parent.is_dir() and not any(parent.iterdir()):
            parent.rmdir()


def now() -> str:
    """Return the time as `State.started` has it: fine enough to order runs of one second."""
    return datetime.now(UTC).isoformat()
