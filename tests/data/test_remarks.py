"""What was odd in files: said once for each kind, whoever has read them."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from hrbench.data import face_crops, image_crops, remarks
from hrbench.data.headers import SEVERAL, header
from hrbench.data.images import NEARLY_BLACK, NO_END, read_image
from hrbench.data.pillow import ONE_DEEP_CHANNEL
from hrbench.data.workers import Rows, batches

PIXELS = np.random.default_rng(0).integers(0, 255, (48, 64, 3), dtype=np.uint8)


@pytest.fixture(autouse=True)
def nothing_noted() -> Iterator[None]:
    remarks.taken()
    yield
    remarks.taken()


@dataclass(frozen=True)
class Reading:
    """Reads a file for each row."""

    paths: tuple[Path, ...]
    shape = PIXELS.shape

    def fill(self, out: NDArray[np.uint8], rows: Rows, _: int) -> None:
        for place, row in zip(out, rows.tolist(), strict=True):
            place[:] = read_image(self.paths[row])


def endless(path: Path) -> Path:
    cv2.imwrite(str(path), PIXELS)
    path.write_bytes(path.read_bytes()[:-2])
    return path


@pytest.mark.parametrize("workers", [0, 2])
def test_every_file_counts_once_whichever_process_reads_it(tmp_path: Path, workers: int) -> None:
    paths = [endless(tmp_path / f"{number}.jpg") for number in range(5)] * 2
    parts = np.split(np.arange(10), 5)
    read = list(batches(Reading(tuple(paths)), parts, [10], workers=workers, pin=False))
    assert len(read) == 1
    assert remarks.sentences() == (f"{NO_END}: 5 (0.jpg, 1.jpg, 2.jpg, …)",)


@pytest.mark.parametrize("read", [face_crops.read_rgb, image_crops.read_rgb])
def test_pillow_reads_a_file_without_its_end_marker_too(read: object, tmp_path: Path) -> None:
    assert callable(read)
    path = endless(tmp_path / "a.jpg")
    pixels = np.asarray(read(path)).astype(np.uint8)
    cv2.imwrite(str(tmp_path / "b.jpg"), PIXELS)
    assert np.array_equal(pixels, np.asarray(Image.open(tmp_path / "b.jpg")))
    assert remarks.sentences() == (f"{NO_END}: 1 (a.jpg)",)


def test_deep_files_that_pillow_reads_as_white_or_black_are_said(tmp_path: Path) -> None:
    grey = PIXELS[..., 0].astype(np.uint16)
    for name, deep in (("white", grey * 257), ("small", grey), ("black", PIXELS.astype("u2") * 16)):
        cv2.imwrite(str(tmp_path / f"{name}.png"), deep)
        face_crops.read_rgb(tmp_path / f"{name}.png")
    assert remarks.sentences() == (
        f"{ONE_DEEP_CHANNEL}: 1 (white.png: values up to {int(grey.max()) * 257})",
        f"{NEARLY_BLACK}: 1 (black.png: values up to {int(PIXELS.max()) * 16})",
    )


@pytest.mark.parametrize(
    ("kind", "counted"),
    [("TIFF", True), ("WEBP", True), ("PNG", True), ("GIF", True), ("MPO", False)],
)
def test_pages_and_frames_behind_the_first_are_counted(
    kind: str, counted: bool, tmp_path: Path
) -> None:
    first, second = Image.fromarray(PIXELS), Image.fromarray(255 - PIXELS)
    first.save(tmp_path / "a", kind, save_all=True, append_images=[second, first])
    assert header(tmp_path / "a") is not None
    said = (f"{SEVERAL}: 1 (a: 3 of them)",) if counted else ()
    assert remarks.sentences() == said
