"""The official face code: geometry, crops, targets, decoding, errors."""

import random
from dataclasses import dataclass
from pathlib import PurePath

import numpy as np
import pytest
import torch
from golden.folder import each
from golden.ledger import Ledger
from numpy.typing import NDArray
from shared import need_shared
from specs import landmark_task

from hrbench import catalog
from hrbench import face_geometry as geometry
from hrbench.backbone.input import IMAGENET, Normalisation
from hrbench.data import face_crops
from hrbench.data.augment import Draw
from hrbench.formats.faces import tables
from hrbench.formats.faces.tables import Faces
from hrbench.geometry import flip_order
from hrbench.heads.faces import OfficialFaceHeatmap, find_peaks
from hrbench.kinds.landmarks.pixels import Pixels, pixels
from hrbench.metrics.nme import BOX_SIZE, FaceTruth, normalisers, score_faces
from hrbench.spec import DatasetSpec, LandmarkTask

FOLDER = "rest/face"
CPU = torch.device("cpu")
SQUARE = (64, 64)  # cells, or pixels of a small crop
QUANTUM = 32  # of the golden heatmaps
each_geometry = each(f"{FOLDER}/geometry*.npz")
each_pipeline = each(f"{FOLDER}/pipeline_*.npz")


@each_geometry
def test_matrices_and_whole_pixels_are_the_official_ones(file: str, golden: Ledger) -> None:
    z = golden.load(file)
    there, forward, back = [], [], []
    for row, edge in enumerate(z["size"].tolist()):
        crop = (z["center"][row : row + 1], z["scale"][row : row + 1], (edge, edge))
        there.append(geometry.crop_matrices(*crop, z["rot"][row])[0])
        forward.append(geometry.transform_pixel(z["pts"][row], there[-1]))
        inverse = geometry.crop_matrices(*crop, inverse=True)
        back.append(geometry.transform_pixel(z["hpts"][row], inverse))
    golden.check(file, "get_transform", np.array(there))
    golden.check(file, "transform_pixel_fwd", np.array(forward))
    golden.check(file, "transform_pixel_inv", np.array(back))


@each_geometry
def test_a_mirror_exchanges_left_and_right_as_officially(file: str, golden: Ledger) -> None:
    for name in golden.names(file, r"flip_(\w+)_in"):
        points = golden.load(file)[f"flip_{name}_in"]
        order = order_of(catalog.load_dataset(name.lower()))
        golden.check(file, f"flip_{name}_out", geometry.flip_points(points, 320, order))


@each_geometry
def test_floats_are_stretched_resized_and_turned_as_officially(file: str, golden: Ledger) -> None:
    for dtype in golden.names(file, r"bytescale_(\w+)_in"):
        image = golden.load(file)[f"bytescale_{dtype}_in"]
        golden.check(file, f"bytescale_{dtype}_out", face_crops.stretched(image))
        golden.check(file, f"imresize_{dtype}_out", face_crops.resize(image, (5, 7)))
        golden.check(file, f"imrotate_{dtype}_out", face_crops.rotate(image, 17.5))


@each_geometry
@pytest.mark.parametrize(
    ("key", "dtype"), [("crop_out", np.float32), ("crop_out_u8_source", np.uint8)]
)
def test_crops_of_floats_and_of_bytes_are_the_official_ones(
    key: str, dtype: type, file: str, golden: Ledger
) -> None:
    z = golden.load(file)
    image: face_crops.RgbPixels = z["crop_image"].astype(dtype)
    crops = [
        face_crops.cut(image, np.array([x, y], np.float32), scale, SQUARE, rotation)
        for x, y, scale, rotation in z["crop_cases"].tolist()
    ]
    golden.check(file, key, np.array(crops))


