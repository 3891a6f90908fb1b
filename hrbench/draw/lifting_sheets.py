"""The picture of a lifting run: frames of different actions, keypoints beside joints."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from hrbench.data.evaluation import LiftingEvaluation
from hrbench.data.images import write_png
from hrbench.data.lifting_batches import LiftingBatch
from hrbench.data.pose_statistics import centred
from hrbench.draw.joint_sheet import sheet
from hrbench.metrics.sample_errors import SampleErrors
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
    by_clip = np.split(errors.errors, np.cumsum(predictions.lengths)[:-1])
    order = np.argsort([-float(part.max()) for part in by_clip], kind="stable")
    frames = [(int(index), int(by_clip[index].argmax())) for index in order[: min(count, ROWS)]]
    return _write(folder / WORST, dataset, evaluation, predictions, frames)


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
    starts = np.cumsum([0, *predictions.lengths])
    shown = [evaluation.clips[index].at(slice(row, row + 1)) for index, row in frames]
    picture = sheet(
        np.stack([clip.keypoints[0] for clip in shown]),
        np.stack([centred(clip.joints)[0] for clip in shown]),
        predictions.joints[[int(starts[index]) + row for index, row in frames]],
        dataset.indices(dataset.edges),
        dataset.keypoints,
        [f"{' '.join(clip.key)}, frame {clip.frames[0]}" for clip in shown],
    )
    write_png(place, picture)
    return place
