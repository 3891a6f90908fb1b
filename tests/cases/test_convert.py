"""Annotations as other programs leave them: converted as they are meant, or named."""

import csv
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sleap_io
from dots import ANNOTATIONS, DATASET, TASK, edit_json, edit_toml, write_dots
from PIL import Image

from hrbench import catalog
from hrbench.begun.options import Options
from hrbench.commands import run as running
from hrbench.commands.check.check import check
from hrbench.convert.detect import convert
from hrbench.convert.labels import Picture, Source, paired, seen
from hrbench.convert.writing import write
from hrbench.errors import DataError
from hrbench.report.record import RunRecord

PARTS = ("nose", "left_ear", "right_ear")
KEYPOINT = {"type": "keypointlabels"}  # of Label Studio
NUMBERED = tuple(map(str, range(3)))


@pytest.fixture
def dots(tmp_path: Path) -> Path:
    return write_dots(tmp_path / "dots", 6)


def usable(folder: Path) -> tuple[str, ...]:
    return check(str(folder / DATASET), str(folder), images=False).usable


def ran(folder: Path, *overrides: str, **options: Any) -> RunRecord:
    brief = ("recipe.epochs=1", "recipe.batch_size=4", "model.input=[64, 64]", *overrides)
    given: dict[str, Any] = {"data": str(folder), "workers": 0, "device": "cpu", **options}
    out = str(folder / "runs")
    done = running.run(f"{folder / TASK}@tiny", Options(out=out, overrides=brief, **given))
    assert done is not None
    return done[0]


def table(path: Path, images: Sequence[str], *, separator: str = ",", comma: bool = False) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file, delimiter=separator)
        rows.writerow(["scorer"] + ["ann"] * 6)
        rows.writerow(["bodyparts"] + [part for part in PARTS for _ in "xy"])
        rows.writerow(["coords"] + ["x", "y"] * 3)
        for number, image in enumerate(images):
            places = [f"{value + number + 0.5:.2f}" for value in (10, 20, 12, 22, 30, 32)]
            rows.writerow([image] + [p.replace(".", ",") if comma else p for p in places])


def picture(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (64, 48)).save(path)
    return path


def first_points(folder: Path) -> list[float]:
    rows = json.loads((folder / ANNOTATIONS).read_text("utf-8"))["annotations"]
    return [float(value) for value in rows[0]["keypoints"]]


def test_a_trained_deeplabcut_project_is_its_labelled_frames(tmp_path: Path) -> None:
    project = tmp_path / "mice-ann-2026-01-02"
    names = [f"labeled-data/{video}/{n}.png" for video in ("one", "two") for n in range(2)]
    for name in names:
        picture(project / name)
    table(project / "labeled-data/one/CollectedData_ann.csv", names[:2])
    table(project / "labeled-data/two/CollectedData_ann.csv", names[2:])
    merged = project / "training-datasets/iteration-0/UnaugmentedDataSet_miceJan2"
    table(merged / "CollectedData_ann.csv", names)
    made = convert(project, tmp_path / "out")
    assert (made.images, made.objects) == (4, 4)
    assert convert(merged, tmp_path / "merged").objects == 4
    assert usable(tmp_path / "out") == ("train", "val")


@pytest.mark.parametrize(("separator", "comma"), [(";", True), (";", False), ("\t", True)])
def test_a_table_saved_by_a_spreadsheet_has_the_same_places(
    separator: str, comma: bool, tmp_path: Path
) -> None:
    images = ["labeled-data/v/0.png", "labeled-data/v/1.png"]
    for name in images:
        picture(tmp_path / name)
    file = tmp_path / "labeled-data/v/CollectedData_ann.csv"
    table(file, images, separator=separator, comma=comma)
    convert(tmp_path / "labeled-data", tmp_path / "out")
    assert first_points(tmp_path / "out") == [10.5, 20.5, 2, 12.5, 22.5, 2, 30.5, 32.5, 2]


def test_two_annotators_tables_are_told(tmp_path: Path) -> None:
    images = [picture(tmp_path / f"labeled-data/v/{n}.png").name for n in range(2)]
    for name in ("ann", "bob"):
        table(tmp_path / f"labeled-data/v/CollectedData_{name}.csv", images)
    (note,) = convert(tmp_path, tmp_path / "out").notes
    assert "2 tables, CollectedData_ann.csv and CollectedData_bob.csv" in note