@each_geometry
@pytest.mark.parametrize(
    ("key", "kernel"), [("gt_maps", "gaussian"), ("gt_maps_student", "student")]
)
def test_bumps_are_drawn_where_the_official_ones_are(
    key: str, kernel: str, file: str, golden: Ledger
) -> None:
    z = golden.load(file)
    cases = z["gt_params"][: len(z[key])].tolist()
    seen = torch.ones(1, 1, dtype=torch.bool)
    maps = [
        OfficialFaceHeatmap(*SQUARE, 4, sigma, kernel=kernel)  # type: ignore[arg-type]
        .encode(torch.tensor([[[4 * x, 4 * y]]], dtype=torch.float64), seen, CPU)
        .maps[0, 0]
        .numpy()
        for x, y, sigma in cases
    ]
    golden.check(file, key, np.array(maps))


@dataclass(frozen=True)
class Slice:
    """The faces of a golden CSV file, and how the published code cuts and reads them."""

    spec: LandmarkTask
    dataset: DatasetSpec
    found: Faces
    px: Pixels

    @property
    def first(self) -> int:
        """The number of the first pixel in the files of the set."""
        return self.dataset.counted_from

    def sizes(self, points: NDArray[np.float64]) -> dict[str, NDArray[np.float64]]:
        known = normalisers(points, self.dataset.normaliser_groups())
        return known if self.found.box_sizes is None else {BOX_SIZE: self.found.box_sizes}


def slice_of(golden: Ledger, name: str) -> Slice:
    dataset, spec = catalog.load_dataset(name), landmark_task(name, ["protocol.pixels=official"])
    path, images = golden.root / f"{FOLDER}/{name}_slice.csv", need_shared() / f"real/{name}/images"
    read = tables.examined(
        path,
        images,
        len(dataset.keypoints),
        counted_from=dataset.counted_from,
        box_column=dataset.format == "faces-box",
    )
    return Slice(spec, dataset, tables.sound(path, read), pixels(spec, dataset))


def name_of(file: str) -> str:
    """Return the set of rest/face/pipeline_300w.npz: 300w."""
    return PurePath(file).stem.split("_")[1]


def order_of(dataset: DatasetSpec) -> NDArray[np.int64]:
    return flip_order(len(dataset.keypoints), dataset.indices(dataset.flip_pairs))


@each(f"{FOLDER}/*_slice.csv")
def test_published_boxes_follow_from_the_points(file: str, golden: Ledger) -> None:
    seen = slice_of(golden, PurePath(file).name.split("_")[0])
    people, boxes = seen.found.people, seen.found.box_sizes
    published = people.scales[:, 0]
    if boxes is not None:  # the set's own, around which the points need not lie
        golden.check_value(file, "*", boxes / geometry.UNIT * geometry.PADDING, published)
        return
    centers, scales = geometry.box_of_points(people.keypoints + seen.first)
    golden.check_value(file, "*", centers, people.centers + seen.first)
    golden.check_value(file, "*", scales * geometry.PADDING, published)


@each_pipeline
def test_crops_and_targets_in_evaluation_are_the_official_ones(file: str, golden: Ledger) -> None:
    seen = slice_of(golden, name_of(file))
    people = seen.found.people
    cut = np.concatenate(
        [seen.px.cutting.plain(people, np.array([row]))[0] for row in range(len(people))]
    )
    golden.check(file, "test_crop_u8", cut)
    sub = Normalisation(IMAGENET)(torch.from_numpy(cut))[:, :, ::16, ::16]
    golden.check(file, "test_norm_sub", sub.numpy())
    names = [people.images[image].name for image in people.image]
    golden.check_value(file, "image_names", names, golden.load(file)["image_names"])
    golden.check(file, "test_pts", (people.keypoints + seen.first).astype(np.float32))
    check_crops(golden, file, "test", seen, [(row, Draw()) for row in range(len(people))])


