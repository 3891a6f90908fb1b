"""`hrbench convert --to`: what other programs' own readers find in what is written."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from cli.command import called, refused
from dots import ANNOTATIONS, DATASET, NAMES, edit_json, edit_toml, write_dots
from PIL import Image
from pycocotools.coco import COCO
from sleap_io.io import ultralytics as sleaps

from hrbench import world
from hrbench.commands.convert.convert import convert_to
from hrbench.errors import RunError

TEXT = 0.5e-6  # of a share in a label, of six digits


@pytest.fixture
def dots(tmp_path: Path) -> Path:
    """Pictures of 64 x 64 pixels, one of them with boxes, hidden and absent keypoints."""
    folder = write_dots(tmp_path / "dots", 10)

    def edit(said: Any) -> None:
        said["annotations"][0] |= {"bbox": [10.5, 11.25, 40, 41.5], "area": 321.5}
        said["annotations"][0]["keypoints"][2::3] = [1, 2, 0]
        said["categories"][0] |= {"name": "mouse", "skeleton": [[1, 2], [1, 3]]}

    edit_json(folder / ANNOTATIONS, edit)
    edit_toml(folder / DATASET, lambda said: said.update(edges=[NAMES[:2]]))
    return folder


def annotated(folder: Path) -> dict[bytes, Any]:
    """What pycocotools finds in the folder of COCO's format, by the bytes of each picture."""
    found = {}
    for file in sorted((folder / "annotations").iterdir()):
        split = file.stem.rpartition("_")[2]
        coco = COCO(file)
        for row in coco.loadAnns(coco.getAnnIds()):
            (image,) = coco.loadImgs(row["image_id"])
            path = folder / "images" / split / image["file_name"]
            found[path.read_bytes()] = (split, row, image, coco.loadCats(row["category_id"])[0])
    return found


def test_pycocotools_reads_what_was_annotated(dots: Path, tmp_path: Path) -> None:
    ended = called(tmp_path, "convert", f"dots/{DATASET}", "out", "--to", "coco")
    assert ended.status == 0, ended.err
    assert "train: 8 images, 8 objects\nval: 2 images, 2 objects" in ended.out
    found, source = annotated(tmp_path / "out"), json.loads((dots / ANNOTATIONS).read_text())
    assert len(found) == 10
    for image, row in zip(source["images"], source["annotations"], strict=True):
        _, read, size, category = found[(dots / image["file_name"]).read_bytes()]
        points = np.reshape(row["keypoints"], (-1, 3)) * [[r > 0] for r in row["keypoints"][2::3]]
        assert np.reshape(read["keypoints"], (-1, 3)) == pytest.approx(points)
        assert read["num_keypoints"] == sum(flag > 0 for flag in row["keypoints"][2::3])
        assert (size["width"], size["height"], read["iscrowd"]) == (64, 64, 0)
        assert (category["name"], category["keypoints"]) == ("mouse", list(NAMES))
        assert category["skeleton"] == [[1, 2]]
        assert read["bbox"][2] > 0 < read["area"]
    coco = COCO(tmp_path / "out/annotations/person_keypoints_val.json")
    coco.info()  # which some of its versions want of every file
    assert coco.getCatIds(supNms=["mouse"]) == [1]
    first = found[(dots / "images/0.png").read_bytes()][1]
    assert (first["bbox"], first["area"]) == ([10.5, 11.25, 40, 41.5], 321.5)