@pytest.mark.parametrize("start", ["", "C:\\mice\\", "..\\..\\media\\upload\\"])
def test_windows_names_are_found(start: str, dots: Path, tmp_path: Path) -> None:
    def rename(said: Any) -> None:
        for image in said["images"]:
            image["file_name"] = start + image["file_name"].replace("/", "\\")

    edit_json(dots / ANNOTATIONS, rename)
    made = convert(dots / ANNOTATIONS, tmp_path / "out")
    assert (made.images, made.objects) == (6, 6)
    assert usable(tmp_path / "out") == ("train", "val")
    assert ran(tmp_path / "out").metrics["PCK@0.1"].value is not None


def test_images_above_the_annotations_are_found_and_others_named(
    dots: Path, tmp_path: Path
) -> None:
    deep = dots / "exports" / "monday" / "coco"
    deep.mkdir(parents=True)
    (dots / ANNOTATIONS).rename(deep / ANNOTATIONS)
    assert convert(deep / ANNOTATIONS, tmp_path / "out").objects == 6
    assert usable(tmp_path / "out") == ("train", "val")
    (dots / "images").rename(tmp_path / "pictures")
    with pytest.raises(DataError, match="name their folder with --images"):
        convert(deep / ANNOTATIONS, tmp_path / "other")
    convert(deep / ANNOTATIONS, tmp_path / "other", images=tmp_path / "pictures")
    assert usable(tmp_path / "other") == ("train", "val")


def test_an_annotated_image_that_is_missing_is_refused_at_once(dots: Path, tmp_path: Path) -> None:
    (dots / "images" / "3.png").unlink()
    with pytest.raises(DataError, match=r"images/3\.png is neither .* \(1 of 6 are missing\)"):
        convert(dots / ANNOTATIONS, tmp_path / "out")
    assert not (tmp_path / "out").exists()
    edit_json(dots / ANNOTATIONS, lambda said: said["annotations"].pop(3))
    assert convert(dots / ANNOTATIONS, tmp_path / "out").objects == 5
    ran(tmp_path / "out")


@pytest.mark.parametrize(
    ("skeleton", "edges", "words"),
    [
        ([[0, 1], [0, 2]], (("nose", "left_ear"), ("nose", "right_ear")), "from 0"),
        ([[1, 2], [32, 33]], (), "no edges are drawn"),
        ([["nose", "left_ear"]], (), "no edges are drawn"),
    ],
)
def test_a_skeleton_for_drawing_stops_nobody(
    skeleton: Any, edges: Any, words: str, dots: Path, tmp_path: Path
) -> None:
    edit_json(dots / ANNOTATIONS, lambda said: said["categories"][0].update(skeleton=skeleton))
    made = convert(dots / ANNOTATIONS, tmp_path / "out")
    assert made.skeleton.edges == edges
    assert any(words in note for note in made.notes)


def numbered(folder: Path, names: tuple[str, ...] = NUMBERED) -> Path:
    rng = np.random.default_rng(0)
    pictures = [
        Picture(picture(folder / f"images/{n}.png"), (seen(rng.uniform(5, 40, (3, 2))),))
        for n in range(5)
    ]
    write(Source(pictures, paired(names), folder, "a test"), folder)
    return folder


@pytest.mark.parametrize(
    "names", [NUMBERED, ("p0", "p1", "p12"), ("point_0", "point_1", "point_2"), ("nose", "a", "b")]
)
def test_keypoints_without_a_mirror_image_are_not_mirrored(
    names: tuple[str, ...], tmp_path: Path
) -> None:
    folder = numbered(tmp_path, names)
    spec = catalog.load_task(str(folder / TASK)).plain()
    assert (spec["augment"]["flip"], spec["protocol"]["flip_test"]) == (0, False)
    ran(folder)


@pytest.mark.parametrize(
    "names", [PARTS, ("snout", "tail_base", "spine2"), ("earL", "earR", "nose")]
)
def test_sides_and_the_midline_are_mirrored(names: tuple[str, ...], tmp_path: Path) -> None:
    spec = catalog.load_task(str(numbered(tmp_path, names) / TASK)).plain()
    assert (spec["augment"]["flip"], spec["protocol"]["flip_test"]) == (0.5, True)


