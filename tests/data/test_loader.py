from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from specs import landmark_task
from worlds import small_world

from hrbench import catalog
from hrbench.data.augment import draw
from hrbench.data.cutting import AffineCutting
from hrbench.data.images import read_image
from hrbench.data.loader import (
    ImageCrops,
    TrainingCrops,
    order,
    prediction_batches,
    rows_by_image,
)
from hrbench.data.sample import People, join
from hrbench.errors import DataError
from hrbench.formats import location
from hrbench.formats.coco import reading
from hrbench.spec import Augment

AUGMENT = Augment(
    scale=0.3, rotation=40, rotation_probability=0.6, flip=0.5, half_body=0.3, half_body_above=8
)


def people() -> People:
    spec = landmark_task("coco-pose@tiny")
    data_root = location.DataRoot(small_world(), synthetic=True)
    return reading.training(spec, catalog.load_dataset("coco"), data_root)


def crops() -> TrainingCrops:
    return TrainingCrops(people(), AffineCutting((96, 128), (0, 1, 2), ((1, 2),)), AUGMENT, seed=5)


def test_any_number_of_workers_gives_the_same_samples_in_the_same_order() -> None:
    dataset = crops()
    rows = np.array_split(order(len(dataset.people), seed=5, epoch=2), 3)
    loaded = [list(dataset.batches(rows, 2, workers=workers, pin=False)) for workers in (0, 2)]
    for alone, together in zip(*loaded, strict=True):
        assert torch.equal(alone.images, together.images)
        assert torch.equal(alone.keypoints, together.keypoints)
        assert torch.equal(alone.visible, together.visible)


def test_every_epoch_draws_anew_and_every_seed_too() -> None:
    assert sorted(order(10, 0, 0)) == list(range(10))
    assert order(10, 0, 0).tolist() != order(10, 0, 1).tolist()
    assert order(10, 0, 0).tolist() != order(10, 1, 0).tolist()


def test_all_boxes_are_predicted_on_once_in_batches_that_are_full() -> None:
    everyone = people()
    dataset, images = ImageCrops(everyone, AffineCutting((96, 128))), list(rows_by_image(everyone))
    batches = list(prediction_batches(dataset, images, 4, workers=0, pin=False))
    sizes = [len(pixels) for _, pixels in batches]
    assert set(sizes[:-1]) <= {4}
    assert sorted(np.concatenate([rows for rows, _ in batches])) == list(range(len(everyone)))


def test_draws_reach_their_limits_and_nothing_beyond() -> None:
    rng = np.random.default_rng(0)
    drawn = [draw(AUGMENT, 17, rng) for _ in range(2000)]
    scales = [one.scale for one in drawn]
    assert (min(scales), max(scales)) == (0.7, 1.3)
    assert max(abs(one.rotation) for one in drawn) == 80  # twice the deviation
    shares = {
        "rotation": np.mean([one.rotation != 0 for one in drawn]),
        "flip": np.mean([one.flip for one in drawn]),
        "half": np.mean([one.half_body for one in drawn]),
        "upper": np.mean([one.upper for one in drawn if one.half_body]),
    }
    expected = {"rotation": 0.6, "flip": 0.5, "half": 0.3, "upper": 0.69}
    assert shares == pytest.approx(expected, abs=0.05)


def test_few_visible_keypoints_give_no_half_body() -> None:
    rng = np.random.default_rng(0)
    assert not any(draw(AUGMENT, 8, rng).half_body for _ in range(200))


def test_exif_does_not_turn_an_image(tmp_path: Path) -> None:
    path = tmp_path / "upright.jpg"
    cv2.imwrite(str(path), np.zeros((20, 30, 3), np.uint8))
    plain = path.read_bytes()
    orientation = bytes.fromhex(
        "ffe1002245786966000049492a00080000000100120103000100000006000000000000000000"
    )[:36]
    path.write_bytes(plain[:2] + orientation + plain[2:])
    assert read_image(path).shape == (20, 30, 3)


@pytest.mark.parametrize("content", [b"", b"<html>not found</html>"])
def test_a_file_that_is_no_image_is_named(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "000000000001.jpg"
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"000000000001\.jpg is not a whole image"):
        read_image(path)


def test_joined_sets_keep_their_own_images() -> None:
    first = people()
    both = join([first, first])
    assert len(both) == 2 * len(first)
    assert both.images[both.image[len(first)]] == first.images[first.image[0]]
    assert both.image[len(first)] == first.image[0] + len(first.images)
