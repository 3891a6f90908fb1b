"""The picture of a lifting run: frames of different actions, keypoints beside joints."""

from pathlib import Path

import cv2
import numpy as np

from hrbench.data.pose_statistics import centred
from hrbench.pipeline.lifting.evaluation import LiftingEvaluation
from hrbench.pipeline.lifting.joint_sheet import sheet
from hrbench.report.predictions import JointPredictions
from hrbench.spec import DatasetSpec

FILE = "predictions.png"
ROWS = 6  # frames


def draw(
    folder: Path, dataset: DatasetSpec, looked_at: LiftingEvaluation, found: JointPredictions
) -> None:
    """Write a sheet of the middle frames of a few sequences, spread over all."""
    clips = looked_at.clips
    chosen = np.unique(np.linspace(0, len(clips) - 1, ROWS).astype(int)).tolist()
    starts = np.cumsum([0, *found.lengths])
    shown = [clips[index].at(slice(len(clips[index].frames) // 2, None)) for index in chosen]
    rows = [int(starts[index]) + len(clips[index].frames) // 2 for index in chosen]
    picture = sheet(
        np.stack([clip.keypoints[0] for clip in shown]),
        np.stack([centred(clip.joints)[0] for clip in shown]),
        found.joints[rows],
        dataset.indices(dataset.edges),
        dataset.keypoints,
        [f"{' '.join(clip.key)}, frame {clip.frames[0]}" for clip in shown],
    )
    cv2.imwrite(str(folder / FILE), picture)