@pytest.mark.parametrize("key", ["augment.flip=0.5", "protocol.flip_test=true"])
def test_a_run_mirrors_nothing_without_pairs(key: str, tmp_path: Path) -> None:
    folder = numbered(tmp_path)
    notes = check(str(folder / DATASET), str(folder), images=False).notes
    assert any("no flip_pairs" in str(note) and not note.fatal for note in notes)
    with pytest.raises(DataError, match=r"no flip_pairs.*`--allow no-flip-pairs` goes on"):
        ran(folder, key)
    record = ran(folder, key, allow=("no-flip-pairs",))
    assert any("--allow no-flip-pairs" in note for note in record.notes)
    pairs = [["0", "1"]]
    edit_toml(folder / DATASET, lambda said: said.update(flip_pairs=pairs))
    assert not any("no-flip-pairs" in note for note in ran(folder, key).notes)


def yolo(folder: Path, place: str, **said: Any) -> Path:
    """Two objects in two pictures of 64 x 48 pixels, one keypoint of the second not labelled."""
    for number in range(2):
        image = picture(folder / place / f"{number}.png")
        labels = Path(str(image).replace("/images/", "/labels/")).with_suffix(".txt")
        labels.parent.mkdir(parents=True, exist_ok=True)
        seen = 2 if number == 0 else 0
        labels.write_text(f"0 0.5 0.5 0.5 0.5 0.25 0.5 2 0.5 0.25 2 0.75 0.5 {seen}\n")
    content = {"train": place, "kpt_shape": [3, 3], "names": {0: "mouse"}, **said}
    (folder / "data.yaml").write_text(json.dumps(content))  # JSON is YAML
    return folder


@pytest.mark.parametrize("place", ["images/train", "train/images", "data/train/images"])
def test_yolo_poses_are_read_in_either_layout(place: str, tmp_path: Path) -> None:
    folder = yolo(tmp_path / "yolo", place, val=place, flip_idx=[0, 2, 1])
    made = convert(folder, tmp_path / "out")
    assert (made.images, made.objects) == (2, 2)
    assert made.skeleton.flip_pairs == (("point_1", "point_2"),)
    rows = json.loads((tmp_path / "out" / ANNOTATIONS).read_text("utf-8"))["annotations"]
    assert rows[0]["keypoints"] == [16, 24, 2, 32, 12, 2, 48, 24, 2]
    assert rows[1]["keypoints"][6:] == [0, 0, 0]
    assert usable(tmp_path / "out") == ("train", "val")