def test_sleap_io_reads_the_poses_of_yolo(dots: Path, tmp_path: Path) -> None:
    convert_to("yolo", str(dots / DATASET), tmp_path / "out")
    said = yaml.safe_load((tmp_path / "out/data.yaml").read_text())
    assert (said["kpt_shape"], said["flip_idx"], said["names"]) == ([3, 3], [0, 2, 1], {0: "mouse"})
    assert (said["train"], said["val"]) == ("train/images", "val/images")
    of_file = {}
    for split in ("train", "val"):
        labels = sleaps.read_labels(str(tmp_path / "out"), split=split)
        assert labels.skeleton.node_names == list(NAMES)
        assert labels.skeleton.edge_inds == [(0, 1)]
        for frame in labels:
            (file,) = frame.video.filename
            of_file[Path(file).name] = frame.instances[0].numpy()
    source = json.loads((dots / ANNOTATIONS).read_text())
    for image, row in zip(source["images"], source["annotations"], strict=True):
        expected = np.reshape(row["keypoints"], (-1, 3))
        expected[expected[:, 2] == 0] = np.nan
        found = of_file[Path(image["file_name"]).name]
        assert found == pytest.approx(expected[:, :2], abs=64 * 1e-6, nan_ok=True)


def test_there_and_back_keeps_places_flags_boxes_and_splits(dots: Path, tmp_path: Path) -> None:
    convert_to("coco", str(dots / DATASET), tmp_path / "first")
    convert_to("yolo", str(tmp_path / "first"), tmp_path / "yolo")
    convert_to("coco", str(tmp_path / "yolo"), tmp_path / "last")
    first, last = annotated(tmp_path / "first"), annotated(tmp_path / "last")
    assert first.keys() == last.keys()
    for key, (split, row, _, category) in first.items():
        assert (split, category) == (last[key][0], last[key][3])
        before, after = (np.reshape(r["keypoints"], (-1, 3)) for r in (row, last[key][1]))
        assert np.array_equal(before[:, 2], after[:, 2])
        assert after == pytest.approx(before, abs=64 * TEXT)
        assert last[key][1]["bbox"] == pytest.approx(row["bbox"], abs=4 * 64 * TEXT)


def test_what_is_outside_of_a_picture_has_no_place_in_a_label(dots: Path, tmp_path: Path) -> None:
    def edit(said: Any) -> None:
        said["annotations"][0]["keypoints"][:3] = [70, 30, 2]
        said["annotations"][0]["bbox"] = [40, 20, 40, 20]
        said["annotations"][1]["iscrowd"] = 1

    edit_json(dots / ANNOTATIONS, edit)
    handed = convert_to("yolo", str(dots / DATASET), tmp_path / "out")
    assert sorted(handed.left_out) == ["1 crowds", "1 keypoints outside of their picture"]
    (label,) = (tmp_path / "out").rglob("labels/0.txt")
    words = label.read_text().split()
    assert words[:8] == [
        "0",
        "0.812500",
        "0.468750",
        "0.375000",
        "0.312500",
        *["0.000000"] * 2,
        "0",
    ]
    (crowd,) = (tmp_path / "out").rglob("labels/1.txt")
    assert crowd.read_text() == ""


def test_pictures_are_linked_and_have_names_of_their_own(dots: Path, tmp_path: Path) -> None:
    def edit(said: Any) -> None:
        for number, image in enumerate(said["images"]):
            new = f"images/{'ab'[number % 2]}/{number // 2}.png"
            (dots / new).parent.mkdir(exist_ok=True)
            (dots / image["file_name"]).rename(dots / new)
            image["file_name"] = new

    edit_json(dots / ANNOTATIONS, edit)
    convert_to("yolo", str(dots / DATASET), tmp_path / "out")
    trained = {path.name: path for path in (tmp_path / "out/train/images").iterdir()}
    assert {"a_0.png", "b_0.png"} <= trained.keys()
    assert trained["b_0.png"].samefile(dots / "images/b/0.png")
    labels = {path.stem for path in (tmp_path / "out/train/labels").iterdir()}
    assert labels == {Path(name).stem for name in trained}


def test_annotations_of_other_programs_go_straight_there(dots: Path, tmp_path: Path) -> None:
    ended = called(tmp_path, "convert", f"dots/{ANNOTATIONS}", "out", "--to", "yolo", "--json")
    said = json.loads(ended.out)
    assert (said["to"], said["images"]) == ("yolo", {"train": 8, "val": 2})
    assert sorted(path.name for path in tmp_path.iterdir()) == ["dots", "out"]
    assert (dots / ANNOTATIONS).is_file()


