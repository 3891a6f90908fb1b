"""Single functions, timed by pytest-benchmark: `pytest benchmarks`.

Each stage as a whole, beside its official equivalent, is in the scripts of this folder.
"""

# ruff: noqa: D103  the names of tests say what they time

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from pytest_benchmark.fixture import BenchmarkFixture
from torch import Tensor
from workload import Workload, crops, workload

from hrbench.backbone.input import IMAGENET, Normalisation
from hrbench.data.augment import Draw, crop, draw
from hrbench.data.parts import Whole, warp
from hrbench.geometry import cells_to_image, crop_matrix, crop_of_boxes
from hrbench.heads.heatmap import flip_back
from hrbench.metrics.nms import oks_nms
from hrbench.metrics.oks import oks

CPU = torch.device("cpu")
KEYPOINTS = 17
BATCH = 32
CENTER = np.array([320, 240], dtype=np.float32)
SCALE = np.array([1.8, 2.4], dtype=np.float32)


@pytest.fixture
def load() -> Workload:
    """The published 256 x 192 recipe."""
    torch.manual_seed(0)
    torch.set_num_threads(1)
    return workload()


@pytest.fixture
def rng() -> np.random.Generator:
    """The same numbers each time."""
    return np.random.default_rng(0)


@pytest.fixture
def image(rng: np.random.Generator) -> NDArray[np.uint8]:
    """Noise of COCO's size."""
    return rng.integers(0, 256, (480, 640, 3), dtype=np.uint8)


@pytest.fixture
def maps(load: Workload) -> Tensor:
    """Heatmaps of noise."""
    return torch.randn(BATCH, KEYPOINTS, load.codec.height, load.codec.width)


def test_crops_of_ten_thousand_boxes(benchmark: BenchmarkFixture, rng: np.random.Generator) -> None:
    benchmark(crop_of_boxes, rng.uniform(1, 400, (10_000, 4)), 0.75)


def test_warp(benchmark: BenchmarkFixture, image: NDArray[np.uint8], load: Workload) -> None:
    size = load.cutting.size
    matrix = crop_matrix(CENTER, SCALE, size)
    benchmark(warp, Whole(image), matrix, size)


@pytest.mark.parametrize(
    "drawn",
    [Draw(), Draw(scale=1.1, rotation=20, flip=True), Draw(half_body=True, upper=True)],
    ids=["plain", "flipped-and-turned", "half-body"],
)
def test_augmented_crop(
    benchmark: BenchmarkFixture,
    image: NDArray[np.uint8],
    load: Workload,
    rng: np.random.Generator,
    drawn: Draw,
) -> None:
    benchmark(
        crop,
        Whole(image),
        rng.uniform(100, 400, (KEYPOINTS, 2)),
        np.ones(KEYPOINTS, dtype=bool),
        CENTER,
        SCALE,
        load.cutting.size,
        drawn,
        upper_body=load.cutting.upper_body,
        flip_pairs=load.cutting.flip_pairs,
    )


def test_draw(benchmark: BenchmarkFixture, load: Workload, rng: np.random.Generator) -> None:
    benchmark(draw, load.spec.augment, KEYPOINTS, rng)


def test_normalised(benchmark: BenchmarkFixture, load: Workload) -> None:
    benchmark(Normalisation(IMAGENET), crops(load, BATCH))


def test_encode(benchmark: BenchmarkFixture, load: Workload) -> None:
    keypoints = torch.rand((BATCH, KEYPOINTS, 2), dtype=torch.float64) * 192
    benchmark(load.codec.encode, keypoints, torch.ones(BATCH, KEYPOINTS) > 0, CPU)


def test_decode(benchmark: BenchmarkFixture, load: Workload, maps: Tensor) -> None:
    benchmark(load.codec.decode, maps)


def test_flip_back(benchmark: BenchmarkFixture, maps: Tensor) -> None:
    benchmark(flip_back, maps, torch.arange(KEYPOINTS - 1, -1, -1), 1)


def test_cells_to_image(benchmark: BenchmarkFixture, rng: np.random.Generator) -> None:
    cells = rng.uniform(0, 48, (BATCH, KEYPOINTS, 2)).astype(np.float32)
    centers = rng.uniform(100, 400, (BATCH, 2)).astype(np.float32)
    benchmark(cells_to_image, cells, centers, np.ones((BATCH, 2), dtype=np.float32), (48, 64))


def test_oks_and_suppression_of_thirty_poses(
    benchmark: BenchmarkFixture, rng: np.random.Generator
) -> None:
    poses = rng.uniform(0, 400, (30, KEYPOINTS, 2)).astype(np.float32)
    areas, scores = rng.uniform(1e3, 1e5, 30), rng.random(30)
    sigmas, seen = np.full(KEYPOINTS, 0.07), np.ones((30, KEYPOINTS), dtype=bool)

    def kept() -> NDArray[np.bool_]:
        return oks_nms(oks(poses, areas, sigmas, seen), scores, 0.9)[1]

    benchmark(kept)
