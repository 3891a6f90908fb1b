import json
from pathlib import Path
from typing import Any

import pytest
from dots import ANNOTATIONS, NAMES, edit_json, write_dots

from hrbench import catalog
from hrbench.commands.check.check import check
from hrbench.convert.detect import convert
from hrbench.errors import DataError
from hrbench.formats.coco import incomplete
from hrbench.formats.coco.reader import annotated


@pytest.fixture
def dots(tmp_path: Path) -> Path:
    return write_dots(tmp_path / "dots", 3)


def name_images(folder: Path, names: dict[str, str]) -> None:
    def rename(content: Any) -> None:
        for image in content["images"]:
            image["file_name"] = Path(image["file_name"]).name

    edit_json(folder / ANNOTATIONS, rename)
    for old, new in names.items():
        (folder / new).parent.mkdir(parents=True, exist_ok=True)
        (folder / old).rename(folder / new)


def test_only_the_two_toml_files_are_written(dots: Path, tmp_path: Path) -> None:
    edit_json(dots / ANNOTATIONS, lambda c: c["categories"][0].update(skeleton=[[1, 2], [1, 3]]))
    before = (dots / ANNOTATIONS).read_bytes()
    made = convert(dots / ANNOTATIONS, tmp_path / "out")
    assert (made.images, made.objects) == (3, 3)
    assert made.skeleton.keypoints == NAMES
    assert made.skeleton.flip_pairs == (("left_ear", "right_ear"),)
    assert made.skeleton.edges == (("nose", "left_ear"), ("nose", "right_ear"))
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        *("dataset.toml", "task.toml"),
    ]
    assert (dots / ANNOTATIONS).read_bytes() == before


@pytest.mark.parametrize("place", ["images", "images/train", "train", "../images", "../images/a"])
def test_images_are_found_near_the_annotations(place: str, dots: Path, tmp_path: Path) -> None:
    folder = dots / "images"
    names = {f"images/{n}.png": f"{place}/{n}.png" for n in range(3)}
    name_images(dots, {old: new for old, new in names.items() if old != new})
    assert folder.is_dir()
    out = tmp_path / "elsewhere" / "out"
    convert(dots / ANNOTATIONS, out)
    dataset = catalog.load_dataset("dataset.toml", beside=out)
    split = dataset.splits["train"]
    table = incomplete.read(out / dataset.folder / split.annotations, 3)
    people = annotated(table, out / split.images[0], 1.0)
    assert [path.resolve() for path in people.images] == [
        (dots / place / f"{n}.png").resolve() for n in range(3)
    ]


def test_images_that_are_nowhere_near_are_asked_for(dots: Path, tmp_path: Path) -> None:
    edit_json(dots / ANNOTATIONS, lambda c: c["images"][0].update(file_name="gone.png"))
    with pytest.raises(DataError, match=r"the image gone\.png is neither beside it nor"):
        convert(dots / ANNOTATIONS, tmp_path / "out")
    edit_json(dots / ANNOTATIONS, lambda c: c.update(images=[]))
    with pytest.raises(DataError, match="no image has a 'file_name'"):
        convert(dots / ANNOTATIONS, tmp_path / "out")


@pytest.mark.parametrize("odd", [{}, [1]])
@pytest.mark.parametrize(("rows", "key"), [("annotations", "image_id"), ("images", "id")])
def test_ids_that_are_none_are_named(
    rows: str, key: str, odd: Any, dots: Path, tmp_path: Path
) -> None:
    edit_json(dots / ANNOTATIONS, lambda said: said[rows][0].update({key: odd}))
    with pytest.raises(DataError, match=f"{rows} whose '{key}' is not a whole number: 1"):
        convert(dots / ANNOTATIONS, tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (["nose", "nose", "ear"], r"keypoints that stand twice: 1 \(nose\); put that right"),
        (["nose", "\ud800", "ear"], r"half a character in their name: 1 \('\\ud800'\); put"),
    ],
)
def test_names_that_no_dataset_may_have_are_refused_before_anything_is_written(
    names: list[str], words: str, dots: Path, tmp_path: Path
) -> None:
    edit_json(dots / ANNOTATIONS, lambda said: said["categories"][0].update(keypoints=names))
    with pytest.raises(DataError, match=words):
        convert(dots / ANNOTATIONS, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_keypoints_that_are_joined_twice_are_drawn_once(dots: Path, tmp_path: Path) -> None:
    twice = [[1, 2], [1, 3], [2, 1]]
    edit_json(dots / ANNOTATIONS, lambda said: said["categories"][0].update(skeleton=twice))
    made = convert(dots / ANNOTATIONS, tmp_path / "out")
    assert set(map(frozenset, made.skeleton.edges)) == {
        frozenset({"nose", "left_ear"}),
        frozenset({"nose", "right_ear"}),
    }
    assert len(made.skeleton.edges) == 2
    assert made.notes == ("its skeleton joins keypoints twice, which are drawn once",)
    assert not check(str(tmp_path / "out" / "dataset.toml"), None, images=False).faults


def test_annotations_without_a_label_are_no_dataset(dots: Path, tmp_path: Path) -> None:
    def unlabel(content: Any) -> None:
        for row in content["annotations"]:
            row["keypoints"] = [0] * 9

    edit_json(dots / ANNOTATIONS, unlabel)
    with pytest.raises(DataError, match="no keypoint is labelled in the 3 images listed"):
        convert(dots / ANNOTATIONS, tmp_path / "out")
    assert json.loads((dots / ANNOTATIONS).read_text())["images"]
