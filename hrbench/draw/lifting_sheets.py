"""The picture of a lifting run: frames of different actions, keypoints beside joints."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from hrbench.arrays import Pixels
from hrbench.data.clips import Clip, Key
from hrbench.data.evaluation import LiftingEvaluation
from hrbench.data.images import write_png
from hrbench.data.lifting_batches import LiftingBatch
from hrbench.data.pose_statistics import centred
from hrbench.draw import cases
from hrbench.draw.cases import Drawn
from hrbench.draw.changed import Answers, most_changed, pair
from hrbench.draw.joint_sheet import sheet
from hrbench.metrics.sample_errors import SampleErrors
from hrbench.report.cases import Case, Sort
from hrbench.report.predictions import JointPredictions
from hrbench.spec import DatasetSpec

FILE, TRAINING, WORST = "predictions.png", "training.png", "worst.png"
ROWS = 6  # frames


def draw(
    folder: Path, dataset: DatasetSpec, evaluation: LiftingEvaluation, predictions: JointPredictions
) -> None:
    """Write a sheet of the middle frames of a few sequences, spread over all."""
    clips = evaluation.clips
    chosen = np.unique(np.linspace(0, len(clips) - 1, ROWS).astype(int)).tolist()
    frames = [(index, len(clips[index].frames) // 2) for index in chosen]
    _write(folder / FILE, dataset, evaluation, predictions, frames)


def draw_worst(
    folder: Path,
    dataset: DatasetSpec,
    evaluation: LiftingEvaluation,
    predictions: JointPredictions,
    errors: SampleErrors,
    count: int,
) -> Path:
    """Write the worst frames of the sequences with the largest errors, the largest first."""
    frames = _worst(errors, predictions, min(count, ROWS))
    return _write(folder / WORST, dataset, evaluation, predictions, frames)


def case_pictures(
    dataset: DatasetSpec,
    evaluation: LiftingEvaluation,
    predictions: JointPredictions,
    errors: SampleErrors,
) -> Iterator[Drawn]:
    """Yield the worst frames of some sequences, and those around the median error of all."""
    starts = np.cumsum([0, *predictions.lengths])
    middle = errors.median(cases.MEDIAN).tolist()
    frames: dict[Sort, list[tuple[int, int]]] = {
        "worst": _worst(errors, predictions, cases.WORST),
        "median": [_frame(predictions, row) for row in middle],
    }
    for sort, chosen in frames.items():
        for index, row in chosen:
            clip, error = evaluation.clips[index], float(errors.errors[starts[index] + row])
            case = Case(
                sort=sort,
                id=f"{' '.join(clip.key)}, frame {clip.frames[row]}",
                image="",
                file="",
                error=error,
                words=f"MPJPE {error:.0f} mm",
                picture="",
            )
            yield Drawn(case, _picture(dataset, evaluation, predictions, [(index, row)]))


def _worst(
    errors: SampleErrors, predictions: JointPredictions, count: int
) -> list[tuple[int, int]]:
    """Return sequence and row of the worst frames of those with the largest errors."""
    by_clip = np.split(errors.errors, np.cumsum(predictions.lengths)[:-1])
    order = np.argsort([-float(part.max()) for part in by_clip], kind="stable")
    return [(int(index), int(by_clip[index].argmax())) for index in order[:count]]


def draw_changed(
    place: Path,
    dataset: DatasetSpec,
    runs: Sequence[Answers[LiftingEvaluation, JointPredictions, SampleErrors]],
    count: int,
) -> bool:
    """Write frames whose errors changed most, one of a performance; the truth is grey.

    Return whether there are any.
    """
    by_frame = [_by_frame(run.evaluation.clips) for run in runs]
    common = [frame for frame in by_frame[0] if frame in by_frame[1]]
    before, after = (
        run.errors.errors[[rows[frame] for frame in common]]
        for run, rows in zip(runs, by_frame, strict=True)
    )
    owners = np.array([f"{subject}/{name}" for (subject, name, _), _ in common])
    drawn = []
    for chosen in most_changed(before, after, owners, min(count, ROWS)):
        pictures = [
            _of_row(dataset, run, rows[common[chosen]])
            for run, rows in zip(runs, by_frame, strict=True)
        ]
        drawn.append(pair([run.letter for run in runs], pictures))
    if drawn:
        write_png(place, np.vstack(drawn))
    return bool(drawn)


def _of_row(
    dataset: DatasetSpec,
    run: Answers[LiftingEvaluation, JointPredictions, SampleErrors],
    row: int,
) -> Pixels:
    return _picture(dataset, run.evaluation, run.predictions, [_frame(run.predictions, row)])


def _frame(predictions: JointPredictions, row: int) -> tuple[int, int]:
    """Return of a row of all frames its sequence, and its row in that."""
    lengths = predictions.lengths
    clip = int(np.searchsorted(np.cumsum(lengths), row, side="right"))
    return clip, row - int(lengths[:clip].sum())


def _by_frame(clips: Sequence[Clip]) -> dict[tuple[Key, int], int]:
    """Return the row of each frame, by its sequence and number."""
    frames = [(clip.key, frame) for clip in clips for frame in clip.frames.tolist()]
    return {frame: row for row, frame in enumerate(frames)}


def draw_training(folder: Path, dataset: DatasetSpec, batch: LiftingBatch) -> Path:
    """Write keypoints as the network gets them, beside the joints of the frame to answer."""
    joints = batch.joints[:ROWS, 0].numpy()
    keypoints = batch.keypoints[:ROWS, batch.keypoints.shape[1] // 2].numpy()
    titles = [f"window {number}, its middle frame" for number in range(len(joints))]
    edges, names = dataset.indices(dataset.edges), dataset.keypoints
    write_png(folder / TRAINING, sheet(keypoints, joints, None, edges, names, titles))
    return folder / TRAINING


def _write(
    place: Path,
    dataset: DatasetSpec,
    evaluation: LiftingEvaluation,
    predictions: JointPredictions,
    frames: Sequence[tuple[int, int]],
) -> Path:
    """Write a sheet of frames, each by its sequence and its row in it."""
    write_png(place, _picture(dataset, evaluation, predictions, frames))
    return place


def _picture(
    dataset: DatasetSpec,
    evaluation: LiftingEvaluation,
    predictions: JointPredictions,
    frames: Sequence[tuple[int, int]],
) -> Pixels:
    starts = np.cumsum([0, *predictions.lengths])
    shown = [evaluation.clips[index].at(slice(row, row + 1)) for index, row in frames]
    return sheet(
        np.stack([clip.keypoints[0] for clip in shown]),
        np.stack([centred(clip.joints)[0] for clip in shown]),
        predictions.joints[[int(starts[index]) + row for index, row in frames]],
        dataset.indices(dataset.edges),
        dataset.keypoints,
        [f"{' '.join(clip.key)}, frame {clip.frames[0]}" for clip in shown],
    )
