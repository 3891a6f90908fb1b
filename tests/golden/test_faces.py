"""The official face code: geometry, crops, targets, decoding, errors."""

import random

import numpy as np
import pytest
import torch
from golden.ledger import Ledger
from numpy.typing import NDArray
from shared import need_shared

from hrbench import catalog
from hrbench import face_geometry as geometry
from hrbench.data import face_crops
from hrbench.data.augment import Draw
from hrbench.data.cutting import OfficialFaceCutting
from hrbench.data.sample import People
from hrbench.engine.runtime import normalised
from hrbench.formats.faces import tables
from hrbench.geometry import flip_order
from hrbench.heads.faces import OfficialFaceHeatmap, find_peaks
from hrbench.metrics.nme import FaceTruth, normalisers, score_faces

GEOMETRY = "rest/face/geometry.npz"
PIPELINE = "rest/face/pipeline_300w.npz"
SLICE = "rest/face/300w_slice.csv"
CPU = torch.device("cpu")
CODEC = OfficialFaceHeatmap(64, 64, stride=4, sigma=1)
FIRST_PIXEL = 1  # its number in the files of 300-W
INTER_OCULAR = {"inter-ocular": ([36], [45])}


def test_matrices_and_whole_pixels_are_the_official_ones(golden: Ledger) -> None:
    z = golden.load(GEOMETRY)
    there, forward, back = [], [], []
    for row, edge in enumerate(z["size"].tolist()):
        crop = (z["center"][row : row + 1], z["scale"][row : row + 1], (edge, edge))
        there.append(geometry.crop_matrices(*crop, z["rot"][row])[0])
        forward.append(geometry.transform_pixel(z["pts"][row], there[-1]))
        inverse = geometry.crop_matrices(*crop, inverse=True)
        back.append(geometry.transform_pixel(z["hpts"][row], inverse))
    golden.check(GEOMETRY, "get_transform", np.array(there))
    golden.check(GEOMETRY, "transform_pixel_fwd", np.array(forward))
    golden.check(GEOMETRY, "transform_pixel_inv", np.array(back))


@pytest.mark.parametrize("name", ["300W", "WFLW", "COFW", "AFLW"])
def test_a_mirror_exchanges_left_and_right_as_officially(name: str, golden: Ledger) -> None:
    points = golden.load(GEOMETRY)[f"flip_{name}_in"]
    order = flip_order(len(points), flip_pairs(name.lower()))
    golden.check(GEOMETRY, f"flip_{name}_out", geometry.flip_points(points, 320, order))


@pytest.mark.parametrize("dtype", ["f32", "f64"])
def test_floats_are_stretched_resized_and_turned_as_officially(dtype: str, golden: Ledger) -> None:
    image = golden.load(GEOMETRY)[f"bytescale_{dtype}_in"]
    golden.check(GEOMETRY, f"bytescale_{dtype}_out", face_crops.stretched(image))
    golden.check(GEOMETRY, f"imresize_{dtype}_out", face_crops.resize(image, (5, 7)))
    golden.check(GEOMETRY, f"imrotate_{dtype}_out", face_crops.rotate(image, 17.5))


@pytest.mark.parametrize(
    ("key", "dtype"), [("crop_out", np.float32), ("crop_out_u8_source", np.uint8)]
)
def test_crops_of_floats_and_of_bytes_are_the_official_ones(
    key: str, dtype: type, golden: Ledger
) -> None:
    z = golden.load(GEOMETRY)
    image: face_crops.Pixels = z["crop_image"].astype(dtype)
    crops = [
        face_crops.cut(image, np.array([x, y], np.float32), scale, (64, 64), rotation)
        for x, y, scale, rotation in z["crop_cases"].tolist()
    ]
    golden.check(GEOMETRY, key, np.array(crops))


@pytest.mark.parametrize(
    ("key", "kernel"), [("gt_maps", "gaussian"), ("gt_maps_student", "student")]
)
def test_bumps_are_drawn_where_the_official_ones_are(key: str, kernel: str, golden: Ledger) -> None:
    z = golden.load(GEOMETRY)
    cases = z["gt_params"][: len(z[key])].tolist()
    seen = torch.ones(1, 1, dtype=torch.bool)
    maps = [
        OfficialFaceHeatmap(64, 64, 4, sigma, kernel)  # type: ignore[arg-type]
        .encode(torch.tensor([[[4 * x, 4 * y]]], dtype=torch.float64), seen, CPU)
        .maps[0, 0]
        .numpy()
        for x, y, sigma in cases
    ]
    golden.check(GEOMETRY, key, np.array(maps))


def test_published_boxes_follow_from_the_points(golden: Ledger) -> None:
    people = slice_of_the_goldens()
    centers, scales = geometry.box_of_points(people.keypoints + FIRST_PIXEL)
    ours = np.column_stack([centers, scales * geometry.PADDING])
    published = np.column_stack([people.centers + FIRST_PIXEL, people.scales[:, 0]])
    golden.check_value(SLICE, "*", ours, published)


