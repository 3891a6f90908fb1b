"""Official boxes, matrices, flips and half bodies, to the last bit."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from golden import columns
from golden.folder import each
from golden.ledger import Ledger
from numpy.typing import NDArray

from hrbench.data.augment import half_body_crop
from hrbench.formats.coco import annotations, reader
from hrbench.geometry import (
    UNIT,
    cells_to_image,
    clip_boxes,
    crop_matrix,
    crop_of_boxes,
    flip_keypoints,
    transform,
    udp_matrix,
)

each_geometry = each("pose_core/geometry*.npz")


@each_geometry
def test_crop_matrices_are_the_official_ones(file: str, golden: Ledger) -> None:
    for dtype in golden.names(file, r"affine_(\w+)_trans"):
        check_matrices(golden, file, dtype)


def check_matrices(golden: Ledger, file: str, dtype: str) -> None:
    z = {k.removeprefix(f"affine_{dtype}_"): v for k, v in golden.load(file).items()}
    official = matrices(z, z["scale"], z["inv"])
    golden.check(file, f"affine_{dtype}_trans", official)
    moved = [transform(p, m) for p, m in zip(z["points"], official, strict=True)]
    golden.check(file, f"affine_{dtype}_points_out", np.array(moved))


def matrices(
    z: Mapping[str, NDArray[Any]], scales: NDArray[Any], inverse: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """Return the matrix of each crop that a golden was made of."""
    parts = (z["center"], scales, z["output_size"], z["rot"], z["shift"], inverse)
    return np.array(
        [
            crop_matrix(
                center,
                scale,
                (int(width), int(height)),
                rotation=float(rotation),
                shift=shift,
                inverse=bool(back),
            )
            for center, scale, (width, height), rotation, shift, back in zip(*parts, strict=True)
        ]
    )


@each_geometry
def test_cells_come_back_to_the_image_as_officially(file: str, golden: Ledger) -> None:
    for dtype in golden.names(file, r"transform_preds_(\w+)_out"):
        check_cells(golden, file, dtype)


def check_cells(golden: Ledger, file: str, dtype: str) -> None:
    z = golden.load(file)
    coordinates, sizes = (z[f"transform_preds_{dtype}_{k}"] for k in ("coords", "heatmap_size"))
    moved = [
        cells_to_image(
            coordinates[i : i + 1],
            z[f"affine_{dtype}_center"][i : i + 1],
            z[f"affine_{dtype}_scale"][i : i + 1],
            (int(sizes[i][0]), int(sizes[i][1])),
        )[0]
        for i in range(len(coordinates))
    ]
    golden.check(file, f"transform_preds_{dtype}_out", np.array(moved))


def aspect(size: str) -> float:
    width, height = map(int, size.split("x"))
    return width / height


@each_geometry
def test_boxes_become_the_official_crops(file: str, golden: Ledger) -> None:
    for size in golden.names(file, r"box_(\d+x\d+)_center"):
        boxes = golden.load(file)["box_xywh"].astype(np.float64)
        centers, scales = crop_of_boxes(boxes, aspect(size))
        golden.check(file, f"box_{size}_center", centers)
        golden.check(file, f"box_{size}_scale", scales)


@each_geometry
def test_mmpose_matrices_are_ours(file: str, golden: Ledger) -> None:
    z = {k.removeprefix("mm_"): v for k, v in golden.load(file).items()}
    scales = z["scale"].astype(np.float64) / UNIT  # pixels there
    # Its UDP crops turn the other way than its others, and take no shift.
    udp = [
        udp_matrix(center, scale, (int(width), int(height)), rotation=-float(rotation))
        for center, scale, (width, height), rotation in zip(
            z["center"], scales, z["output_size"], z["rot"], strict=True
        )
    ]
    golden.check(file, "mm_udp_warp", np.array(udp))
    for inverse in (False, True):
        found = matrices(z, scales, np.full(len(scales), inverse))
        golden.check(file, f"mm_warp_fix1_inv{int(inverse)}", found)


@each_geometry
def test_mmpose_crops_are_ours(file: str, golden: Ledger) -> None:
    for name in golden.names(file, r"mm_xyxy2cs_(\d+p\d+)_center"):
        check_mmpose_crops(golden, file, name)


def check_mmpose_crops(golden: Ledger, file: str, name: str) -> None:
    padding = float(name.replace("p", "."))
    corners = golden.load(file)["mm_xyxy"].astype(np.float64)
    for kind, rows in (("xywh", corners), ("xyxy", boxes_of(corners))):
        # A box that has the aspect already is only padded; there, every box is.
        crops = [crop_of_boxes(row[None], row[2] / row[3], padding) for row in rows]
        centers, scales = (np.concatenate(parts) for parts in zip(*crops, strict=True))
        golden.check(file, f"mm_{kind}2cs_{name}_center", centers)
        golden.check(file, f"mm_{kind}2cs_{name}_scale", scales * UNIT)


def boxes_of(corners: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return boxes x, y, width, height of their corners."""
    return np.hstack([corners[:, :2], corners[:, 2:] - corners[:, :2]])


