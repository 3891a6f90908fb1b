import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import sleap_io
from specs import landmark_task

from hrbench import catalog
from hrbench.convert.detect import convert
from hrbench.errors import DataError, RunError
from hrbench.formats.coco import incomplete

SINGLE = """\
scorer,Ann,Ann,Ann,Ann,Ann,Ann
bodyparts,snout,snout,leftear,leftear,rightear,rightear
coords,x,y,x,y,x,y
labeled-data/cage/img1.png,10.5,20,5,30,15.25,30
labeled-data/cage/img2.png,11,21,,,NaN,nan
"""
MULTI = """\
scorer,,,Ann,Ann,Ann,Ann,Ann,Ann,Ann,Ann,Ann,Ann
individuals,,,a,a,a,a,b,b,b,b,single,single
bodyparts,,,snout,snout,tail,tail,snout,snout,tail,tail,corner,corner
coords,,,x,y,x,y,x,y,x,y,x,y
labeled-data,cage,img1.png,1,2,3,4,5,6,7,8,9,9
labeled-data,cage,img2.png,,,,,5,6,,,9,9
"""


def project(tmp_path: Path, text: str = SINGLE, *, images: tuple[str, ...] = ("1", "2")) -> Path:
    folder = tmp_path / "mice" / "labeled-data" / "cage"
    folder.mkdir(parents=True)
    for name in images:
        cv2.imwrite(str(folder / f"img{name}.png"), np.zeros((40, 60, 3), np.uint8))
    (folder / "CollectedData_Ann.csv").write_text(text, "utf-8")
    return tmp_path / "mice"


def content(folder: Path) -> Any:
    return json.loads((folder / "annotations.json").read_text("utf-8"))


def test_one_animal_becomes_an_object_of_each_image(tmp_path: Path) -> None:
    summary = convert(project(tmp_path), tmp_path / "out")
    assert (summary.images, summary.objects, summary.left_out) == (2, 2, ())
    assert summary.skeleton.keypoints == ("snout", "leftear", "rightear")
    assert summary.skeleton.flip_pairs == (("leftear", "rightear"),)
    said = content(tmp_path / "out")
    assert said["images"] == [
        {"id": 1, "file_name": "labeled-data/cage/img1.png", "width": 60, "height": 40},
        {"id": 2, "file_name": "labeled-data/cage/img2.png", "width": 60, "height": 40},
    ]
    assert [row["keypoints"] for row in said["annotations"]] == [
        [10.5, 20, 2, 5, 30, 2, 15.25, 30, 2],
        [11, 21, 2, 0, 0, 0, 0, 0, 0],
    ]
    assert [row["num_keypoints"] for row in said["annotations"]] == [3, 1]
    assert said["categories"][0]["keypoints"] == ["snout", "leftear", "rightear"]


def test_every_animal_of_an_image_is_an_object_and_parts_of_none_are_left_out(
    tmp_path: Path,
) -> None:
    summary = convert(project(tmp_path, MULTI), tmp_path / "out")
    assert (summary.images, summary.objects) == (2, 3)
    assert summary.left_out == ("corner, which no animal has",)
    rows = content(tmp_path / "out")["annotations"]
    assert [(row["image_id"], row["keypoints"]) for row in rows] == [
        (1, [1, 2, 2, 3, 4, 2]),
        (1, [5, 6, 2, 7, 8, 2]),
        (2, [5, 6, 2, 0, 0, 0]),
    ]


def test_what_is_written_is_read_as_a_dataset_and_a_task(tmp_path: Path) -> None:
    convert(project(tmp_path), tmp_path / "data" / "out")
    folder = tmp_path / "data" / "out"
    dataset = catalog.load_dataset("dataset.toml", beside=folder)
    assert dataset.keypoints == ("snout", "leftear", "rightear")
    assert dataset.flip_pairs == (("leftear", "rightear"),)
    assert dataset.sigmas is None
    task = landmark_task(str(folder / "task.toml"))
    assert task.dataset == "dataset.toml"
    assert {task.protocol.split, task.protocol.train_split} == dataset.splits.keys()
    assert landmark_task(f"{folder / 'task.toml'}@tiny").model.backbone == "hrnet-w8"
    table = incomplete.read(folder / dataset.splits["train"].annotations, 3)
    assert table.derived.all()
    images = folder / dataset.folder / dataset.splits["train"].images[0]
    assert all((images / name).is_file() for name in table.file_names)


@pytest.mark.parametrize(
    "source", ["", "labeled-data", "labeled-data/cage", "labeled-data/cage/CollectedData_Ann.csv"]
)
def test_a_project_a_folder_of_it_and_a_file_are_the_same(source: str, tmp_path: Path) -> None:
    summary = convert(project(tmp_path) / source, tmp_path / "out")
    assert (summary.images, summary.objects) == (2, 2)
    names = [image["file_name"] for image in content(tmp_path / "out")["images"]]
    assert [name.rpartition("/")[2] for name in names] == ["img1.png", "img2.png"]


def test_two_annotators_of_an_image_annotate_one_image(tmp_path: Path) -> None:
    folder = project(tmp_path)
    (folder / "labeled-data/cage/CollectedData_Bob.csv").write_text(SINGLE, "utf-8")
    summary = convert(folder, tmp_path / "out")
    assert (summary.images, summary.objects) == (2, 4)


