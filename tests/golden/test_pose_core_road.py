"""From COCO's images to the official crops and targets, by the road of `run`."""

import random

import cv2
import numpy as np
import torch
from golden.ledger import Ledger
from shared import need_shared
from specs import landmark_task

from hrbench import catalog, network
from hrbench.data.augment import Crop, Draw, Ranges, crop
from hrbench.data.cutting import AffineCutting
from hrbench.data.evaluation import LandmarkEvaluation
from hrbench.data.images import read_image
from hrbench.data.loader import ImageCrops
from hrbench.engine.runtime import normalised
from hrbench.formats import location
from hrbench.formats.registry import format_of

PIPELINE = "pose_core/pipeline_coco.npz"
CPU = torch.device("cpu")


def looked_at(boxes: str, limit: int | None = 2) -> LandmarkEvaluation:
    """The real slice as `run --limit 2` sees it: the images of the goldens."""
    spec = landmark_task("coco-pose@w32-256x192")
    data_root = location.DataRoot(need_shared() / "real", synthetic=False)
    dataset = catalog.load_dataset("coco")
    return format_of(dataset).evaluation(spec, dataset, data_root, boxes=boxes, limit=limit)


def test_crops_to_predict_on_are_the_official_ones(golden: Ledger) -> None:
    people = looked_at("gt").people
    pixels = []
    for row in range(len(people)):
        item = ImageCrops(people, AffineCutting((192, 256)))[np.array([row])]
        assert isinstance(item, tuple)
        pixels.append(item[1])
    crops = torch.cat(pixels)[:, 0]  # at the one scale
    golden.check(PIPELINE, "test_crop_u8", crops.numpy())
    sub = normalised(crops[:2], CPU)[:, :, ::16, ::16]
    golden.check(PIPELINE, "test_norm_sub", sub.numpy())
    golden.check(PIPELINE, "test_center", people.centers)
    golden.check(PIPELINE, "test_scale", people.scales)
    golden.check(PIPELINE, "ann_id", people.ids)
    golden.check(PIPELINE, "db_index", np.arange(len(people)))
    golden.check(PIPELINE, "db_joints_3d", np.pad(people.keypoints, ((0, 0), (0, 0), (0, 1))))
    seen = people.visible.astype(float)
    golden.check(PIPELINE, "db_joints_3d_vis", np.stack([seen, seen, seen * 0], axis=2))
    names = [people.images[i].name for i in people.image]
    golden.check_value(PIPELINE, "image", names, golden.load(PIPELINE)["image"])
    check_crops(golden, "test", [made(row, Draw()) for row in range(len(people))])


def test_augmented_crops_and_targets_are_the_official_ones(golden: Ledger) -> None:
    spec = landmark_task("coco-pose@w32-256x192")
    ranges = Ranges(**spec.augment.model_dump())
    people = looked_at("gt").people
    rows = golden.load(PIPELINE)["train_index_seed"].tolist()
    drawn = [official_draw(ranges, int(people.visible[row].sum()), seed) for row, seed in rows]
    crops = [made(row, draw) for (row, _), draw in zip(rows, drawn, strict=True)]
    golden.check(PIPELINE, "train_crop_u8", np.array([c.pixels for c in crops]))
    golden.check(PIPELINE, "train_center", np.array([c.center for c in crops]))
    golden.check(PIPELINE, "train_scale", np.array([c.scale for c in crops]))
    golden.check(PIPELINE, "train_rotation", np.array([d.rotation for d in drawn]))
    golden.check(PIPELINE, "train_flip", np.array([d.flip for d in drawn]))
    golden.check(PIPELINE, "train_half_body", np.array([d.half_body for d in drawn]))
    check_crops(golden, "train", crops)


def check_crops(golden: Ledger, kind: str, crops: list[Crop]) -> None:
    golden.check(PIPELINE, f"{kind}_trans", np.array([c.matrix for c in crops]))
    joints = np.array([np.pad(c.keypoints, ((0, 0), (0, 1))) for c in crops])
    golden.check(PIPELINE, f"{kind}_joints", joints)
    seen = np.array([c.visible for c in crops])
    three = np.stack([seen, seen, np.zeros_like(seen)], axis=2).astype(float)
    golden.check(PIPELINE, f"{kind}_joints_vis", three)
    codec = network.codec(landmark_task("coco-pose@w32-256x192").model)
    points = torch.from_numpy(np.array([c.keypoints for c in crops]))
    targets = codec.encode(points, torch.from_numpy(seen), CPU)
    golden.check(PIPELINE, f"{kind}_target", targets.maps.numpy())
    golden.check(PIPELINE, f"{kind}_target_weight", targets.weights[..., None].numpy())


def made(row: int, drawn: Draw) -> Crop:
    people, dataset = looked_at("gt").people, catalog.load_dataset("coco")
    return crop(
        read_image(people.images[people.image[row]]),
        people.keypoints[row],
        people.visible[row],
        people.centers[row],
        people.scales[row],
        (192, 256),
        drawn,
        upper_body=range(11),
        flip_pairs=dataset.indices(dataset.flip_pairs),
    )


def official_draw(ranges: Ranges, num_visible: int, seed: int) -> Draw:
    """What the official code draws from its two generators, in its order."""
    numpy, python = np.random.RandomState(seed), random.Random(seed)
    half = num_visible > ranges.half_body_above and numpy.rand() < ranges.half_body
    upper = half and numpy.randn() < 0.5
    factor = np.clip(numpy.randn() * ranges.scale + 1, 1 - ranges.scale, 1 + ranges.scale)
    limit = 2 * ranges.rotation
    rotated = python.random() <= ranges.rotation_probability
    rotation = np.clip(numpy.randn() * ranges.rotation, -limit, limit) if rotated else 0.0
    return Draw(half, bool(upper), factor, rotation, python.random() <= ranges.flip)


def test_detections_are_read_as_officially(golden: Ledger) -> None:
    people = looked_at("det").people
    # The goldens' detections are those of their own two images, numbered by row.
    golden.check(PIPELINE, "det_image_id", people.image_ids[people.image])
    golden.check(PIPELINE, "det_center", people.centers)
    golden.check(PIPELINE, "det_scale", people.scales)
    golden.check(PIPELINE, "det_score", people.scores)


def test_this_opencv_warps_like_the_official_one() -> None:
    assert int(cv2.__version__.split(".")[0]) == 4