@each_pipeline
def test_crops_and_targets_in_training_are_the_official_ones(file: str, golden: Ledger) -> None:
    pairs = golden.load(file)["train_index_seed"].tolist()
    drawn = [(row, official_draw(seed)) for row, seed in pairs]
    seen = slice_of(golden, name_of(file))
    check_crops(golden, file, "train", seen, drawn)
    golden.check(file, "train_flipped", np.array([draw.flip for _, draw in drawn]))
    people, order = seen.found.people, order_of(seen.dataset)
    points = []
    for row, draw in drawn:
        points.append(people.keypoints[row] + seen.first)
        if draw.flip:
            width = face_crops.read_rgb(people.images[people.image[row]]).shape[1]
            points[-1] = geometry.flip_points(points[-1], width, order)
    golden.check(file, "train_pts", np.array(points, np.float32))


def check_crops(
    golden: Ledger, file: str, kind: str, seen: Slice, drawn: list[tuple[int, Draw]]
) -> None:
    crops = [seen.px.cutting.augmented(seen.found.people, row, draw) for row, draw in drawn]
    golden.check(file, f"{kind}_crop_u8", np.array([crop.pixels for crop in crops]))
    turns = [draw.rotation for _, draw in drawn]
    frames = [[*c.center, c.scale[0], turn] for c, turn in zip(crops, turns, strict=True)]
    golden.check(file, f"{kind}_center_scale_rot", np.array(frames, np.float64))
    keypoints = np.array([crop.keypoints for crop in crops])
    known = np.array([crop.visible for crop in crops])
    # Officially whole cells, from 1; a point that is not drawn keeps its place in the image.
    places = np.where(known[..., None], keypoints / face_crops.STRIDE + 1, keypoints)
    golden.check(file, f"{kind}_tpts", places.astype(np.float32))
    targets = seen.px.codec.encode(torch.from_numpy(keypoints), torch.from_numpy(known), CPU)
    golden.check(file, f"{kind}_target", targets.maps.numpy())


@each_pipeline
def test_heatmaps_decode_and_score_as_officially(file: str, golden: Ledger) -> None:
    z, seen = golden.load(file), slice_of(golden, name_of(file))
    quantised = torch.from_numpy(z["hm_q"].astype(np.float32) / QUANTUM)
    golden.check(file, "hm_get_preds", find_peaks(quantised)[0].numpy() + 1)
    for prefix, maps in (("hm", quantised), ("target", torch.from_numpy(z["test_target"]))):
        frames, codec = z["test_center_scale_rot"], seen.px.codec
        cells, centers = codec.decode(maps)[0].numpy(), frames[:, :2] - seen.first
        found = codec.to_image(cells, centers, frames[:, 2], codec.size) + seen.first
        golden.check(file, f"{prefix}_decoded", found)
        check_scores(golden, file, prefix, seen, found.astype(np.float32))


def check_scores(
    golden: Ledger, file: str, prefix: str, seen: Slice, found: NDArray[np.float32]
) -> None:
    z, normaliser = golden.load(file), seen.spec.protocol.normaliser
    assert normaliser is not None
    points = z["test_pts"].astype(np.float64)
    sizes = seen.sizes(points)
    truth = FaceTruth(np.arange(len(points)), points, sizes)
    alone = [
        FaceTruth(truth.ids[[row]], points[[row]], {n: s[[row]] for n, s in sizes.items()})
        for row in truth.ids
    ]
    errors = [
        score_faces(one, found[one.ids], normaliser=normaliser).figures["NME"] / 100
        for one in alone
    ]
    golden.check(file, f"{prefix}_nme", errors)
    figures = score_faces(truth, found, normaliser=normaliser).figures
    failures = [figures[f"FR@{limit}"] * len(points) / 100 for limit in ("0.08", "0.10")]
    golden.check_known(file, {f"{prefix}_fail_008_010": failures})


def official_draw(seed: int) -> Draw:
    """What the official code draws, in its order."""
    rng = random.Random(seed)
    scale = rng.uniform(0.75, 1.25)
    rotation = rng.uniform(-30, 30) if rng.random() <= 0.6 else 0.0
    return Draw(scale=scale, rotation=rotation, flip=rng.random() <= 0.5)
