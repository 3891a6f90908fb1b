"""The official CSV files of faces, and the four sets' own files."""

import json
import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from shared import need_shared
from specs import landmark_task

from hrbench import catalog
from hrbench.errors import DataError
from hrbench.formats.contract import PeopleFormat
from hrbench.formats.faces.tables import Faces, examined, sound
from hrbench.formats.location import DataRoot
from hrbench.formats.registry import format_of

HEADER = "name,s,x,y,a,b,c,d"  # of two points; what it says does not matter
FACE = "a.png,1,100,80,60,50,140,110"


def written(folder: Path, *lines: str) -> Path:
    path = folder / "faces.csv"
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return path


def from_csv(
    path: Path, images: Path, points: int = 2, *, counted_from: int = 0, box: bool = False
) -> Faces:
    found = examined(path, images, points, counted_from=counted_from, box_column=box)
    return sound(path, found)


def fault(path: Path, *, points: int = 2, box: bool = False) -> str:
    with pytest.raises(DataError) as error:
        from_csv(path, Path("images"), points, box=box)
    message = str(error.value)
    assert "\n" not in message
    assert message.startswith(str(path))
    return message


def test_columns_count_by_their_position(tmp_path: Path) -> None:
    path = written(tmp_path, HEADER, FACE, "b/c.png,0.5,20.5,30,10,20,31,40.25")
    faces = from_csv(path, tmp_path / "images")
    people = faces.people
    assert [image.relative_to(tmp_path).as_posix() for image in people.images] == [
        "images/a.png",
        "images/b/c.png",
    ]
    assert people.keypoints.tolist() == [[[60, 50], [140, 110]], [[10, 20], [31, 40.25]]]
    assert people.centers.tolist() == [[100, 80], [20.5, 30]]
    assert people.scales.tolist() == [[1.25, 1.25], [0.625, 0.625]]
    # A scale of 1 is 200 pixels, centred: 100 - 100, 80 - 100.
    assert people.boxes.tolist() == [[0, -20, 200, 200], [-29.5, -20, 100, 100]]
    assert people.centers.dtype == np.float32
    assert people.scales.dtype == np.float64
    assert people.visible.all()
    assert people.scores.tolist() == [1, 1]
    assert faces.box_sizes is None


def test_the_box_size_stands_before_the_centre(tmp_path: Path) -> None:
    path = written(tmp_path, "name,s,z,x,y,a,b,c,d", "a.png,0.64,128,166,185,126,157,134,153")
    faces = from_csv(path, tmp_path, box=True)
    assert faces.box_sizes is not None
    assert faces.box_sizes.tolist() == [128]
    assert faces.people.centers.tolist() == [[166, 185]]
    assert faces.people.keypoints.tolist() == [[[126, 157], [134, 153]]]


def test_what_counts_from_one_is_moved_to_zero_and_adding_one_gives_the_file_again(
    tmp_path: Path,
) -> None:
    path = written(tmp_path, HEADER, "a.png,1,100.1,80.7,1.1,50.3,268.123,398.882")
    as_is = from_csv(path, tmp_path).people
    moved = from_csv(path, tmp_path, counted_from=1).people
    assert moved.keypoints[0, 0].tolist() == [1.1 - 1, 50.3 - 1]
    assert moved.centers.dtype == np.float32
    assert (moved.keypoints + 1).tolist() == as_is.keypoints.tolist()
    assert (moved.centers + np.float32(1)).tolist() == as_is.centers.tolist()
    assert (as_is.boxes - moved.boxes).round(4).tolist() == [[1, 1, 0, 0]]


def test_a_point_is_visible_where_its_y_in_the_file_is_above_zero(tmp_path: Path) -> None:
    path = written(tmp_path, HEADER, "a.png,1,100,80,60,0,140,0.5")
    faces, found = examined(path, tmp_path, 2, counted_from=1, box_column=False)
    assert faces is not None
    assert faces.people.visible.tolist() == [[False, True]]
    assert [(str(one), one.fatal) for one in found] == [
        ("faces with points whose y is not above 0, which are not trained on: 1 (line 2)", False)
    ]


def test_images_are_numbered_as_they_appear(tmp_path: Path) -> None:
    other = FACE.replace("60", "61")
    path = written(tmp_path, HEADER, "z.png" + FACE[5:], FACE, "z.png" + other[5:])
    people = from_csv(path, tmp_path).people
    assert [image.name for image in people.images] == ["z.png", "a.png"]
    assert people.image.tolist() == [0, 1, 0]
    assert people.image_ids.tolist() == [0, 1]
    assert people.ids.tolist() == [0, 1, 2]


