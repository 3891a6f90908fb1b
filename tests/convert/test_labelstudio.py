"""On tasks as Label Studio's documentation has them, and on those that sleap-io writes."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sleap_io
from convert.pictures import objects, picture

from hrbench.convert.detect import convert
from hrbench.errors import DataError

SIZE = {"original_width": 64, "original_height": 48, "image_rotation": 0}


def point(number: int, name: str, x: float, y: float, **more: Any) -> Any:
    value = {"x": x, "y": y, "width": 0.5, "keypointlabels": [name]}
    return {"id": f"p{number}", "type": "keypointlabels", "value": value, **SIZE, **more}


def rectangle(name: str, x: float, y: float, width: float, height: float, turn: float = 0) -> Any:
    value = {"x": x, "y": y, "width": width, "height": height, "rotation": turn}
    return {"id": name, "type": "rectanglelabels", "value": value, **SIZE}


def written(
    folder: Path, *results: list[Any], image: str = "/data/upload/1/1a2b3c4d-{}.png"
) -> Path:
    tasks = [
        {
            "id": number,
            "data": {"image": image.format(number)},
            "annotations": [{"result": result, "was_cancelled": False}],
        }
        for number, result in enumerate(results, 1)
    ]
    for number in range(1, len(results) + 1):
        picture(folder / f"{number}.png")
    (folder / "export.json").write_text(json.dumps(tasks))
    return folder / "export.json"


def test_points_are_of_the_rectangle_that_they_were_drawn_in_or_are_related_to(
    tmp_path: Path,
) -> None:
    result = [
        rectangle("a", 25, 25, 50, 50),
        rectangle("b", 0, 0, 25, 25),
        rectangle("c", 90, 90, 10, 10),
        point(1, "nose", 50, 50, parentID="a"),
        point(2, "tail", 12.5, 12.5),
        point(3, "tail", 75, 75, parentID="a"),
        {"type": "relation", "from_id": "p2", "to_id": "b", "direction": "right"},
        {"type": "choices", "value": {"choices": ["good"]}},
    ]
    made = convert(written(tmp_path, result, []), tmp_path / "out")
    assert objects(tmp_path / "out") == [
        ("1.png", [16, 12, 32, 24], [32, 24, 2, 48, 36, 2]),
        ("1.png", [0, 0, 16, 12], [0, 0, 0, 8, 6, 2]),
    ]
    assert sorted(made.left_out) == [
        "1 rectangles without a keypoint",
        "1 regions of the type choices",
        "1 tasks without a keypoint",
    ]


@pytest.mark.parametrize(
    "image",
    [
        "/data/local-files/?d=shots/{}.png",
        "https://example.com/shots/{}.png?token=1",
        "s3://bucket/mice/{}.png",
        "{}.png",
    ],
)
def test_pictures_are_found_by_every_kind_of_address(image: str, tmp_path: Path) -> None:
    convert(written(tmp_path, [point(1, "nose", 50, 50)], image=image), tmp_path / "out")
    assert objects(tmp_path / "out") == [("1.png", None, [32, 24, 2])]


def test_of_several_annotations_the_first_that_was_not_skipped_counts(tmp_path: Path) -> None:
    file = written(tmp_path, [point(1, "nose", 50, 50)])
    (task,) = json.loads(file.read_text())
    skipped = {"result": [point(1, "nose", 0, 0)], "was_cancelled": True}
    task["annotations"] = [skipped, *task["annotations"], {"result": [point(1, "nose", 25, 25)]}]
    file.write_text(json.dumps([task]))
    made = convert(file, tmp_path / "out")
    assert [row[2] for row in objects(tmp_path / "out")] == [[32, 24, 2]]
    assert made.left_out == ("1 further annotations of a task",)


def test_what_sleap_io_cannot_read_of_label_studio_is_why_it_is_read_here(tmp_path: Path) -> None:
    file = written(tmp_path, [point(1, "nose", 50, 50)])
    with pytest.raises(KeyError, match="Unable to locate video"):
        sleap_io.load_labelstudio(str(file))


def test_what_sleap_io_writes_is_read_with_its_objects_apart(tmp_path: Path) -> None:
    video = sleap_io.Video.from_filename([str(picture(tmp_path / "frames/1.png"))])
    skeleton = sleap_io.Skeleton(nodes=["nose", "tail"])
    places = [np.array([[10.0, 20.0], [12.0, 22.0]]), np.array([[30.0, 32.0], [40.0, 41.0]])]
    instances = [sleap_io.Instance.from_numpy(at, skeleton=skeleton) for at in places]
    frame = sleap_io.LabeledFrame(video=video, frame_idx=0, instances=instances)
    sleap_io.save_labelstudio(sleap_io.Labels([frame]), str(tmp_path / "tasks.json"))
    convert(tmp_path / "tasks.json", tmp_path / "out")
    found = [row[2] for row in objects(tmp_path / "out")]
    assert found == [pytest.approx([10, 20, 2, 12, 22, 2]), pytest.approx([30, 32, 2, 40, 41, 2])]


@pytest.mark.parametrize(
    ("edit", "words"),
    [
        ({"data": {}}, "task 1: its 'data' names no image file"),
        ({"data": {"image": "gone.png"}}, r"its picture gone\.png is not near; name its folder"),
    ],
)
def test_a_picture_that_is_not_there_is_said(edit: Any, words: str, tmp_path: Path) -> None:
    file = written(tmp_path, [point(1, "nose", 50, 50)])
    (task,) = json.loads(file.read_text())
    file.write_text(json.dumps([task | edit]))
    with pytest.raises(DataError, match=words):
        convert(file, tmp_path / "out")


def test_a_point_without_the_size_of_its_picture_is_said(tmp_path: Path) -> None:
    row = point(1, "nose", 50, 50) | {"original_width": None}
    with pytest.raises(DataError, match="a region has no numbers x, y, or no 'original_width'"):
        convert(written(tmp_path, [row]), tmp_path / "out")


def test_a_keypoint_without_a_label_is_counted(tmp_path: Path) -> None:
    bare = point(2, "", 10, 10)
    del bare["value"]["keypointlabels"]
    made = convert(written(tmp_path, [bare, point(1, "nose", 50, 50)]), tmp_path / "out")
    assert [row[2] for row in objects(tmp_path / "out")] == [[32, 24, 2]]
    assert made.left_out == ("1 keypoints without a label",)


@pytest.mark.parametrize("key", ["id", "type", "parentID"])
def test_a_region_whose_id_is_a_list_is_said(key: str, tmp_path: Path) -> None:
    row = point(1, "nose", 50, 50) | {key: ["a"]}
    with pytest.raises(DataError, match=f"{key} of a region is no text"):
        convert(written(tmp_path, [row]), tmp_path / "out")


def test_other_text_of_a_task_is_not_taken_for_an_address(tmp_path: Path) -> None:
    file = written(tmp_path, [point(1, "nose", 50, 50)])
    (task,) = json.loads(file.read_text())
    task["data"] = {"remark": "//[left cage", **task["data"]}
    file.write_text(json.dumps([task]))
    convert(file, tmp_path / "out")
    assert objects(tmp_path / "out") == [("1.png", None, [32, 24, 2])]


def test_a_missing_picture_is_not_taken_from_another_session(tmp_path: Path) -> None:
    for name in ("1.png", "2.png"):
        picture(tmp_path / "day1" / name)
    rows = [point(1, "nose", 50, 50)]
    file = written(tmp_path / "day2", rows, rows)
    (tmp_path / "day2" / "2.png").unlink()
    with pytest.raises(DataError, match=r"task 2: its picture 1a2b3c4d-2\.png is not near"):
        convert(file, tmp_path / "out")
    (tmp_path / "day2" / "1.png").unlink()
    made = convert(file, tmp_path / "out")
    assert made.notes == (f"the images are those of their names in {tmp_path / 'day1'}",)
