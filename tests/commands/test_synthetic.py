"""The synthetic set cannot be guessed, only learned."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from mean_pose import in_crop, mean_pose
from specs import landmark_task
from worlds import small_world

from hrbench import catalog
from hrbench.begun.options import Options
from hrbench.commands import run as running
from hrbench.data.evaluation import LandmarkEvaluation
from hrbench.data.sample import People
from hrbench.formats import location
from hrbench.formats.coco import reading
from hrbench.formats.contract import PeopleFormat
from hrbench.formats.registry import FORMATS, format_of
from hrbench.kinds.landmarks import scoring
from hrbench.metrics.named.oks import OKS
from hrbench.report.predictions import Predictions
from hrbench.spec import DatasetSpec, LandmarkTask

DATASET = catalog.load_dataset("coco")


def ap(found: Predictions, evaluation: LandmarkEvaluation) -> float:
    spec = landmark_task("coco-pose@tiny")
    predictions, setting = scoring.measurable(found), scoring.setting(spec, DATASET)
    return OKS.score(OKS.compare(evaluation.truth, predictions, setting)).figures["AP"]


def test_the_mean_pose_scores_below_five() -> None:
    spec = landmark_task("coco-pose@tiny")
    data_root = location.DataRoot(small_world(120), synthetic=True)
    training = reading.training(spec, DATASET, data_root)
    evaluation = reading.evaluation(spec, DATASET, data_root, boxes="gt", limit=None)
    assert ap(mean_pose(training, evaluation), evaluation) < 5
    assert np.nanstd(in_crop(training), axis=0).min() > 0.03  # no keypoint has a fixed place


@pytest.mark.slow
def test_a_network_trained_on_shuffled_labels_scores_below_five(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = format_of(DATASET, PeopleFormat)

    def shuffled(spec: LandmarkTask, dataset: DatasetSpec, data_root: location.DataRoot) -> People:
        people = plain.training(spec, dataset, data_root)
        order = np.random.default_rng(0).permutation(len(people))
        crops = in_crop(people)[order] * people.scales[:, None] * 200 + people.centers[:, None]
        keypoints = np.nan_to_num(crops)
        return replace(people, keypoints=keypoints, visible=people.visible[order])

    monkeypatch.setitem(FORMATS, "coco", replace(plain, training=shuffled))
    options = Options(
        data=str(small_world(120)),
        out=str(tmp_path),
        workers=0,
        overrides=("recipe.epochs=8", "recipe.milestones=[6]", "protocol.boxes=gt"),
    )
    done = running.run("coco-pose@tiny", options)
    assert done is not None
    value = done[0].metrics["AP"].value
    assert value is not None
    assert value < 5
