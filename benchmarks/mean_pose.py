"""The dullest predictors: the mean pose of the training set everywhere, or one class."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from hrbench.data.clips import Clip
from hrbench.data.evaluation import LandmarkEvaluation
from hrbench.data.pose_statistics import centred
from hrbench.data.sample import People
from hrbench.geometry import UNIT
from hrbench.kinds.landmarks.predicting import of_boxes
from hrbench.report.predictions import ClassPredictions, JointPredictions, Predictions


def in_crop(people: People) -> NDArray[np.float64]:
    """Return (N, K, 2) keypoints as shares of their crops, NaN where not visible."""
    offset = people.keypoints - people.centers[:, None]
    shares = offset / (people.scales[:, None] * UNIT)
    return np.where(people.visible[..., None], shares, np.nan)


def mean_pose(training: People, evaluation: LandmarkEvaluation) -> Predictions:
    """Return the mean pose put into every box of an evaluation."""
    people = evaluation.people
    pose = np.nanmean(in_crop(training), axis=0)
    keypoints = people.centers[:, None] + pose * people.scales[:, None] * UNIT
    scores = np.ones(keypoints.shape[:2], dtype=np.float32)
    found = {"keypoints": keypoints.astype(np.float32), "scores": scores}
    return of_boxes(people, evaluation.image_ids, found)


def mean_joints(training: Sequence[Clip], clips: Sequence[Clip]) -> JointPredictions:
    """Return the mean pose around the hip, as the cameras see it, for every frame of clips."""
    pose = np.concatenate([centred(clip.joints) for clip in training]).mean(axis=0)
    count = sum(len(clip.frames) for clip in clips)
    return JointPredictions(
        clips=np.array(["/".join(clip.key) for clip in clips]),
        lengths=np.array([len(clip.frames) for clip in clips]),
        frames=np.concatenate([clip.frames for clip in clips]),
        keypoints=np.concatenate([clip.keypoints for clip in clips]).astype(np.float32),
        joints=np.broadcast_to(pose, (count, *pose.shape)).astype(np.float32),
    )


def commonest(training: NDArray[np.int64], count: int) -> ClassPredictions:
    """Return the five classes that most training pictures show, for so many pictures."""
    likely = np.argsort(-np.bincount(training), kind="stable")[:5]
    scores = np.full((count, 5), 0.2, dtype=np.float32)
    return ClassPredictions(np.arange(count), np.tile(likely, (count, 1)), scores)