def test_pictures_of_every_kind_that_is_read_are_converted(tmp_path: Path) -> None:
    folder = yolo(tmp_path / "yolo", "images/train")
    pictures = folder / "images/train"
    (pictures / "0.png").rename(pictures / "0.jfif")
    with Image.open(pictures / "1.png") as image:
        image.convert("RGB").save(pictures / "1.ppm")
    (pictures / "1.png").unlink()
    made = convert(folder, tmp_path / "out")
    assert (made.images, made.objects) == (2, 2)


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"kpt_shape": [3, 2]}, r"line 1 has 14 numbers, and kpt_shape \[3, 2\] wants 11"),
        ({"kpt_shape": [4, 3]}, r"0\.txt, line 1 has 14 numbers, and kpt_shape \[4, 3\] wants 17"),
        ({"kpt_shape": ["3", 3]}, r"kpt_shape is \['3', 3\]; write how many"),
        ({"kpt_shape": [3.0, 3]}, r"kpt_shape is \[3\.0, 3\]; write how many"),
        ({"kpt_shape": [[3], 3]}, r"kpt_shape is \[\[3\], 3\]; write how many"),
        ({"flip_idx": [[0], [2], [1]]}, r"flip_idx is \[\[0\], \[2\], \[1\]\]; write for each"),
        ({"flip_idx": [1, 2, 0]}, "or leave flip_idx out"),
        ({"flip_idx": [0, 1]}, "for each of the 3 keypoints"),
        ({"names": 5}, "names is 5; list the names of its classes"),
        ({"names": "mouse"}, "names is 'mouse'; list"),
        ({"kpt_names": {0: ["ear", "ear", "tail"]}}, r"keypoints that stand twice: 1 \(ear\)"),
        ({"train": "pictures"}, r"train is pictures, and .*pictures is neither a folder of im"),
        ({"val": "images/vla"}, r"val is images/vla, and .*images/vla is neither a folder"),
        ({"train": None}, "none of train, val, valid, test is a folder"),
    ],
)
def test_yolo_poses_that_are_not_as_described_are_refused(
    said: Any, words: str, tmp_path: Path
) -> None:
    with pytest.raises(DataError, match=words):
        convert(yolo(tmp_path / "yolo", "images/train", **said), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def studio(tmp_path: Path) -> Path:
    """Tasks of Label Studio as sleap-io writes them: an object in each of two pictures."""
    names = [str(picture(tmp_path / f"frames/{n}.png")) for n in range(2)]
    skeleton = sleap_io.Skeleton(nodes=list(PARTS))
    video = sleap_io.Video.from_filename(names)
    places = np.array([[10.0, 20.0], [12.0, 22.0], [30.0, 32.0]])
    frames = [
        sleap_io.LabeledFrame(
            video=video,
            frame_idx=n,
            instances=[sleap_io.Instance.from_numpy(places, skeleton=skeleton)],
        )
        for n in range(2)
    ]
    file = tmp_path / "tasks.json"
    sleap_io.save_labelstudio(sleap_io.Labels(frames), str(file))
    return file


def test_label_studios_tasks_keep_the_order_of_their_keypoints(tmp_path: Path) -> None:
    made = convert(studio(tmp_path), tmp_path / "out")
    assert made.skeleton.keypoints == PARTS
    assert first_points(tmp_path / "out") == pytest.approx([10, 20, 2, 12, 22, 2, 30, 32, 2])


@pytest.mark.parametrize("video", [{"filename": []}, {"filename": [5]}, {"frame_idx": 9}])
def test_a_frame_without_an_image_file_is_named(video: Any, tmp_path: Path) -> None:
    file = studio(tmp_path)
    edit_json(file, lambda tasks: tasks[0]["meta"]["video"].update(video))
    with pytest.raises(DataError, match=r"tasks\.json, task 1: frame \d of a video is of no image"):
        convert(file, tmp_path / "out")


@pytest.mark.parametrize(
    ("task", "words"),
    [
        ({"annotations": 5}, "'annotations' of a task is no list of objects"),
        ({"completions": "all"}, "'completions' of a task is no list of objects"),
        ({"annotations": [5]}, "'annotations' of a task is no list of objects"),
        ({"annotations": [{"result": 5}]}, "'result' of a task is no list of objects"),
        ({"annotations": [{"result": [KEYPOINT | {"value": 5}]}]}, "is no list of names"),
        (
            {"annotations": [{"result": [KEYPOINT | {"value": {"keypointlabels": [[1]]}}]}]},
            "'keypointlabels' of a task is no list of names",
        ),
    ],
)
def test_tasks_of_label_studio_whose_lists_are_none_are_refused(
    task: Any, words: str, tmp_path: Path
) -> None:
    (tmp_path / "tasks.json").write_text(json.dumps([task]))
    with pytest.raises(DataError, match=f"{words}; in Label Studio, export it as JSON"):
        convert(tmp_path / "tasks.json", tmp_path / "out")


LABELME: dict[str, Any] = {
    "version": "5.4.1",
    "shapes": [],
    "imagePath": "0.png",
    "imageData": None,
}


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.json", json.dumps(LABELME), "no point in labelme's files there"),
        ("a.json", '[{"image_id": 1, "score": 0.5, "keypoints": []}]', "what a model found"),
        ("a.json", '{"_via_settings": {}}', "VGG Image Annotator: export it as COCO"),
        ("a.json", '[{"annotations": [], "data": {}}]', "none with keypoints; in Label Studio"),
        ("a.xml", "<annotations/>", "neither images nor tracks as CVAT writes them"),
        ("a.h5", "", "CollectedData"),
        ("a.zip", "", "cannot be unpacked: File is not a zip file"),
    ],
)
def test_other_files_are_named_for_what_they_are(
    name: str, content: str, words: str, tmp_path: Path
) -> None:
    (tmp_path / name).write_text(content)
    with pytest.raises(DataError, match=words):
        convert(tmp_path / name, tmp_path / "out")


def test_a_folder_with_one_file_of_sleap_names_it(tmp_path: Path) -> None:
    (tmp_path / "mine.slp").write_text("")
    with pytest.raises(DataError, match=r"name the file in it, mine\.slp"):
        convert(tmp_path, tmp_path / "out")


def test_lengths_that_disagree_are_one_verdict(dots: Path, tmp_path: Path) -> None:
    names = [*PARTS, "tail"]
    edit_json(dots / ANNOTATIONS, lambda said: said["categories"][0].update(keypoints=names))
    with pytest.raises(DataError, match=r"3 keypoints.* 4"):
        convert(dots / ANNOTATIONS, tmp_path / "out")
    assert not (tmp_path / "out").exists()
