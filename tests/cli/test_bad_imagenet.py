"""What is wrong with folders of pictures is said in one sentence, and nothing is left behind."""

from pathlib import Path

import numpy as np
import pytest
from cli.command import Ended, called, refused
from PIL import Image
from worlds import small_classifier

TINY = "imagenet@tiny"
FISH, CLOCK = "n01440764", "n02708093"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    root = tmp_path / "data" / "imagenet" / "images"
    picture = Image.fromarray(np.full((40, 60, 3), 90, dtype=np.uint8))
    for split in ("train", "val"):
        for name in (FISH, CLOCK):
            (root / split / name).mkdir(parents=True)
            picture.save(root / split / name / f"{name}_1.JPEG")
    return root


def ran(tree: Path, *more: str) -> Ended:
    data = tree.parents[1]
    return called(data.parent, "run", TINY, "--data", str(data), "--workers", "0", *more)


def measured(tree: Path) -> Ended:
    return ran(tree, "--weights", str(small_classifier(TINY)))


@pytest.mark.parametrize("split", ["train", "val"])
def test_a_class_folder_that_is_empty(split: str, tree: Path) -> None:
    (tree / split / FISH / f"{FISH}_1.JPEG").unlink()
    refused(ran(tree), [f"{split}/{FISH}", "has no picture"])


def test_a_class_folder_that_is_unknown(tree: Path) -> None:
    (tree / "val" / "goldfish").mkdir()
    refused(measured(tree), ["goldfish", "no class's", "[classes]"])


@pytest.mark.parametrize("content", [b"", b"<html>not found</html>", None])
def test_a_picture_that_is_not_whole(content: bytes | None, tree: Path) -> None:
    path = tree / "val" / FISH / f"{FISH}_1.JPEG"
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2] if content is None else content)
    refused(measured(tree), [path.name, "no whole picture", "fetch it again"])


def test_a_flat_folder_without_the_development_kit(tree: Path) -> None:
    for name in (FISH, CLOCK):
        (tree / "val" / name / f"{name}_1.JPEG").rename(tree / "val" / f"{name}.JPEG")
        (tree / "val" / name).rmdir()
    refused(measured(tree), ["ILSVRC2012_validation_ground_truth.txt does not exist", "devkit"])


def test_odd_pictures_are_measured(tree: Path) -> None:
    folder = tree / "val" / FISH
    rng = np.random.default_rng(0)
    Image.new("RGB", (1, 1), (9, 9, 9)).save(folder / "one.png")
    Image.fromarray(rng.integers(0, 255, (30, 40, 4), dtype=np.uint8), "CMYK").save(
        folder / "cmyk.jpg"
    )
    Image.fromarray(rng.integers(0, 60000, (30, 40)).astype(np.uint16)).save(folder / "16.png")
    Image.new("P", (30, 40), 3).save(folder / "palette.png", transparency=3)
    ended = measured(tree)
    assert ended.status == 0, ended.err
    assert "n = 6" in ended.out


def test_nothing_of_the_dataset(tmp_path: Path) -> None:
    (tmp_path / "data" / "imagenet").mkdir(parents=True)
    ended = called(tmp_path, "run", TINY, "--data", str(tmp_path / "data"))
    refused(ended, ["images/val does not exist", "image-net.org"])
