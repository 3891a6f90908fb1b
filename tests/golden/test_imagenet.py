"""The official classification code's evaluation: files, resizing, crops, normalised colours."""

import hashlib
from typing import Any

import numpy as np
import pytest
import torch
from golden.folder import arrays_of, each
from golden.ledger import Ledger
from PIL import Image

from hrbench.backbone.input import IMAGENET, Normalisation
from hrbench.data.image_crops import Crops, read_rgb

FOLDER = "rest/imagenet"
each_cases = each(f"{FOLDER}/eval_transform*.json")


@pytest.fixture
def cases(file: str, golden: Ledger) -> dict[str, Any]:
    content: Any = golden.json(file)
    return dict(content)


@pytest.fixture
def pictures(cases: dict[str, Any], golden: Ledger) -> list[Image.Image]:
    return [read_rgb(golden.root / FOLDER / case["file"]) for case in cases["images"]]


@each_cases
def test_files_are_decoded_resized_and_cut_where_they_are_officially(
    file: str, cases: dict[str, Any], pictures: list[Image.Image], golden: Ledger
) -> None:
    crops = Crops(cases["size"])
    for case, picture in zip(cases["images"], pictures, strict=True):
        resized = crops.resized(picture)
        left, top, right, bottom = crops.boxes(resized.size)[0]
        found = {
            "width": picture.width,
            "height": picture.height,
            "resized_wh": resized.size,
            "crop_top_left": (top, left),
            "decoded_rgb_sha256": sha256(picture),
            "resized_rgb_sha256": sha256(resized),
            "decoded_mean_rgb": np.asarray(picture).mean(axis=(0, 1)),
        }
        assert set(found) == set(case) - {"file"}
        for key, value in found.items():
            golden.check_value(file, "images", value, case[key])
        assert (right - left, bottom - top) == (cases["size"], cases["size"])
        assert min(resized.size) == cases["resize_short_side"]


@each_cases
def test_crops_and_their_normalised_colours_are_the_official_ones(
    file: str, cases: dict[str, Any], pictures: list[Image.Image], golden: Ledger
) -> None:
    crops = Crops(cases["size"])
    arrays = arrays_of(file)
    cut = np.concatenate([crops(picture) for picture in pictures])
    golden.check(arrays, "crop_u8", cut)
    colors = Normalisation(IMAGENET)(torch.from_numpy(cut)).numpy()
    golden.check(arrays, "norm_f32_sub", colors[:, :, ::16, ::16])
    golden.check(arrays, "norm_f16", colors[:, :, ::4, ::4].astype(np.float16))


def sha256(picture: Image.Image) -> str:
    return hashlib.sha256(picture.tobytes()).hexdigest()
