"""On datasets as docs.ultralytics.com describes them ("Pose Estimation Datasets")."""

from pathlib import Path

import pytest
import yaml
from convert.pictures import edges, objects, picture, usable
from sleap_io.io import ultralytics as sleaps

from hrbench.convert.detect import convert
from hrbench.errors import DataError

LINE = "0 0.5 0.5 0.25 0.5 0.25 0.5 2 0.5 0.25 1 0 0 0\n"


def written(folder: Path, labels: dict[str, str], **said: object) -> Path:
    for name, text in labels.items():
        image = picture(folder / "images" / f"{name}.png")
        file = folder / "labels" / f"{name}.txt"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        assert image.is_file()
    splits = dict.fromkeys(name.partition("/")[0] for name in labels)
    content = {split: f"images/{split}" for split in splits}
    more = {"kpt_shape": [3, 3], "flip_idx": [0, 2, 1], "names": {0: "mouse"}}
    (folder / "data.yaml").write_text(yaml.safe_dump({"path": ".", **content, **more, **said}))
    return folder


def test_boxes_flags_and_splits_are_kept(tmp_path: Path) -> None:
    labels = {"train/1": LINE, "val/1": LINE + "0 0.5 0.5 0.2 0.2" + " 0" * 9 + "\n", "test/1": ""}
    made = convert(written(tmp_path / "yolo", labels), tmp_path / "out")
    expected = [[24, 12, 16, 24], [16, 24, 2, 32, 12, 1, 0, 0, 0]]
    for split in ("train", "val"):
        ((name, box, points),) = objects(tmp_path / "out", f"{split}.json")
        assert (name, [box, points]) == (f"images/{split}/1.png", expected)
    assert objects(tmp_path / "out", "test.json") == []
    assert made.left_out == ("1 objects without a labelled keypoint",)
    assert made.skeleton.flip_pairs == (("point_1", "point_2"),)


def test_keypoints_names_and_edges_are_read_where_a_file_has_them(tmp_path: Path) -> None:
    names = ["nose", "left_ear", "right_ear"]
    said = {"kpt_names": {0: names}, "skeleton": [[0, 1], [2, 0], [0, 9]]}
    made = convert(written(tmp_path / "yolo", {"train/1": LINE}, **said), tmp_path / "out")
    assert made.skeleton.keypoints == tuple(names)
    assert edges(tmp_path / "out") == (("nose", "left_ear"), ("right_ear", "nose"))


def test_left_is_named_before_right_in_whatever_order_they_are(tmp_path: Path) -> None:
    said = {"kpt_names": {0: ["nose", "right_ear", "left_ear"]}}
    made = convert(written(tmp_path / "yolo", {"train/1": LINE}, **said), tmp_path / "out")
    assert made.skeleton.flip_pairs == (("left_ear", "right_ear"),)


def test_an_image_in_two_splits_is_of_the_first_and_said(tmp_path: Path) -> None:
    folder = written(tmp_path / "yolo", {"train/1": LINE, "train/2": LINE}, val="images/train")
    made = convert(folder, tmp_path / "out")
    assert made.notes == ("2 images are in two splits, and count in the first",)
    assert usable(tmp_path / "out") == ("train", "val")
    assert len(objects(tmp_path / "out")) == 2


def test_a_description_may_have_the_name_of_deeplabcuts(tmp_path: Path) -> None:
    folder = written(tmp_path / "yolo", {"train/1": LINE})
    (folder / "data.yaml").rename(folder / "config.yaml")
    assert convert(folder / "config.yaml", tmp_path / "out").objects == 1


def test_labels_without_flags_are_read(tmp_path: Path) -> None:
    line = "0 0.5 0.5 0.25 0.5 0.25 0.5 0 0 0.5 0.25\n"
    convert(written(tmp_path / "yolo", {"train/1": line}, kpt_shape=[3, 2]), tmp_path / "out")
    assert [row[2] for row in objects(tmp_path / "out")] == [[16, 24, 2, 0, 0, 0, 32, 12, 2]]


def test_a_text_may_list_the_images(tmp_path: Path) -> None:
    folder = written(tmp_path / "yolo", {"train/1": LINE, "train/2": LINE}, train="train.txt")
    (folder / "train.txt").write_text("./images/train/2.png\n")
    convert(folder / "data.yaml", tmp_path / "out")
    assert [row[0] for row in objects(tmp_path / "out")] == ["images/train/2.png"]


