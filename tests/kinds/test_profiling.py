"""The stages that are timed find exactly what a run finds."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from hrbench.begun.options import Options
from hrbench.data.evaluation import LandmarkEvaluation
from hrbench.data.picture_batches import EvaluationPictures
from hrbench.data.pictures import Pictures
from hrbench.engine.runtime import Runtime
from hrbench.kinds.classes import predicting as classes
from hrbench.kinds.classes.task import Classification
from hrbench.kinds.landmarks import predicting as landmarks
from hrbench.kinds.landmarks import profiling as boxes
from hrbench.kinds.landmarks.task import Landmarks
from hrbench.kinds.lifting import predicting as lifting
from hrbench.kinds.lifting import profiling as frames
from hrbench.kinds.lifting.task import Lifting
from hrbench.kinds.profiled import Profiled, Stages
from hrbench.kinds.registry import kind_of
from hrbench.road.loading import Loaded, load
from hrbench.world.files import write_jpeg
from hrbench.world.people.picture import sample_picture

CPU = torch.device("cpu")


def small(name: str, *overrides: str) -> Loaded:
    return load(name, Options(overrides=overrides, device="cpu"))


def profiled(loaded: Loaded) -> Profiled:
    return kind_of(loaded.task.spec).profiled(loaded.task, loaded.network)


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    path = tmp_path / "picture.jpg"
    write_jpeg(path, sample_picture(np.random.default_rng(0), (480, 640)).image)
    return path


@pytest.mark.parametrize(
    ("task", "overrides"),
    [
        ("coco-pose@tiny", ("protocol.flip_test=true",)),
        ("mpii-pose@tiny", ("protocol.scales=[0.9, 1.0]",)),
        ("300w@tiny", ()),
        ("300w@tiny", ('protocol.pixels="official"',)),
    ],
)
def test_the_stages_find_the_keypoints_that_a_run_finds(
    task: str, overrides: tuple[str, ...], picture: Path
) -> None:
    loaded = small(task, *overrides)
    assert isinstance(loaded.task, Landmarks)
    found = walked(profiled(loaded).stages(picture, 3, Runtime(CPU)))
    people = boxes.people_of(loaded.task, picture, 3)
    seen = LandmarkEvaluation(
        people=people,
        truth=None,
        image_ids=people.image_ids,
        evaluated=3,
        expected=3,
        fingerprint="",
    )
    expected = landmarks.predictions(
        loaded.task.spec, loaded.task.pixels, loaded.network, seen, Runtime(CPU), workers=0
    )
    assert np.array_equal(found["keypoints"], expected.keypoints)
    assert np.array_equal(found["scores"], expected.scores)


def test_the_stages_find_the_classes_that_a_run_finds(picture: Path) -> None:
    loaded = small("imagenet@tiny", 'protocol.tta="ten-crop"')
    assert isinstance(loaded.task, Classification)
    labels, scores = walked(profiled(loaded).stages(picture, 1, Runtime(CPU)))
    rows = np.arange(1)
    seen = EvaluationPictures(Pictures((picture,), rows, rows), loaded.task.crops())
    expected = classes.predictions(
        loaded.network, seen, 10, Runtime(CPU), precision="fp32", workers=0, title=""
    )
    assert np.array_equal(labels, expected.labels)
    assert np.array_equal(scores, expected.scores)


@pytest.mark.parametrize("flip_test", [True, False])
def test_the_stages_lift_what_a_run_lifts(flip_test: bool, picture: Path) -> None:
    loaded = small("h36m-lift@tiny", f"protocol.flip_test={str(flip_test).lower()}")
    assert isinstance(loaded.task, Lifting)
    found = walked(profiled(loaded).stages(picture, 5, Runtime(CPU)))
    expected = lifting.predictions(
        loaded.network,
        [frames.clip_of(17, 5)],
        loaded.task.inputs,
        Runtime(CPU),
        flip_test=flip_test,
        precision="fp32",
        title="",
    )
    assert found.shape == (5, 17, 3)
    assert np.array_equal(found, expected.joints)


@torch.inference_mode()
def walked(stages: Stages) -> Any:
    """What the last stage gives."""
    given = None
    for stage in stages.values():
        given = stage(given)
    return given


def test_a_protocol_says_how_often_an_item_goes_through_the_network() -> None:
    both = ("protocol.flip_test=true", "protocol.scales=[0.9, 1.0, 1.1]")
    assert profiled(small("mpii-pose@tiny", *both)).passes == 6
    assert profiled(small("imagenet@tiny")).passes == 1
    assert profiled(small("imagenet@tiny", 'protocol.tta="ten-crop"')).passes == 10
    assert profiled(small("h36m-lift@tiny", "protocol.flip_test=false")).passes == 1