def test_paths_of_windows_are_understood(tmp_path: Path) -> None:
    text = SINGLE.replace("labeled-data/cage/", "labeled-data\\cage\\")
    assert convert(project(tmp_path, text), tmp_path / "out").images == 2


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("15.25,30\n", "15.25\n", "line 4 has 6 columns, and the header 7"),
        ("15.25,30\n", "15.25,30,7\n", "line 4 has 8 columns, and the header 7"),
        ("15.25", "wide", "line 4: 'wide', the x of rightear, is not a number"),
        ("15.25", "inf", "line 4: 'inf', the x of rightear, is not a number"),
        ("15.25", "", "line 4: rightear has one of x and y; label both or neither"),
        ("bodyparts", "parts", "none of its first 4 lines begins with 'bodyparts'"),
        ("coords", "axes", "none of its first 4 lines begins with 'coords'"),
        ("x,y,x,y,x,y", "x,y,x,y,x,likelihood", "line 3: columns 6 and 7 are not x and y of one"),
        ("leftear,leftear", "leftear,snout", "line 3: columns 4 and 5 are not x and y of one"),
        ("leftear,leftear", "snout,snout", "its header has a bodypart twice, or none"),
        ("x,y,x,y,x,y", "x,y,x,y,x,y,x,y", "the lines of its header have not the same number"),
        ("img2", "img3", "img3.png is annotated and does not exist; put the image there"),
        ("15.25,30\n", '15.25,"30\n', "is not CSV: unexpected end of data"),
    ],
)
def test_a_faulty_file_is_named_with_the_line(
    old: str, new: str, words: str, tmp_path: Path
) -> None:
    folder = project(tmp_path, SINGLE.replace(old, new, 1))
    with pytest.raises(DataError) as error:
        convert(folder, tmp_path / "out")
    assert words in str(error.value)
    assert str(folder / "labeled-data/cage") in str(error.value)
    assert not (tmp_path / "out").exists()


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    folder = project(tmp_path)
    (folder / "labeled-data/cage/CollectedData_Ann.csv").write_bytes(b"scorer,\xff\xfe\n")
    with pytest.raises(DataError, match="is not text in UTF-8"):
        convert(folder, tmp_path / "out")


def test_a_folder_without_annotations_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no annotations in it that are known; name a DeepLabCut"):
        convert(tmp_path, tmp_path / "out")


def test_files_with_other_bodyparts_are_refused(tmp_path: Path) -> None:
    folder = project(tmp_path)
    text = SINGLE.replace("snout,snout", "nose,nose")
    (folder / "labeled-data/cage/CollectedData_Bob.csv").write_text(text, "utf-8")
    with pytest.raises(DataError, match=r"Bob\.csv has the bodyparts nose, .*Ann\.csv has snout"):
        convert(folder, tmp_path / "out")


def test_individuals_with_other_bodyparts_are_refused(tmp_path: Path) -> None:
    text = MULTI.replace("single,single", "c,c")
    with pytest.raises(DataError, match="the individuals b and c have other bodyparts"):
        convert(project(tmp_path, text), tmp_path / "out")


def test_an_image_that_is_not_whole_is_refused(tmp_path: Path) -> None:
    folder = project(tmp_path)
    (folder / "labeled-data/cage/img2.png").write_bytes(b"no picture")
    with pytest.raises(DataError, match=r"img2\.png is annotated and is not a whole image"):
        convert(folder, tmp_path / "out")


def test_a_project_without_a_label_is_refused(tmp_path: Path) -> None:
    text = "".join(SINGLE.splitlines(keepends=True)[:3]) + "labeled-data/cage/img1.png" + "," * 6
    with pytest.raises(DataError, match="no keypoint is labelled in the 1 images listed"):
        convert(project(tmp_path, text), tmp_path / "out")


def test_files_that_are_there_are_not_overwritten(tmp_path: Path) -> None:
    folder = project(tmp_path)
    convert(folder, tmp_path / "out")
    with pytest.raises(RunError, match=r"annotations\.json is there already; name another folder"):
        convert(folder, tmp_path / "out")


def test_a_target_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("a file")
    with pytest.raises(RunError, match="cannot be written: "):
        convert(project(tmp_path), tmp_path / "out")


CONFIG = """\
Task: mice
scorer: Ann
skeleton:
- [snout, leftear]
- - leftear
  - snout
- [rightear, snout]
- [snout, tail]
"""


@pytest.mark.parametrize("source", ["", "config.yaml", "labeled-data/cage/CollectedData_Ann.csv"])
def test_the_skeleton_of_a_project_becomes_edges(source: str, tmp_path: Path) -> None:
    folder = project(tmp_path)
    (folder / "config.yaml").write_text(CONFIG)
    made = convert(folder / source, tmp_path / "out")
    expected = (("leftear", "snout"), ("rightear", "snout"))
    assert made.skeleton.edges == expected
    assert made.notes == ("1 of the 4 edges in config.yaml are of other bodyparts",)
    assert catalog.load_dataset("dataset.toml", beside=tmp_path / "out").edges == expected
    assert content(tmp_path / "out")["categories"][0]["skeleton"] == [[2, 1], [3, 1]]


def test_a_project_whose_config_is_no_yaml_has_no_edges(tmp_path: Path) -> None:
    folder = project(tmp_path)
    (folder / "config.yaml").write_text("skeleton: [")
    (note,) = convert(folder, tmp_path / "out").notes
    assert note.startswith("no edges are drawn: ")
    assert "config.yaml is not YAML" in note


def test_what_sleap_io_changes_in_a_table_is_why_it_is_read_here(tmp_path: Path) -> None:
    file = project(tmp_path) / "labeled-data/cage/CollectedData_Ann.csv"
    read = sleap_io.load_dlc(str(file))
    assert read.skeleton.node_names == ["leftear", "rightear", "snout"]  # sorted
    assert convert(file, tmp_path / "out").skeleton.keypoints == ("snout", "leftear", "rightear")
    file.write_text(MULTI)
    assert len(sleap_io.load_dlc(str(file))[0].instances) == 3  # and there are two animals
    file.write_text(SINGLE.replace(",", ";"))
    assert not len(sleap_io.load_dlc(str(file)))
