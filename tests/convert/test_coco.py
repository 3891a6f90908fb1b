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


def halves(dots: Path, folder: Path, names: tuple[str, str], places: tuple[str, str]) -> Path:
    """Write a folder with a file of each split; the second has the last picture alone."""
    said = json.loads((dots / ANNOTATIONS).read_text())
    for name, place, images in zip(
        names, places, (said["images"][:2], said["images"][2:]), strict=True
    ):
        ids = {image["id"] for image in images}
        rows = [row for row in said["annotations"] if row["image_id"] in ids]
        for image in images:
            file = dots / image["file_name"]
            (folder / place).mkdir(parents=True, exist_ok=True)
            (folder / place / file.name).write_bytes(file.read_bytes())
        listed = [image | {"file_name": Path(image["file_name"]).name} for image in images]
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        content = said | {"images": listed, "annotations": rows}
        (folder / name).write_text(json.dumps(content))
    return folder


@pytest.mark.parametrize(
    ("names", "places"),
    [
        (  # CVAT's "COCO Keypoints 1.0", and COCO's own
            ("annotations/person_keypoints_train.json", "annotations/person_keypoints_val.json"),
            ("images/train", "images/val"),
        ),
        (  # Roboflow's
            ("train/_annotations.coco.json", "valid/_annotations.coco.json"),
            ("train", "valid"),
        ),
        (  # JARVIS'
            ("annotations/instances_train.json", "annotations/instances_val.json"),
            ("train", "val"),
        ),
    ],
)
def test_a_folder_with_a_file_of_each_split_keeps_them(
    names: tuple[str, str], places: tuple[str, str], dots: Path, tmp_path: Path
) -> None:
    folder = halves(dots, tmp_path / "in", names, places)
    made = convert(folder, tmp_path / "out")
    assert (made.images, made.objects) == (3, 3)
    dataset = catalog.load_dataset("dataset.toml", beside=tmp_path / "out")
    for split, name, place in zip(("train", "val"), names, places, strict=True):
        said = dataset.splits[split]
        assert said.part is None
        assert (tmp_path / "out" / said.annotations).resolve() == (folder / name).resolve()
        assert (tmp_path / "out" / said.images[0]).resolve() == (folder / place).resolve()
    assert not check(str(tmp_path / "out" / "dataset.toml"), None, images=False).faults


def test_files_whose_names_do_not_tell_their_splits_are_asked_for(
    dots: Path, tmp_path: Path
) -> None:
    folder = halves(dots, tmp_path / "in", ("monday.json", "tuesday.json"), ("images", "images"))
    with pytest.raises(DataError, match=r"2 files in COCO's format \(monday\.json, …\): name one"):
        convert(folder, tmp_path / "out")
    convert(folder / "monday.json", tmp_path / "out")


def test_splits_of_other_keypoints_are_refused(dots: Path, tmp_path: Path) -> None:
    folder = halves(dots, tmp_path / "in", ("train.json", "val.json"), ("images", "images"))
    edit_json(folder / "val.json", lambda c: c["categories"][0].update(keypoints=["a", "b", "c"]))
    with pytest.raises(DataError, match=r"val\.json names other keypoints than .*train\.json"):
        convert(folder, tmp_path / "out")


def test_what_jarvis_names_beside_its_categories_is_read(dots: Path, tmp_path: Path) -> None:
    def as_jarvis(said: Any) -> None:
        said["keypoint_names"] = said["categories"][0].pop("keypoints")
        said["skeleton"] = [
            {"name": "a", "keypointA": "nose", "keypointB": "left_ear", "length": 0}
        ]

    edit_json(dots / ANNOTATIONS, as_jarvis)
    made = convert(dots / ANNOTATIONS, tmp_path / "out")
    assert made.skeleton.keypoints == NAMES
    assert made.skeleton.edges == (("nose", "left_ear"),)
    assert not check(str(tmp_path / "out" / "dataset.toml"), None, images=False).faults
