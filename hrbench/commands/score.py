"""The figures of stored predictions, without the network."""

from pathlib import Path

from hrbench import catalog
from hrbench.begun import folder as run_folder
from hrbench.errors import RunError
from hrbench.formats import location
from hrbench.kinds.contract import AnyTask
from hrbench.kinds.registry import require_own_flags, task_of
from hrbench.report import predictions as stored
from hrbench.report.record import RunRecord
from hrbench.report.run_folders import SPEC
from hrbench.road import given, measuring, recording
from hrbench.road.resolve import is_modified, require_sound
from hrbench.road.telling import tell
from hrbench.road.uncertainty import surely_measured
from hrbench.spec import TaskSpec


def score(
    folder: Path,
    overrides: tuple[str, ...] = (),
    *,
    data: str | None = None,
    decoder: str | None = None,
    official: bool = False,
) -> RunRecord:
    """Compute the figures of a run again from its stored predictions, without the network.

    With overrides of the protocol, or another decoder of the peaks that were kept, nothing is
    written: the run's record stays what it is. With `official`, pycocotools computes them too,
    and what differs is an error.
    """
    spec, dataset, state = run_folder.read(folder)
    flags = {"decoder": decoder is not None, "official": official}
    require_own_flags(spec, {flag for flag, given in flags.items() if given})
    changes = (*overrides, *([f"protocol.decoder={decoder}"] if decoder else []))
    scored = catalog.load_task(str(folder / SPEC), changes)
    require_sound(scored, dataset, changes, folder / SPEC)
    options = given.data_again(folder, spec, dataset, state, data)
    data_root = location.locate(dataset, options.data, scored.builtin, options.allow)
    task = task_of(scored, dataset, data_root, options)
    _require_same_predictions(task, spec)
    evaluation = task.evaluation()
    measuring.require_truth(task, evaluation)
    given.require_same_files(folder, state, task, evaluation)
    recording.require_trained(folder, state)
    predictions = stored.read(folder, task.stored)
    if misfit := task.misfit(evaluation, predictions):
        raise RunError(f"{folder} {misfit}: put back the files that it was run on, or run again")
    predictions = task.decoded_again(evaluation, predictions, spec)
    kept_in = None if changes else folder
    measured = surely_measured(task, evaluation, predictions, kept_in)
    modified = is_modified(scored, catalog.shipped(scored.name))
    recording.hand_in(folder, task, predictions)
    record = recording.record_of(
        task, evaluation, measured, state, modified=modified, folder=kept_in
    )
    if official:
        tell(task.confirmed(evaluation, predictions))
    if not changes:
        record.write(folder)
    return record


def _require_same_predictions(task: AnyTask, spec: TaskSpec) -> None:
    before, after = (s.plain() for s in (spec, task.spec))
    for key in task.score_only_keys:
        before["protocol"].pop(key, None), after["protocol"].pop(key, None)
    if before != after:
        raise RunError(
            "score reads stored predictions, so --set can change only "
            f"protocol.{', protocol.'.join(task.score_only_keys)}; run again for other changes"
        )