def test_crops_and_targets_in_evaluation_are_the_official_ones(golden: Ledger) -> None:
    people = slice_of_the_goldens()
    cut = np.concatenate([cutting().plain(people, np.array([row]))[0] for row in range(2)])
    golden.check(PIPELINE, "test_crop_u8", cut)
    sub = normalised(torch.from_numpy(cut), CPU)[:, :, ::16, ::16]
    golden.check(PIPELINE, "test_norm_sub", sub.numpy())
    names = [people.images[image].name for image in people.image]
    golden.check_value(PIPELINE, "image_names", names, golden.load(PIPELINE)["image_names"])
    golden.check(PIPELINE, "test_pts", (people.keypoints + FIRST_PIXEL).astype(np.float32))
    check_crops(golden, "test", [(row, Draw()) for row in range(len(people))])


def test_crops_and_targets_in_training_are_the_official_ones(golden: Ledger) -> None:
    pairs = golden.load(PIPELINE)["train_index_seed"].tolist()
    drawn = [(row, official_draw(seed)) for row, seed in pairs]
    check_crops(golden, "train", drawn)
    golden.check(PIPELINE, "train_flipped", np.array([draw.flip for _, draw in drawn]))
    people, order = slice_of_the_goldens(), flip_order(68, flip_pairs("300w"))
    points = []
    for row, draw in drawn:
        points.append(people.keypoints[row] + FIRST_PIXEL)
        if draw.flip:
            width = face_crops.read_rgb(people.images[people.image[row]]).shape[1]
            points[-1] = geometry.flip_points(points[-1], width, order)
    golden.check(PIPELINE, "train_pts", np.array(points, np.float32))


def check_crops(golden: Ledger, kind: str, drawn: list[tuple[int, Draw]]) -> None:
    people = slice_of_the_goldens()
    crops = [cutting().augmented(people, row, draw) for row, draw in drawn]
    golden.check(PIPELINE, f"{kind}_crop_u8", np.array([crop.pixels for crop in crops]))
    turns = [draw.rotation for _, draw in drawn]
    frames = [[*c.center, c.scale[0], turn] for c, turn in zip(crops, turns, strict=True)]
    golden.check(PIPELINE, f"{kind}_center_scale_rot", np.array(frames, np.float64))
    keypoints = np.array([crop.keypoints for crop in crops])
    seen = np.array([crop.visible for crop in crops])
    # Officially whole cells, from 1; a point that is not drawn keeps its place in the image.
    places = np.where(seen[..., None], keypoints / face_crops.STRIDE + 1, keypoints)
    golden.check(PIPELINE, f"{kind}_tpts", places.astype(np.float32))
    targets = CODEC.encode(torch.from_numpy(keypoints), torch.from_numpy(seen), CPU)
    golden.check(PIPELINE, f"{kind}_target", targets.maps.numpy())


def test_heatmaps_decode_and_score_as_officially(golden: Ledger) -> None:
    z = golden.load(PIPELINE)
    quantised = torch.from_numpy(z["hm_q"].astype(np.float32) / 32)
    golden.check(PIPELINE, "hm_get_preds", find_peaks(quantised)[0].numpy() + 1)
    for prefix, maps in (("hm", quantised), ("target", torch.from_numpy(z["test_target"]))):
        frames = z["test_center_scale_rot"]
        cells = CODEC.decode(maps)[0].numpy()
        found = geometry.cells_to_image(cells, frames[:, :2], frames[:, 2])
        golden.check(PIPELINE, f"{prefix}_decoded", found)
        check_scores(golden, prefix, found.astype(np.float32))


def check_scores(golden: Ledger, prefix: str, found: NDArray[np.float32]) -> None:
    points = golden.load(PIPELINE)["test_pts"].astype(np.float64)
    sizes = normalisers(points, INTER_OCULAR)
    truth = FaceTruth(np.arange(len(points)), points, sizes)
    alone = [
        FaceTruth(truth.ids[[row]], points[[row]], {n: s[[row]] for n, s in sizes.items()})
        for row in truth.ids
    ]
    errors = [
        score_faces(one, found[one.ids], normaliser="inter-ocular").figures["NME"] / 100
        for one in alone
    ]
    golden.check(PIPELINE, f"{prefix}_nme", errors)
    if prefix == "hm":
        figures = score_faces(truth, found, normaliser="inter-ocular").figures
        failures = [figures[f"FR@{limit}"] * len(points) / 100 for limit in ("0.08", "0.10")]
        golden.check(PIPELINE, "hm_fail_008_010", failures)


def slice_of_the_goldens() -> People:
    """The faces of the goldens' CSV file, in the frame of `People`."""
    shared = need_shared()
    path, images = shared / "golden" / SLICE, shared / "real/300w/images"
    read = tables.examined(path, images, 68, counted_from=FIRST_PIXEL, box_column=False)
    return tables.sound(path, read).people


def cutting() -> OfficialFaceCutting:
    return OfficialFaceCutting((256, 256), flip_pairs("300w"), FIRST_PIXEL)


def flip_pairs(dataset: str) -> tuple[tuple[int, int], ...]:
    spec = catalog.load_dataset(dataset)
    return spec.indices(spec.flip_pairs)


def official_draw(seed: int) -> Draw:
    """What the official code draws, in its order."""
    rng = random.Random(seed)
    scale = rng.uniform(0.75, 1.25)
    rotation = rng.uniform(-30, 30) if rng.random() <= 0.6 else 0.0
    return Draw(scale=scale, rotation=rotation, flip=rng.random() <= 0.5)