def test_a_face_that_stands_twice_is_reported_and_read(tmp_path: Path) -> None:
    path = written(tmp_path, HEADER, FACE, FACE, "b" + FACE[1:])
    faces, found = examined(path, tmp_path, 2, counted_from=0, box_column=False)
    assert faces is not None
    assert len(faces.people) == 3
    assert [(str(one), one.fatal) for one in found] == [
        ("faces that stand twice: 1 (line 3)", False)
    ]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("b.png,1,100,80,60,50,140", "rows that have not 8 columns: 1 (line 3 has 7)"),
        ("b.png,1,100,80,60,50,140,110,7", "rows that have not 8 columns: 1 (line 3 has 9)"),
        (
            "b.png,1,100,80,60,abc,140,110",
            "numbers that are none: 1 (line 3, column 6: 'abc')",
        ),
        ("b.png,1,100,80,60,,140,110", "numbers that are none: 1 (line 3, column 6: '')"),
        ("b.png,1,100,80,60,nan,140,110", "faces with NaN, infinity"),
        ("b.png,1,100,-inf,60,50,140,110", "faces with NaN, infinity"),
        ("b.png,1,100,80,60,1e300,140,110", "numbers beyond 1e+09: 1 (line 3)"),
        ("b.png,0,100,80,60,50,140,110", "faces whose scale is not above 0: 1 (line 3)"),
        ("b.png,-1,100,80,60,50,140,110", "faces whose scale is not above 0: 1 (line 3)"),
        (",1,100,80,60,50,140,110", "faces without the name of an image: 1 (line 3)"),
    ],
)
def test_a_row_that_is_wrong_is_named_by_its_line(line: str, words: str, tmp_path: Path) -> None:
    assert words in fault(written(tmp_path, HEADER, FACE, line, "b" + FACE[1:]))


def test_a_box_size_that_is_none_is_named_by_its_line(tmp_path: Path) -> None:
    path = written(tmp_path, "name,s,z,x,y,a,b,c,d", "a.png,0.64,0,166,185,126,157,134,153")
    assert "faces whose box_size is not above 0: 1 (line 2)" in fault(path, box=True)


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ((), "the file is empty"),
        ((HEADER,), "it has the names of the columns, and no face"),
        ((FACE, FACE), "line 1 is a face; the names of the columns should stand there"),
        ((HEADER + ",e,f", FACE), "it has 3 points a face, this dataset has 2"),
        ((HEADER + ",e", FACE), "line 1 has 9 columns, not the 8 of 2 points"),
        (("<!DOCTYPE html>", "<p>Sign in"), "line 1 has 1 columns, not the 8 of 2 points"),
    ],
)
def test_a_file_of_another_kind_is_refused(
    lines: Sequence[str], words: str, tmp_path: Path
) -> None:
    assert words in fault(written(tmp_path, *lines))


def test_a_file_that_is_not_there_or_no_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "faces.csv"
    assert "cannot be read: No such file" in fault(path)
    path.write_bytes(b"\x89PNG\r\n\x1a\n")
    assert "is not text in UTF-8: invalid start byte at byte 0" in fault(path)
    path.write_text(f"{HEADER}\n{'a' * 200_000},1\n", "utf-8")
    assert "is not CSV: field larger than field limit (131072) in line 2" in fault(path)


def test_an_empty_line_and_a_mark_of_byte_order_change_nothing(tmp_path: Path) -> None:
    path = tmp_path / "faces.csv"
    path.write_bytes(f"\ufeff{HEADER}\r\n\r\n{FACE}\r\n\r\n".encode())
    people = from_csv(path, tmp_path).people
    assert people.keypoints.tolist() == [[[60, 50], [140, 110]]]


def test_a_line_is_counted_with_the_empty_ones_above(tmp_path: Path) -> None:
    assert "(line 4 has 1)" in fault(written(tmp_path, HEADER, "", FACE, "b.png"))


def test_the_real_file_has_the_points_of_its_other_format() -> None:
    folder = need_shared() / "real" / "300w"
    faces = from_csv(folder / "face_landmarks_300w_test.csv", folder / "images", 68, counted_from=1)
    content = json.loads((folder / "test_300w.json").read_text("utf-8"))
    names = {image["id"]: image["file_name"] for image in content["images"]}
    expected = {names[face["image_id"]]: face for face in content["annotations"]}
    people = faces.people
    assert {path.name for path in people.images} == set(expected)
    assert all(path.exists() for path in people.images)
    for row, image in enumerate(people.image):
        face = expected[people.images[image].name]
        points = np.reshape(face["keypoints"], (68, 3))[:, :2]
        assert np.abs(people.keypoints[row] + 1 - points).max() < 1e-9
        assert (people.centers[row] + 1).tolist() == face["center"]
        assert math.isclose(people.scales[row, 0], face["scale"] * 1.25, rel_tol=1e-15)


