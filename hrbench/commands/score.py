"""The figures of stored predictions, without the network."""

import json
from collections.abc import Callable
from pathlib import Path

from hrbench.begun import folder as run_folder
from hrbench.data.evaluation import Evaluation
from hrbench.errors import RunError
from hrbench.kinds.contract import AnyTask
from hrbench.kinds.registry import require_own_flags
from hrbench.report import samples as one_by_one
from hrbench.report.output import require_free
from hrbench.report.predictions import Stored
from hrbench.report.record import RunRecord
from hrbench.road import again, recording
from hrbench.road.telling import tell
from hrbench.road.uncertainty import surely_measured
from hrbench.whole import whole


def score(
    folder: Path,
    overrides: tuple[str, ...] = (),
    *,
    data: str | None = None,
    decoder: str | None = None,
    official: bool = False,
    samples: str | None = None,
    coco_results: str | None = None,
    replaces: bool = True,
    say: Callable[[str], None] = tell,
) -> RunRecord:
    """Compute the figures of a run again from its stored predictions, without the network.

    With overrides of the protocol, or another decoder of the peaks that were kept, nothing is
    written: the run's record stays what it is. With `official`, pycocotools computes them too,
    and what differs is an error. `samples` and `coco_results` are files to write besides, those
    that are there only where it `replaces` them; `say` tells where each is and what it holds.
    """
    if samples:
        one_by_one.require_known(Path(samples))
    flags = {"decoder": decoder, "official": official, "coco_results": coco_results}
    asked = {flag for flag, given in flags.items() if given}
    require_own_flags(run_folder.read(folder)[0], asked)
    changes = (*overrides, *([f"protocol.decoder={decoder}"] if decoder else []))
    run = again.opened(folder, changes, data)
    for name in filter(None, (samples, coco_results)):
        require_free(Path(name), force=replaces)
    task, evaluation = run.task, again.evaluation_of(run)
    predictions = again.predictions_of(run, evaluation)
    if samples and evaluation.truth is None:
        raise RunError(f"--samples has errors, and there are none: {evaluation.without_truth}")
    kept_in = None if changes else folder
    measured = surely_measured(task, evaluation, predictions, kept_in)
    recording.hand_in(folder, task, predictions)
    record = again.record_of(run, evaluation, measured, kept_in)
    if official:
        tell(task.confirmed(evaluation, predictions))
    if samples:
        count = one_by_one.write(Path(samples), task.samples(evaluation, predictions))
        say(f"errors of {count:,} samples: {samples}")
    if coco_results:
        count = _write_results(Path(coco_results), task, evaluation, predictions)
        say(f"{count:,} poses in COCO's results format: {coco_results}")
    if not changes:
        record.write(folder)
    return record


def _write_results(path: Path, task: AnyTask, evaluation: Evaluation, predictions: Stored) -> int:
    found = task.coco_results(evaluation, predictions)
    with whole(path, "Name another file with -o.") as draft:
        draft.write_text(json.dumps(found), "utf-8")
    return len(found)
