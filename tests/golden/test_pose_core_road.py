"""From official images and annotations to crops and targets, by the road of `run`."""

import random

import cv2
import numpy as np
import torch
from golden import columns, slices
from golden.folder import each
from golden.ledger import Arrays, Ledger
from golden.slices import Slice
from specs import landmark_task

from hrbench.backbone.input import IMAGENET, Normalisation
from hrbench.data.augment import Crop, Draw
from hrbench.kinds.landmarks.pixels import Pixels, pixels
from hrbench.spec import Augment

each_pipeline = each("pose_core/pipeline_*.npz")
CPU = torch.device("cpu")
AUGMENTED_AS = slices.TASKS | {"crowdpose": "coco-pose"}  # the YAML that the goldens were made with


def kinds(golden: Ledger, file: str, *, drawn: bool) -> list[str]:
    """Return the sets of crops in a file, those with draws or those without: test, hi_test."""
    found = golden.names(file, r"(\w+)_crop_u8")
    return [kind for kind in found if (f"{kind}_index_seed" in golden.load(file)) == drawn]


def slice_of(golden: Ledger, file: str, kind: str) -> Slice:
    """The persons on the images of a file, for the crops of a kind: hi_test, hi_train."""
    z = golden.load(file)
    _, height, width, _ = z[f"{kind}_crop_u8"].shape
    return slices.load(slices.dataset_of(file), (height, width), set(z["image"].tolist()))


@each_pipeline
def test_persons_and_the_crops_to_predict_on_are_the_official_ones(
    file: str, golden: Ledger
) -> None:
    for kind in kinds(golden, file, drawn=False):
        seen = slice_of(golden, file, kind)
        people, px = seen.evaluation.people, pixels(seen.spec, seen.dataset)
        cut = [px.cutting.plain(people, np.array([row])) for row in range(len(people))]
        crops = torch.from_numpy(np.concatenate(cut))[:, 0]
        found: Arrays = {
            f"{kind}_crop_u8": crops.numpy(),
            f"{kind}_norm_sub": Normalisation(IMAGENET)(crops[:2])[:, :, ::16, ::16].numpy(),
            f"{kind}_center": people.centers,
            f"{kind}_scale": people.scales,
            f"{kind}_dtypes": [f"{people.centers.dtype},{people.scales.dtype}"] * len(people),
        }
        joints, joints_vis = columns.three(people.keypoints, people.visible)
        of_all: Arrays = {
            "ann_id": people.ids,
            "image": [people.images[image].name for image in people.image],
            "db_index": seen.rows,
            "db_joints_3d": joints,
            "db_joints_3d_vis": joints_vis,
        }
        begins = kind.removesuffix("test").removesuffix("_")
        again = {f"{begins}_{key}": values for key, values in of_all.items()}  # hi_image
        golden.check_known(file, found | of_all | again)
        drawn = [px.cutting.augmented(people, row, Draw()) for row in range(len(people))]
        check_crops(golden, file, kind, px, drawn)


@each_pipeline
def test_augmented_crops_and_targets_are_the_official_ones(file: str, golden: Ledger) -> None:
    spec = landmark_task(AUGMENTED_AS[slices.dataset_of(file)])
    augment = spec.augment
    for kind in kinds(golden, file, drawn=True):
        seen = slice_of(golden, file, kind)
        people, px = seen.evaluation.people, pixels(seen.spec, seen.dataset)
        place = {index: row for row, index in enumerate(golden.load(file)["db_index"].tolist())}
        pairs = golden.load(file)[f"{kind}_index_seed"].tolist()
        rows = [(place[index], seed) for index, seed in pairs]
        drawn = [official_draw(augment, int(people.visible[row].sum()), seed) for row, seed in rows]
        crops = [
            px.cutting.augmented(people, row, draw)
            for (row, _), draw in zip(rows, drawn, strict=True)
        ]
        found: Arrays = {
            f"{kind}_crop_u8": np.array([c.pixels for c in crops]),
            f"{kind}_center": np.array([c.center for c in crops]),
            f"{kind}_scale": np.array([c.scale for c in crops]),
            f"{kind}_dtypes": [f"{c.center.dtype},{c.scale.dtype}" for c in crops],
            f"{kind}_rotation": np.array([d.rotation for d in drawn]),
            f"{kind}_flip": np.array([d.flip for d in drawn]),
            f"{kind}_half_body": np.array([d.half_body for d in drawn]),
        }
        golden.check_known(file, found)
        check_crops(golden, file, kind, px, crops)


def check_crops(golden: Ledger, file: str, kind: str, px: Pixels, crops: list[Crop]) -> None:
    points, seen = (
        np.array([getattr(c, part) for c in crops]) for part in ("keypoints", "visible")
    )
    targets = px.codec.encode(torch.from_numpy(points), torch.from_numpy(seen), CPU)
    joints, joints_vis = columns.three(points, seen)
    found = {
        "trans": np.array([c.matrix for c in crops]),
        "joints": joints,
        "joints_vis": joints_vis,
        "target": targets.maps.numpy(),
        "target_weight": targets.weights[..., None].numpy(),
    }
    golden.check_known(file, {f"{kind}_{key}": values for key, values in found.items()})


def official_draw(augment: Augment, num_visible: int, seed: int) -> Draw:
    """What the official code draws from its two generators, in its order."""
    numpy, python = np.random.RandomState(seed), random.Random(seed)
    half = num_visible > augment.half_body_above and numpy.rand() < augment.half_body
    upper = half and numpy.randn() < 0.5
    factor = np.clip(numpy.randn() * augment.scale + 1, 1 - augment.scale, 1 + augment.scale)
    limit = 2 * augment.rotation
    rotated = python.random() <= augment.rotation_probability
    rotation = np.clip(numpy.randn() * augment.rotation, -limit, limit) if rotated else 0.0
    return Draw(half, bool(upper), factor, rotation, python.random() <= augment.flip)


@each("pose_core/pipeline_coco*.npz")
def test_detections_are_read_as_officially(file: str, golden: Ledger) -> None:
    z = golden.load(file)
    names = set(z["image"].tolist())
    people = slices.load("coco", (256, 192), names, boxes="det").evaluation.people
    found: Arrays = {
        "det_image_id": people.image_ids[people.image],
        "det_center": people.centers,
        "det_scale": people.scales,
        "det_score": people.scores,
    }
    golden.check_known(file, found)


def test_this_opencv_warps_like_the_official_one() -> None:
    assert int(cv2.__version__.split(".")[0]) == 4
