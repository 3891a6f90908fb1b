"""On files as labelme 4 and 5 write them."""

import json
from pathlib import Path
from typing import Any

import pytest
from convert.pictures import objects, picture, usable

from hrbench.convert.detect import convert
from hrbench.errors import DataError


def shape(label: str, *points: list[Any], group: Any = None, kind: str = "point") -> Any:
    return {"label": label, "points": points, "group_id": group, "shape_type": kind, "flags": {}}


def written(folder: Path, name: str, shapes: list[Any], **more: Any) -> Path:
    image = picture(folder / f"{name}.png")
    said = {"version": "5.4.1", "flags": {}, "shapes": shapes, "imagePath": image.name}
    size = {"imageData": None, "imageHeight": 48, "imageWidth": 64}
    (folder / f"{name}.json").write_text(json.dumps({**said, **size, **more}))
    return folder


def test_points_of_a_group_are_an_object_and_its_rectangle_the_box(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    written(
        folder,
        "1",
        [
            shape("nose", [12.5, 20.0], group=1),
            shape("tail", [30.0, 22.0], group=2),
            shape("tail", [16.0, 24.0], group=1),
            shape("mouse", [40.0, 10.0], [10.0, 30.0], group=1, kind="rectangle"),
            shape("bedding", [1, 1], [2, 2], [3, 1], kind="polygon"),
        ],
    )
    written(folder, "2", [shape("tail", [5, 6])], version="4.5.6")
    (folder / "0-settings.json").write_text("{}")
    made = convert(folder, tmp_path / "out")
    assert made.skeleton.keypoints == ("nose", "tail")
    assert objects(tmp_path / "out") == [
        ("1.png", [10, 10, 30, 20], [12.5, 20, 2, 16, 24, 2]),
        ("1.png", None, [0, 0, 0, 30, 22, 2]),
        ("2.png", None, [0, 0, 0, 5, 6, 2]),
    ]
    assert made.left_out == ("1 files that are not labelme's", "1 shapes of the type polygon")
    assert usable(tmp_path / "out") == ("train", "val")


def test_points_without_a_group_belong_to_the_rectangle_around_them(tmp_path: Path) -> None:
    corners: list[list[float]] = [
        [20, 0],
        [40, 0],
        [40, 20],
        [20, 20],
    ]
    written(
        tmp_path / "in",
        "1",
        [
            shape("nose", [5, 5]),
            shape("nose", [25, 6]),
            shape("mouse", [0, 0], [10, 10], kind="rectangle"),
            shape("mouse", *corners, kind="rectangle"),
            shape("mouse", [50, 40], [60, 45], kind="rectangle"),
        ],
    )
    made = convert(tmp_path / "in" / "1.json", tmp_path / "out")
    assert [row[1:] for row in objects(tmp_path / "out")] == [
        ([0, 0, 10, 10], [5, 5, 2]),
        ([20, 0, 20, 20], [25, 6, 2]),
    ]
    assert made.left_out == ("1 rectangles without a point",)


@pytest.mark.parametrize(
    ("shapes", "more", "words"),
    [
        ([shape("nose", [1, 2]), shape("nose", [3, 4])], {}, "'nose' stands twice in one object"),
        (
            [shape("nose", [50, 2]), shape("m", [0, 0], [9, 9], kind="rectangle")],
            {},
            "'nose' at 50, 2 lies in no box, or in several",
        ),
        ([shape("nose", [1, 2], [3, 4])], {}, "the point 'nose' has 2 places"),
        ([shape("nose", ["a", 2])], {}, r"shape 1 \(nose\): 'points' is no list of x and y"),
        ([{"points": [[1, 2]]}], {}, "shape 1 has no 'label'"),
        ([shape("nose", [1, 2], group=[1])], {}, r"'group_id' is \[1\], no number"),
        ([shape("nose", [1, 2]), shape("m", [1, 2], kind="rectangle")], {}, "has 1 corners"),
        (
            [shape("nose", [1, 2])],
            {"imagePath": "9.png"},
            r"9\.png is annotated and does not exist",
        ),
        ([shape("nose", [1, 2])], {"imagePath": None}, "'imagePath' is None, no file"),
        ([shape("nose", [1, 2])], {"imageWidth": 99}, "annotated as 99 x 48 pixels and has 64 x"),
    ],
)
def test_what_is_not_right_is_said_in_a_sentence(
    shapes: list[Any], more: dict[str, Any], words: str, tmp_path: Path
) -> None:
    folder = written(tmp_path / "in", "1", shapes, **more)
    with pytest.raises(DataError, match=words):
        convert(folder, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_pictures_elsewhere_are_found(tmp_path: Path) -> None:
    folder = written(tmp_path / "in", "1", [shape("nose", [1, 2])], imagePath="..\\shots\\1.png")
    (tmp_path / "shots").mkdir()
    (folder / "1.png").rename(tmp_path / "shots" / "1.png")
    convert(folder, tmp_path / "out")
    assert objects(tmp_path / "out")[0][0] == "../shots/1.png"
    (tmp_path / "shots").rename(tmp_path / "far")
    convert(folder, tmp_path / "other", images=tmp_path / "far")
    assert objects(tmp_path / "other")[0][0] == "../far/1.png"


def sessions(folder: Path) -> tuple[Path, Path]:
    """Two folders of pictures of the same names, as one camera leaves them."""
    days = folder / "day1", folder / "day2"
    for day in days:
        for name in ("1", "2"):
            written(day, name, [shape("nose", [1, 2])])
    return days


def test_a_missing_picture_is_not_taken_from_another_session(tmp_path: Path) -> None:
    _, day = sessions(tmp_path)
    (day / "2.png").unlink()
    for source in (day, tmp_path):
        with pytest.raises(DataError, match=r"day2/2\.png is annotated and does not exist"):
            convert(source, tmp_path / "out")


def test_pictures_that_only_another_folder_has_are_taken_and_said(tmp_path: Path) -> None:
    first, day = sessions(tmp_path)
    for name in ("1", "2"):
        (day / f"{name}.png").unlink()
    made = convert(day, tmp_path / "out")
    assert made.notes == (f"the images are those of their names in {first}",)
    assert [row[0] for row in objects(tmp_path / "out")] == ["../day1/1.png", "../day1/2.png"]
    for name in ("1", "2"):
        picture(tmp_path / "day3" / f"{name}.png")
    with pytest.raises(DataError, match=r"day2/1\.png is annotated and does not exist"):
        convert(day, tmp_path / "other")


def test_a_picture_of_a_folder_that_is_there_is_in_no_other(tmp_path: Path) -> None:
    folder = written(tmp_path / "in", "1", [shape("nose", [1, 2])], imagePath="../shots/1.png")
    (tmp_path / "shots").mkdir()
    with pytest.raises(DataError, match=r"shots/1\.png is annotated and does not exist"):
        convert(folder, tmp_path / "out")
