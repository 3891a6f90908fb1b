import hashlib
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from hrbench import catalog, world
from hrbench.world.objects.imagenet import picture
from hrbench.world.objects.shapes import OBJECTS

IMAGES, SIZE = 120, (64, 64)


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("objects")
    world.make("imagenet", root, images=IMAGES, seed=3, size=SIZE)
    return root / "imagenet" / "images"


def pictures(folder: Path) -> dict[str, list[NDArray[np.uint8]]]:
    return {
        name.name: [np.asarray(cv2.imread(str(path)), np.uint8) for path in sorted(name.iterdir())]
        for name in sorted(folder.iterdir())
    }


def test_every_class_has_its_share_in_a_folder_of_its_own(tree: Path) -> None:
    for split, count in (("train", IMAGES), ("val", IMAGES // 4)):
        by_class = pictures(tree / split)
        assert set(by_class) == set(OBJECTS)
        numbers = [len(shown) for shown in by_class.values()]
        assert sum(numbers) == count
        assert max(numbers) - min(numbers) <= 1


def test_the_classes_are_imagenets(tree: Path) -> None:
    names = catalog.load_dataset("imagenet").classes
    assert len(OBJECTS) == 12
    assert names["n02708093"] == "analog clock"
    assert {path.name for path in (tree / "train").iterdir()} <= set(names)


def test_files_are_called_as_in_the_competition(tree: Path) -> None:
    train = sorted(path.name for path in (tree / "train" / "n07753592").iterdir())
    assert all(name.startswith("n07753592_") and name.endswith(".JPEG") for name in train)
    val = sorted(path.name for path in (tree / "val").rglob("*.JPEG"))
    assert val[0] == "ILSVRC2012_val_00000001.JPEG"
    assert len(set(val)) == IMAGES // 4


@pytest.mark.parametrize("processes", [1, 2])
def test_the_same_seed_gives_the_same_bytes(processes: int, tmp_path: Path) -> None:
    hashes = []
    for name, count in (("one", 1), ("other", processes)):
        world.make("imagenet", tmp_path / name, images=16, seed=1, size=SIZE, processes=count)
        files = sorted((tmp_path / name).rglob("*.*"))
        hashes.append(hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest())
    assert hashes[0] == hashes[1]


def test_pictures_have_many_sizes_and_shapes(tree: Path) -> None:
    sizes = {shown.shape[:2] for group in pictures(tree / "train").values() for shown in group}
    assert len(sizes) > IMAGES / 2
    aspects = [height / width for height, width in sizes]
    assert min(aspects) < 0.85
    assert max(aspects) > 1.15


def test_training_and_validation_share_no_picture(tree: Path) -> None:
    both = [
        {path.read_bytes() for path in (tree / split).rglob("*.JPEG")} for split in ("train", "val")
    ]
    assert not both[0] & both[1]


@pytest.mark.parametrize("name", OBJECTS)
def test_a_thing_covers_a_part_of_its_picture(name: str) -> None:
    rng, same = (np.random.default_rng((5, 1)) for _ in range(2))
    drawn = picture(rng, name, (128, 128)).astype(int)
    plain = OBJECTS[name]
    OBJECTS[name] = lambda brush, rng: None  # noqa: ARG005
    try:
        without = picture(same, name, (128, 128)).astype(int)
    finally:
        OBJECTS[name] = plain
    changed = (np.abs(drawn - without).max(axis=2) > 40).mean()
    assert 0.02 < changed < 0.8


def test_colours_do_not_tell_the_classes(tmp_path: Path) -> None:
    world.make("imagenet", tmp_path, images=480, seed=2, size=SIZE)
    means = {
        split: {
            name: np.array([shown.mean(axis=(0, 1)) for shown in group])
            for name, group in pictures(tmp_path / "imagenet" / "images" / split).items()
        }
        for split in ("train", "val")
    }
    centers = np.stack([rows.mean(axis=0) for rows in means["train"].values()])
    right, count = 0, 0
    for number, rows in enumerate(means["val"].values()):
        nearest = np.linalg.norm(rows[:, None] - centers, axis=2).argmin(axis=1)
        right, count = right + int((nearest == number).sum()), count + len(rows)
    assert right / count < 0.25