def test_roboflows_valid_is_what_validates(tmp_path: Path) -> None:
    folder = written(tmp_path / "yolo", {"train/1": LINE, "valid/1": LINE, "valid/2": LINE})
    (folder / "data.yaml").write_text(
        "train: ../images/train\nval: ../images/valid\nkpt_shape: [3, 3]\nnames: [mouse]\n"
    )
    convert(folder, tmp_path / "out")
    assert usable(tmp_path / "out") == ("train", "val")
    assert len(objects(tmp_path / "out", "val.json")) == 2


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (LINE.replace(" 2 ", " 0.9 "), r"1\.txt, line 1: the visibility of a keypoint is 0\.9"),
        (LINE.replace("0.25", "nan"), "has a number that is none or without end"),
        (LINE.replace("0.25", "wide"), "could not convert string to float: 'wide'"),
        (LINE + "0 0.5 0.5 0.1 0.1\n", r"line 2 has 5 numbers, and kpt_shape \[3, 3\] wants 14"),
    ],
)
def test_a_line_that_is_not_right_is_named(line: str, words: str, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=words):
        convert(written(tmp_path / "yolo", {"train/1": line}), tmp_path / "out")
    assert not (tmp_path / "out").exists()


PER_CENT = "0 50 50 25 50 25 50 2 50 25 1 0 0 0\n"


def test_an_image_with_labels_outside_of_it_is_left_out_and_named(tmp_path: Path) -> None:
    labels = {"train/1": LINE, "train/2": LINE + PER_CENT, "train/3": LINE, "val/1": PER_CENT}
    labels["train/4"] = LINE.replace("0.5 0.25 1", "1.01 -0.01 1")  # as far as Ultralytics goes
    labels["train/5"] = LINE.replace("0 0 0\n", "50 50 0\n")  # which is not labelled
    labels["train/6"] = LINE.replace("0.5 0.25 1", "1.02 0.25 1")
    made = convert(written(tmp_path / "yolo", labels), tmp_path / "out")
    assert [row[0][-5:] for row in objects(tmp_path / "out")] == [
        "1.png",
        "3.png",
        "4.png",
        "5.png",
    ]
    (said,) = made.left_out
    assert said.startswith("3 images with a number outside of 0 … 1 in their labels: ")
    assert said.endswith(
        "labels/train/2.txt, line 2: 50 is no share of the picture, from 0 to 1; divide x by its "
        "width and y by its height"
    )


def test_labels_in_per_cent_or_pixels_are_refused(tmp_path: Path) -> None:
    folder = written(tmp_path / "yolo", {"train/1": PER_CENT, "val/1": PER_CENT})
    with pytest.raises(DataError, match=r"train/1\.txt, line 1: 50 is no share of the picture"):
        convert(folder, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_list_that_is_no_text_is_named(tmp_path: Path) -> None:
    folder = written(tmp_path / "yolo", {"train/1": LINE}, train="train.txt")
    (folder / "train.txt").write_bytes(b"./images/train/\xff.png\n")
    with pytest.raises(DataError, match=r"train\.txt cannot be read as text"):
        convert(folder, tmp_path / "out")


def test_a_shape_of_lists_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="write how many keypoints there are"):
        convert(written(tmp_path / "yolo", {"train/1": LINE}, kpt_shape=[3, [3]]), tmp_path / "out")


def test_what_sleap_io_loses_of_a_label_is_why_it_is_read_here(tmp_path: Path) -> None:
    folder = written(tmp_path / "yolo", {"train/1": LINE})
    read = sleaps.read_labels(str(folder))
    assert read[0].instances == []  # it looks for labels beside `images` alone
    label = folder / "labels/train/1.txt"
    ((instance,), *others) = sleaps.parse_label_file(label, read.skeleton, (48, 64))
    assert instance.points["visible"].tolist() == [True, True, False]  # the second is hidden
    assert not any(others)  # no box


def test_points_that_are_their_own_partners_are_mirrored(tmp_path: Path) -> None:
    made = convert(written(tmp_path / "yolo", {"train/1": LINE}), tmp_path / "out")
    assert made.skeleton.one_sided == ()
    assert "flip = 0.0" not in (tmp_path / "out" / "task.toml").read_text("utf-8")
    folder = written(tmp_path / "none", {"train/1": LINE}, flip_idx=[0, 1, 2])
    alone = convert(folder, tmp_path / "other").skeleton.one_sided
    assert alone == ("point_0", "point_1", "point_2")
