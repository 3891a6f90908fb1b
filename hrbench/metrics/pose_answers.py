"""How the scores of poses, of their boxes and of their keypoints are calibrated, by the OKS."""

from typing import Any

import numpy as np

from hrbench.metrics import calibration
from hrbench.metrics.calibration import Answers
from hrbench.metrics.inputs import ANNOTATED, KeypointSetting
from hrbench.metrics.keypoints import ELSEWHERE
from hrbench.metrics.matched import Matched


def breakdown(found: Matched, setting: KeypointSetting) -> dict[str, Any]:
    """Return how the scores of poses that the protocol keeps, its selection, are calibrated.

    Those of boxes are left out where the boxes are annotated: all are 1.
    """
    annotated = {"box"} if setting.boxes == ANNOTATED else set()
    by_kind = pose_answers(found)
    return calibration.breakdown({k: v for k, v in by_kind.items() if k not in annotated})


def pose_answers(matched: Matched) -> dict[str, Answers]:
    """Return which poses, boxes and keypoints are right, with their scores.

    A `pose` is right where it finds a person at an OKS of 0.5, over all sizes; poses that are
    neither right nor wrong, as those of a crowd, are no answers. A `box` is as right as the pose
    that was found in it. A `keypoint` is right where its own term of the OKS is 0.5 or more;
    labelled ones of people who are found are answers.
    """
    poses, selection, matches = matched.poses, matched.selection, matched.matches
    counted, found = ~matches.ignored[0, 0], matches.found[0, 0] >= 0
    rows = selection.kept[matches.rows]
    terms = matched.errors.similarity
    labelled = ~np.isnan(terms)
    scores = poses.keypoint_scores[rows[found & counted]]
    return {
        "keypoint": Answers(scores[labelled], terms[labelled] >= ELSEWHERE),
        "box": Answers(poses.box_scores[rows][counted], found[counted]),
        "pose": Answers(selection.scores[rows][counted], found[counted]),
    }