def test_pictures_that_viewers_turn_and_annotations_do_not_are_told(
    dots: Path, tmp_path: Path
) -> None:
    tag = Image.Exif()
    tag[0x0112] = 6  # a quarter turn

    def edit(said: Any) -> None:
        for image in said["images"]:
            name = image["file_name"].replace(".png", ".jpg")
            with Image.open(dots / image["file_name"]) as picture:
                picture.crop((0, 0, 64, 48)).save(dots / name, exif=tag)
            image |= {"file_name": name, "width": 64, "height": 48}  # as stored

    edit_json(dots / ANNOTATIONS, edit)
    handed = convert_to("yolo", str(dots / DATASET), tmp_path / "out")
    assert [note.partition(" pictures")[0] for note in handed.notes] == ["train: 8", "val: 2"]
    assert all("annotated as they are stored" in note for note in handed.notes)


@pytest.mark.parametrize(
    ("dataset", "splits", "keypoints"),
    [("mpii", ("train", "val"), 16), ("cofw", ("train", "test"), 29), ("crowdpose", None, 14)],
)
def test_published_formats_are_written(
    dataset: str, splits: Any, keypoints: int, tmp_path: Path
) -> None:
    world.make(dataset, tmp_path / "data", images=4)
    for to in ("coco", "yolo"):
        handed = convert_to(to, dataset, tmp_path / to, data=str(tmp_path / "data"))
        assert splits is None or tuple(handed.images) == splits
    said = yaml.safe_load((tmp_path / "yolo/data.yaml").read_text())
    assert (said["kpt_shape"], set(said) >= {"train", "val"}) == ([keypoints, 3], True)
    assert annotated(tmp_path / "coco")


def test_what_cannot_be_written_is_said(dots: Path, tmp_path: Path) -> None:
    refused(
        called(tmp_path, "convert", f"dots/{DATASET}", "dots", "--to", "coco"),
        ["dots is there already and is not empty; name another folder"],
    )
    (dots / "images/3.png").unlink()
    refused(
        called(tmp_path, "convert", f"dots/{DATASET}", "out", "--to", "coco"),
        ["images/3.png does not exist"],
    )
    refused(
        called(tmp_path, "convert", "mpii", "out", "--to", "coco", "--data", "none"),
        ["mpii: none/mpii/annot/train.json does not exist"],
    )
    refused(
        called(tmp_path, "convert", "h36m", "out", "--to", "coco"),
        ["no format in h36m is called 'h36m'"],
    )
    assert not (tmp_path / "out").exists()
    ended = called(tmp_path, "convert", f"dots/{DATASET}", "out")
    assert (ended.status, "is a dataset of hrbench's; write it with --to" in ended.err) == (2, True)


@pytest.mark.parametrize("to", ["coco", "yolo"])
def test_a_target_that_cannot_be_made_is_named(to: str, dots: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(RunError, match=r"file/out cannot be written: .*; name another"):
        convert_to(to, str(dots / ANNOTATIONS), tmp_path / "file" / "out")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("annotations.json", "--data", "."), "--data goes with --to"),
        (("annotations.json", "--to", "coco", "--data", "."), "--data goes with --to"),
        ((DATASET, "--to", "coco", "--images", "."), "says itself where images are"),
        ((DATASET, "--to", "coco", "--split-by", "folder"), "says itself where images are"),
    ],
)
def test_flags_that_would_do_nothing_are_refused(
    arguments: tuple[str, ...], words: str, dots: Path, tmp_path: Path
) -> None:
    source, *flags = arguments
    ended = called(tmp_path, "convert", str(dots / source), "out", *flags)
    assert (ended.status, words in " ".join(ended.err.split())) == (2, True)
    assert not (tmp_path / "out").exists()
