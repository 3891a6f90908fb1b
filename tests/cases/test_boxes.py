"""Files of boxes as people's detectors write them: read as they are meant, or refused by name.

In `run`, `check` and `predict` alike.
"""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from cli.command import called, refused
from dots import edit_toml
from worlds import landmarks, small_weights, small_world

from hrbench import catalog
from hrbench.convert.detect import convert
from hrbench.data.sample import People

DETECTIONS = "coco/person_detection_results/COCO_val2017_detections_AP_H_56_person.json"
SIZE = 128  # pixels of the world's images, both ways
Row = dict[str, Any]


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A copy of the small world, whose detections a test writes again."""
    shutil.copytree(small_world(), tmp_path / "data")
    return tmp_path / "data"


def detections() -> list[Row]:
    rows: list[Row] = json.loads((small_world() / DETECTIONS).read_text("utf-8"))
    return rows


def each(**changes: Callable[[Row], Any]) -> Callable[[list[Row]], Any]:
    return lambda rows: [{**row, **{key: of(row) for key, of in changes.items()}} for row in rows]


def without(key: str) -> Callable[[list[Row]], Any]:
    return lambda rows: [{k: v for k, v in row.items() if k != key} for row in rows]


def corners(row: Row) -> list[float]:
    x, y, width, height = row["bbox"]
    return [x, y, x + width, y + height]


def centred(row: Row) -> list[float]:
    x, y, width, height = row["bbox"]
    return [x + width / 2, y + height / 2, width, height]


def name(row: Row) -> str:
    return f"{row['image_id']:012d}.jpg"


def boxes_of(file: Path, task: str = "coco-pose@tiny", data: Path | None = None) -> People:
    """The boxes that a run takes from a file."""
    return landmarks(task, data or small_world(), boxes=str(file)).evaluation().people


def rows_of(people: People) -> list[list[float]]:
    """Image, box and score of each, in order."""
    ids = people.image_ids[people.image]
    rows: list[list[float]] = np.column_stack([ids, people.boxes, people.scores]).tolist()
    return rows


@pytest.mark.parametrize(
    "written",
    [
        each(image_id=lambda row: str(row["image_id"])),
        each(image_id=name),
        each(file_name=lambda row: f"val2017/{name(row)}", image_id=lambda _: 0),
        without("category_id"),
        lambda rows: {"images": [], "annotations": rows},
        lambda rows: [*rows, *({**row, "category_id": 18} for row in rows)],  # dogs
        lambda rows: {
            "annotations": each(category_id=lambda _: 0)(rows),
            "categories": [{"id": 0, "name": "person"}, {"id": 1, "name": "ball"}],
        },
    ],
)
def test_boxes_are_read_as_they_are_meant(written: Any, tmp_path: Path) -> None:
    (tmp_path / "boxes.json").write_text(json.dumps(written(detections())), "utf-8")
    expected = rows_of(boxes_of(small_world() / DETECTIONS))
    assert rows_of(boxes_of(tmp_path / "boxes.json")) == expected


def test_an_object_a_line_is_the_list_of_them(tmp_path: Path) -> None:
    (tmp_path / "boxes.json").write_text("\n".join(map(json.dumps, detections())), "utf-8")
    expected = rows_of(boxes_of(small_world() / DETECTIONS))
    assert rows_of(boxes_of(tmp_path / "boxes.json")) == expected


def test_dogs_are_counted_and_not_predicted(tmp_path: Path) -> None:
    rows = [*detections(), *({**row, "category_id": 18} for row in detections()[:3])]
    (tmp_path / "boxes.json").write_text(json.dumps(rows), "utf-8")
    assert boxes_of(tmp_path / "boxes.json").left_out == {"boxes of other categories": 3}


ODD = {
    "boxes that are corners x1, y1, x2, y2": each(bbox=corners),
    "boxes that begin with their centre": each(bbox=centred),
    "boxes in shares of the image (0 to 1)": each(bbox=lambda r: [v / SIZE for v in r["bbox"]]),
    "boxes outside of their image": each(bbox=lambda r: [4 * SIZE, *r["bbox"][1:]]),
    "detected boxes whose 'score' is not a finite number": each(score=lambda _: "0.9"),
    "detected boxes whose 'bbox' is not four": each(bbox=lambda r: [*r["bbox"], r["score"]]),
    "detected boxes without 'bbox'": without("bbox"),
    "detected boxes of a negative width or height": each(
        bbox=lambda r: [r["bbox"][0] + r["bbox"][2], r["bbox"][1], -r["bbox"][2], r["bbox"][3]]
    ),
}


@pytest.mark.parametrize(("words", "written"), ODD.items(), ids=ODD)
def test_boxes_that_are_written_otherwise_are_refused_everywhere(
    words: str, written: Any, tree: Path
) -> None:
    (tree / DETECTIONS).write_text(json.dumps(written(detections())), "utf-8")
    weights = ["--weights", str(small_weights("coco-pose@tiny"))]
    ran = called(tree.parent, "run", "coco-pose@tiny", "--data", "data", *weights)
    refused(ran, [f"data/{DETECTIONS}: {words}"])
    checked = called(tree.parent, "check", "coco", "--data", "data")
    assert checked.status == 1
    assert words in " ".join(checked.out.split())
    pictures = ["data/coco/images/val2017", "--boxes", f"data/{DETECTIONS}"]
    predicted = called(tree.parent, "predict", *pictures, "--task", "coco-pose@tiny", *weights)
    refused(predicted, [f"data/{DETECTIONS}: {words}"])


def test_a_detector_that_counts_categories_from_0_is_refused_or_read_by_name(
    tmp_path: Path,
) -> None:
    """The ball in every picture is category 1, which is a person's in COCO's own files."""
    rows = [
        row
        for one in detections()
        for row in (
            {**one, "category_id": 0},
            {**one, "category_id": 1, "bbox": [5, 100, 20, 20]},
        )
    ]
    named = {
        "images": [],
        "annotations": rows,
        "categories": [{"id": 0, "name": "person"}, {"id": 1, "name": "ball"}],
    }
    weights = ["--task", "coco-pose@tiny", "--weights", str(small_weights("coco-pose@tiny"))]
    arguments = ["predict", str(small_world() / "coco/images/val2017"), *weights, "--no-drawn"]
    (tmp_path / "bare.json").write_text(json.dumps(rows), "utf-8")
    (tmp_path / "named.json").write_text(json.dumps(named), "utf-8")
    bare = [*arguments, "--box-threshold", "0", "--boxes", "bare.json"]
    refused(called(tmp_path, *bare), ["categories that it does not name", "--box-category"])
    expected = [row["bbox"] for row in detections()]
    for more in (bare, ["--box-category", "0"]), (bare[:-1], ["named.json"]):
        out = f"out{more[1][0]}"
        ended = called(tmp_path, *more[0], *more[1], "-o", out)
        assert ended.status == 0, ended.err
        found = json.loads((tmp_path / out / "keypoints.json").read_text("utf-8"))
        assert sorted(row["bbox"] for row in found) == sorted(expected)


def own(folder: Path, category: int, *others: Row) -> Path:
    """Annotations of the small world beside their images, their category numbered otherwise."""
    world = small_world() / "coco"
    content = json.loads((world / "annotations/person_keypoints_val2017.json").read_text("utf-8"))
    content["categories"] = [*others, {**content["categories"][0], "id": category}]
    for row in content["annotations"]:
        row["category_id"] = category
    folder.mkdir()
    (folder / "images").symlink_to(world / "images/val2017")
    (folder / "annotations.json").write_text(json.dumps(content), "utf-8")
    return folder / "annotations.json"


@pytest.mark.parametrize(
    ("category", "others"),
    [(0, []), (3, []), (1, [{"id": 0, "name": "people", "supercategory": "none"}])],
)
def test_own_categories_have_any_number(category: int, others: list[Row], tmp_path: Path) -> None:
    file = own(tmp_path / "own", category, *others)
    convert(file, tmp_path / "out", ())
    sigmas = list(catalog.load_dataset("coco").sigmas or ())
    edit_toml(tmp_path / "out/dataset.toml", lambda said: said.update(sigmas=sigmas))
    (tmp_path / "boxes.json").write_text(
        json.dumps(each(category_id=lambda _: category)(detections())), "utf-8"
    )
    people = boxes_of(
        tmp_path / "boxes.json", f"{tmp_path / 'out/task.toml'}@tiny", tmp_path / "out"
    )
    everything = rows_of(boxes_of(small_world() / DETECTIONS))
    assert {tuple(row) for row in rows_of(people)} <= {tuple(row) for row in everything}
    assert len(people)
    weights = ["--task", "coco-pose@tiny", "--weights", str(small_weights("coco-pose@tiny"))]
    arguments = ["own/images", *weights, "--boxes", "own/annotations.json", "-o", "poses"]
    ended = called(tmp_path, "predict", *arguments, "--no-drawn")
    assert ended.status == 0, ended.err
    found = json.loads((tmp_path / "poses/keypoints.json").read_text("utf-8"))
    said = json.loads(file.read_text("utf-8"))["annotations"]
    keys = ("image_id", "category_id", "bbox")
    assert sorted([row[key] for key in keys] for row in found) == sorted(
        [row[key] for key in keys] for row in said
    )
