"""`check --sheet` of every format that has keypoints in images."""

import shutil
from pathlib import Path

import cv2
import pytest
from cli.command import called
from worlds import release_of_300w, small_world

from hrbench import catalog
from hrbench.draw.drawing import LEFT, RIGHT


def drawn(folder: Path, dataset: str, data: Path) -> tuple[int, int]:
    """Draw a dataset's sheet; return how many pixels are of either side's colour."""
    ended = called(folder, "check", dataset, "--data", str(data), "--sheet", "sheet.png")
    assert "look at: sheet.png" in ended.out, ended.err
    sheet = cv2.imread(str(folder / "sheet.png"))
    assert sheet is not None
    left, right = (int((sheet == color).all(axis=2).sum()) for color in (LEFT, RIGHT))
    return left, right


@pytest.mark.parametrize("name", ["coco", "crowdpose", "mpii", "300w", "wflw", "cofw", "aflw"])
def test_annotated_sides_are_on_the_sheet(name: str, tmp_path: Path) -> None:
    assert min(drawn(tmp_path, name, small_world(dataset=name))) > 200


def test_a_release_of_pts_files_is_on_it_too(tmp_path: Path) -> None:
    release = release_of_300w(small_world(dataset="300w"), tmp_path)
    assert min(drawn(tmp_path, "300w", release)) > 200


def test_mpii_under_mmpose_s_names_is_on_it_too(tmp_path: Path) -> None:
    data = Path(shutil.copytree(small_world(dataset="mpii"), tmp_path / "data"))
    for place, other in catalog.load_dataset("mpii").renamed.items():
        if (data / "mpii" / place).exists():
            (data / "mpii" / other).parent.mkdir(exist_ok=True)
            (data / "mpii" / place).rename(data / "mpii" / other)
    assert not (data / "mpii/annot/train.json").exists()
    assert min(drawn(tmp_path, "mpii", data)) > 200


def test_what_has_no_keypoints_in_images_has_no_sheet(tmp_path: Path) -> None:
    data = small_world(dataset="imagenet")
    ended = called(tmp_path, "check", "imagenet", "--data", str(data), "--sheet", "sheet.png")
    assert ended.status == 1
    assert "--sheet shows keypoints in images; imagenet has none" in ended.err
    assert not (tmp_path / "sheet.png").exists()