COUNTS = {"300w": 68, "wflw": 98, "cofw": 29, "aflw": 19}


@pytest.mark.parametrize(("name", "count"), list(COUNTS.items()))
def test_a_set_of_faces_pairs_each_point_of_one_side_with_the_other(name: str, count: int) -> None:
    dataset = catalog.load_dataset(name)
    rights = [point for point in dataset.keypoints if point.startswith("right_")]
    assert len(dataset.keypoints) == count
    assert dataset.flip_pairs == tuple((point, f"left_{point[6:]}") for point in rights)
    assert 2 * len(rights) == sum(
        point.startswith(("right_", "left_")) for point in dataset.keypoints
    )


def test_errors_are_divided_by_the_distance_of_the_published_points() -> None:
    found = {}
    for name in COUNTS:
        dataset = catalog.load_dataset(name)
        for key, groups in dataset.normalisers.items():
            found[name, key] = [[dataset.keypoints.index(p) for p in group] for group in groups]
    assert found == {
        ("300w", "inter-ocular"): [[36], [45]],
        ("300w", "inter-pupil"): [[36, 37, 38, 39, 40, 41], [42, 43, 44, 45, 46, 47]],
        ("wflw", "inter-ocular"): [[60], [72]],
        ("wflw", "inter-pupil"): [[96], [97]],
        ("cofw", "inter-ocular"): [[8], [9]],
        ("cofw", "inter-pupil"): [[16], [17]],
    }


def test_every_point_is_in_one_region_and_none_in_two() -> None:
    sizes = {}
    for name, count in COUNTS.items():
        regions = catalog.load_dataset(name).region_groups()
        points = [point for region in regions.values() for point in region]
        assert sorted(points) == list(range(count))
        sizes[name] = {region: len(points) for region, points in regions.items()}
    assert sizes == {
        "300w": {"jaw": 17, "brows": 10, "nose": 9, "eyes": 12, "mouth": 20},
        "wflw": {"jaw": 33, "brows": 18, "nose": 9, "eyes": 18, "mouth": 20},
        "cofw": {"jaw": 1, "brows": 8, "nose": 4, "eyes": 10, "mouth": 6},
        "aflw": {"jaw": 1, "brows": 6, "nose": 3, "eyes": 6, "mouth": 3},
    }


def test_yaw_is_told_by_the_outer_corners_and_the_noses_tip() -> None:
    points = {name: catalog.load_dataset(name).turn_points() for name in COUNTS}
    assert points == {
        "300w": (36, 45, 30), "wflw": (60, 72, 54), "cofw": (8, 9, 20), "aflw": (6, 11, 13),
    }  # fmt: skip


def test_the_splits_have_the_sizes_of_the_literature() -> None:
    sizes = {
        name: [split.num_samples for split in catalog.load_dataset(name).splits.values()]
        for name in COUNTS
    }
    assert sizes == {
        "300w": [3148, 689, 554, 135, 600],
        "wflw": [7500, 2500, 326, 314, 698, 206, 736, 773],
        "cofw": [1345, 507],
        "aflw": [20000, 4386, 1314],
    }


def test_a_face_of_a_subset_is_known_by_its_points_in_the_whole(tmp_path: Path) -> None:
    folder = tmp_path / "300w"
    (folder / "images").mkdir(parents=True)
    Image.new("RGB", (200, 200)).save(folder / "images" / "both.png")
    header = ",".join(["image_name", "scale", "center_w", "center_h", *["p"] * 136])
    points = np.stack([np.arange(68) + 20, np.arange(68) + 30], axis=1)
    lines = [
        ",".join(map(str, ["both.png", 0.4, x + 54, 64, *(points + [x, 0]).ravel()]))  # noqa: RUF005
        for x in (0, 60)
    ]
    tables = {"valid": [*lines], "valid_common": lines[1:], "valid_challenge": [lines[1], lines[0]]}
    for name, rows in tables.items():
        text = "\n".join([header, *rows])
        (folder / f"face_landmarks_300w_{name}.csv").write_text(text, "utf-8")
    spec, dataset = landmark_task("300w", ["protocol.split=full"]), catalog.load_dataset("300w")
    root = DataRoot(tmp_path, synthetic=False)
    read = format_of(dataset, PeopleFormat).evaluation
    subsets = read(spec, dataset, root, boxes="gt", limit=None).truth.subsets
    assert {name: inside.tolist() for name, inside in subsets.items()} == {
        "common": [False, True],
        "challenge": [True, True],
    }
    (folder / "face_landmarks_300w_valid_common.csv").unlink()
    assert list(read(spec, dataset, root, boxes="gt", limit=1).truth.subsets) == ["challenge"]