@each_geometry
def test_mmpose_grows_boxes_as_we_do(file: str, golden: Ledger) -> None:
    for size in golden.names(file, r"mm_fix_aspect_(\d+x\d+)"):
        corners = golden.load(file)["mm_xyxy"].astype(np.float64)
        _, scales = crop_of_boxes(boxes_of(corners), aspect(size))
        golden.check(file, f"mm_fix_aspect_{size}", scales * UNIT)


@each_geometry
def test_a_mirror_exchanges_left_and_right_as_officially(file: str, golden: Ledger) -> None:
    for name in golden.names(file, r"flip_(\w+)_joints_out"):
        check_mirrored(golden, file, name)


def check_mirrored(golden: Ledger, file: str, name: str) -> None:
    z = golden.load(file)
    pairs = [(int(a), int(b)) for a, b in z[f"flip_{name}_pairs"]]
    flipped = [
        flip_keypoints(joints[:, :2], seen[:, 0] > 0, int(width), pairs)
        for joints, seen, width in zip(
            *(z[f"flip_{name}_{key}"] for key in ("joints", "vis", "width")), strict=True
        )
    ]
    # The third column, a height that is always 0, has no counterpart here.
    points, seen = columns.three([k for k, _ in flipped], [v for _, v in flipped])
    golden.check(file, f"flip_{name}_joints_out", points)
    golden.check(file, f"flip_{name}_vis_out", seen)


@each_geometry
def test_half_bodies_are_cut_as_officially(file: str, golden: Ledger) -> None:
    for name in golden.names(file, r"half_(\w+)_is_none"):
        check_half_bodies(golden, file, name)


def check_half_bodies(golden: Ledger, file: str, name: str) -> None:
    z = {k.removeprefix(f"half_{name}_"): v for k, v in golden.load(file).items()}
    crops = []
    for joints, seen, seed in zip(z["joints"], z["vis"], z["seed"], strict=True):
        official = np.random.RandomState(int(seed))
        upper = official.standard_normal() < 0.5
        crops.append(
            half_body_crop(
                joints[:, :2],
                seen[:, 0] > 0,
                [int(i) for i in z["upper_ids"]],
                float(z["aspect"]),
                upper=bool(upper),
            )
        )
    golden.check(file, f"half_{name}_is_none", np.array([crop is None for crop in crops]))
    nothing = (np.zeros(2), np.zeros(2))  # what the goldens have where there is no crop
    for index, key in enumerate(("center", "scale")):
        values = np.array([(crop or nothing)[index] for crop in crops])
        golden.check(file, f"half_{name}_{key}", values)


@each_geometry
def test_annotations_are_kept_and_cropped_as_officially(file: str, golden: Ledger) -> None:
    z = {k.removeprefix("sane_"): v for k, v in golden.load(file).items()}
    width, height = z["image_wh"].tolist()
    count = z["keypoints"].shape[1]
    sizes = np.tile(z["image_wh"], (len(z["bbox"]), 1))
    clean, inside = clip_boxes(z["bbox"], sizes)
    kept = inside & (z["area"] > 0)
    golden.check(file, "sane_has_clean_bbox", kept)
    golden.check(file, "sane_clean_bbox", np.where(kept[:, None], clean, np.nan))
    rows = zip(z["bbox"], z["area"], z["category"], z["keypoints"], strict=True)
    content = {
        "images": [{"id": 1, "file_name": "1.jpg", "width": width, "height": height}],
        "categories": [{"id": 1, "keypoints": ["k"] * count}],
        "annotations": [
            {
                "id": index,
                "image_id": 1,
                "category_id": int(category),
                "bbox": box.tolist(),
                "area": float(area),
                "iscrowd": 0,
                "keypoints": keypoints.ravel().tolist(),
                "num_keypoints": int((keypoints[:, 2] > 0).sum()),
            }
            for index, (box, area, category, keypoints) in enumerate(rows)
        ],
    }
    people = reader.annotated(annotations.columns(content, count), Path(), 0.75)
    golden.check(file, "sane_kept_index", people.ids)
    golden.check(file, "sane_center", people.centers)
    golden.check(file, "sane_scale", people.scales)
    points, seen = columns.three(people.keypoints, people.visible)
    golden.check(file, "sane_joints_3d", points)
    golden.check(file, "sane_joints_3d_vis", seen)
