"""The original releases of 300-W and WFLW."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from shared import need_shared

from hrbench.data.sample import People
from hrbench.errors import DataError, UnknownNameError
from hrbench.formats.faces.release import FLAGS, examined_pts, examined_wflw_list, top_of
from hrbench.formats.faces.tables import examined, sound

POINTS = ["10.5 20.25", "31 40.75"]


def write_pts(path: Path, points: list[str], stated: int | None = None) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    count = len(points) if stated is None else stated
    lines = ["version: 1", f"n_points:  {count}", "{", *points, "}"]
    path.write_text("\n".join(lines) + "\n", "ascii")
    return path


def face(folder: Path, name: str, points: list[str] = POINTS, suffix: str = ".png") -> Path:
    """Write an image and its .pts, and return the latter."""
    path = write_pts(folder / f"{name}.pts", points)
    path.with_suffix(suffix).write_bytes(b"")
    return path


def from_pts(folders: Sequence[Path], points: int = 2) -> People:
    return sound(top_of(folders), examined_pts(folders, points, counted_from=1)).people


def fault(*folders: Path) -> str:
    with pytest.raises(DataError) as error:
        from_pts(folders)
    assert "\n" not in str(error.value)
    return str(error.value)


def test_the_square_goes_around_the_points_to_whole_pixels(tmp_path: Path) -> None:
    face(tmp_path, "a")
    people = from_pts([tmp_path])
    assert people.images == (tmp_path / "a.png",)
    assert people.keypoints.tolist() == [[[9.5, 19.25], [30, 39.75]]]
    # From 10 to 31 and from 20 to 41: the middle 20.5, 30.5 less the 1 counted from; 21 / 200.
    assert people.centers.tolist() == [[19.5, 29.5]]
    assert people.scales.tolist() == [[21 / 200 * 1.25] * 2]
    assert people.boxes.round(9).tolist() == [[9, 19, 21, 21]]


def test_folders_are_joined_and_sorted_by_path(tmp_path: Path) -> None:
    face(tmp_path / "lfpw" / "trainset", "b", suffix=".PNG")
    face(tmp_path / "afw", "c d", suffix=".jpg")
    face(tmp_path / "afw", "a")
    (tmp_path / "afw" / "._a.png").write_bytes(b"")  # macOS leaves these behind
    (tmp_path / "afw" / "readme.txt").write_bytes(b"")
    places = [tmp_path / "lfpw" / "trainset", tmp_path / "afw"]
    people = from_pts(places)
    names = [path.relative_to(tmp_path).as_posix() for path in people.images]
    assert names == ["afw/a.png", "afw/c d.jpg", "lfpw/trainset/b.PNG"]


@pytest.mark.parametrize(
    ("points", "stated", "words"),
    [
        (["1 2"] * 3, 3, ".pts files whose n_points is not 2: 1 (b.pts: 3)"),
        (["1 2"] * 3, 2, ".pts files without 2 lines of points: 1 (b.pts: 3)"),
        (["1 2"], 2, ".pts files without 2 lines of points: 1 (b.pts: 1)"),
        (["1 2", "x 3"], 2, ".pts lines that are not two numbers: 1 (b.pts: 'x 3')"),
        (["1 2", "3"], 2, ".pts lines that are not two numbers: 1 (b.pts: '3')"),
        (["1 2", "3 4 5"], 2, ".pts lines that are not two numbers: 1 (b.pts: '3 4 5')"),
        (["1 2", "3 nan"], 2, "faces with NaN, infinity or numbers beyond 1e+09: 1 (b.pts)"),
        (["1 2", "1 2"], 2, "faces whose scale is not above 0: 1 (b.pts)"),
    ],
)
def test_a_pts_file_that_is_wrong_is_named(
    points: list[str], stated: int, words: str, tmp_path: Path
) -> None:
    face(tmp_path, "a")
    write_pts(face(tmp_path, "b"), points, stated)
    assert fault(tmp_path).startswith(f"{tmp_path}: {words};")


@pytest.mark.parametrize(
    "content", [b"", b"version: 1\nn_points: 2\n", b"<html>\n", b"\xff\xd8\xff"]
)
def test_a_pts_file_without_its_braces_is_named(content: bytes, tmp_path: Path) -> None:
    face(tmp_path, "a").write_bytes(content)
    assert ".pts files without '{' before or '}' after the points: 1 (a.pts)" in fault(tmp_path)


def test_a_pts_file_that_ends_early_is_named(tmp_path: Path) -> None:
    path = face(tmp_path, "a")
    whole = path.read_bytes()
    for cut in (0.3, 0.6, 0.9):
        path.write_bytes(whole[: int(cut * len(whole))])
        assert "a.pts" in fault(tmp_path)


def test_images_and_pts_files_that_stand_alone_are_all_named(tmp_path: Path) -> None:
    for number in range(4):
        (tmp_path / f"{number}.jpg").write_bytes(b"")
    write_pts(tmp_path / "alone.pts", POINTS)
    faces, found = examined_pts([tmp_path], 2, counted_from=1)
    assert faces is None
    assert [str(one) for one in found] == [
        "images without a .pts beside them: 4 (0.jpg, 1.jpg, 2.jpg, …)",
        ".pts files without an image beside them: 1 (alone.pts)",
    ]


def test_two_images_with_one_pts_are_named(tmp_path: Path) -> None:
    face(tmp_path, "a").with_suffix(".jpg").write_bytes(b"")
    assert "images that share their .pts with another: 1 (a.png)" in fault(tmp_path)


def test_faults_of_a_kind_are_counted_together(tmp_path: Path) -> None:
    for name in "ab":
        write_pts(face(tmp_path, name), ["1 2"], 2)
    write_pts(face(tmp_path, "c"), ["1 2"], 68)
    _, found = examined_pts([tmp_path], 2, counted_from=1)
    assert [str(one) for one in found] == [
        ".pts files without 2 lines of points: 2 (a.pts: 1, b.pts: 1)",
        ".pts files whose n_points is not 2: 1 (c.pts: 68)",
    ]


def test_a_folder_that_is_empty_or_not_there_is_refused(tmp_path: Path) -> None:
    assert "there is no image with a .pts beside it" in fault(tmp_path)
    assert "gone cannot be read: No such file" in fault(tmp_path / "gone")


def test_pts_files_of_the_real_faces_give_the_same_as_their_csv(tmp_path: Path) -> None:
    folder = need_shared() / "real" / "300w"
    table = folder / "face_landmarks_300w_test.csv"
    read = examined(table, folder / "images", 68, counted_from=1, box_column=False)
    expected = sound(table, read).people
    for row, image in enumerate(expected.image):
        points = [f"{x!r} {y!r}" for x, y in (expected.keypoints[row] + 1).tolist()]
        face(tmp_path, expected.images[image].stem, points)
    people = from_pts([tmp_path], 68)
    order = np.argsort([expected.images[image].name for image in expected.image])
    assert [path.name for path in people.images] == [
        expected.images[image].name for image in expected.image[order]
    ]
    for column in ("keypoints", "visible", "centers", "scales", "boxes", "scores"):
        found, wanted = getattr(people, column), getattr(expected, column)[order]
        assert (found.dtype, found.tolist()) == (wanted.dtype, wanted.tolist())


def wflw_line(flags: str = "000000", name: str = "7--Cheering/a.jpg") -> str:
    points = [str(number / 2) for number in range(2, 198)]  # x 1, 2, …, 98; y 1.5, …, 98.5
    return " ".join([*points, "1", "2", "3", "4", *flags, name])


def wflw_file(folder: Path, *lines: str) -> Path:
    path = folder / "list_98pt_rect_attr_test.txt"
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return path


def wflw(path: Path, attribute: str | None = None) -> People:
    read = examined_wflw_list(path, path.parent, 98, counted_from=0, attribute=attribute)
    return sound(path, read).people


def test_a_line_of_wflw_is_a_face(tmp_path: Path) -> None:
    people = wflw(wflw_file(tmp_path, wflw_line()))
    assert people.images == (tmp_path / "7--Cheering" / "a.jpg",)
    assert people.keypoints[0, [0, 97]].tolist() == [[1, 1.5], [98, 98.5]]
    # Around the points, from 1 to 98 and from 1 to 99; the file's box is not used.
    assert people.centers.tolist() == [[49.5, 50]]
    assert people.scales.tolist() == [[98 / 200 * 1.25] * 2]


@pytest.mark.parametrize(("place", "attribute"), list(enumerate(FLAGS)))
def test_a_flag_of_wflw_chooses_the_faces_of_a_subset(
    place: int, attribute: str, tmp_path: Path
) -> None:
    flags = ["0"] * 6
    flags[place] = "1"
    other = "".join("1" if flag == "0" else "0" for flag in flags)
    path = wflw_file(tmp_path, wflw_line(other, "a.jpg"), wflw_line("".join(flags), "b.jpg"))
    people = wflw(path, attribute=attribute)
    assert [image.name for image in people.images] == ["b.jpg"]
    assert people.ids.tolist() == [0]


def test_the_subsets_of_wflw_are_flags_of_its_release() -> None:
    from hrbench import catalog

    splits = catalog.load_dataset("wflw").splits
    assert [split.attribute for split in splits.values()] == [None, None, *FLAGS]


def test_a_flag_that_wflw_does_not_have_is_refused(tmp_path: Path) -> None:
    path = wflw_file(tmp_path, wflw_line())
    with pytest.raises(UnknownNameError, match="Did you mean 'makeup'"):
        wflw(path, attribute="make-up")
    with pytest.raises(DataError, match="no face has the flag 'blur'"):
        wflw(path, attribute="blur")


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (wflw_line().split(maxsplit=1)[1], "lines that have not 207 columns: 1 (line 2 has 206)"),
        (wflw_line()[:500], "lines that have not 207 columns: 1 (line 2 has "),
        ("abc" + wflw_line()[3:], "numbers that are none: 1 (line 2, column 1: 'abc')"),
        ("nan" + wflw_line()[3:], "faces with NaN, infinity or numbers beyond 1e+09: 1 (line 2)"),
        (wflw_line("000200"), "faces with flags that are not 0 or 1: 1 (line 2)"),
    ],
)
def test_a_line_of_wflw_that_is_wrong_is_named(line: str, words: str, tmp_path: Path) -> None:
    path = wflw_file(tmp_path, wflw_line(), line)
    with pytest.raises(DataError) as error:
        wflw(path)
    assert str(error.value).startswith(f"{path}: {words}")


def test_an_empty_list_of_wflw_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="the file is empty"):
        wflw(wflw_file(tmp_path))
