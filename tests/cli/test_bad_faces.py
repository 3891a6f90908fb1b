"""What is wrong with the files of faces is said in one sentence, and nothing is left behind."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from cli.command import called, refused
from cli.trees import (
    copied,
    cut_short,
    edit_line,
    ran,
    refused_to_run,
)
from scipy.io import savemat
from worlds import WFLW_LIST, release_of_300w, release_of_wflw, small_world

TRAIN, FULL = "face_landmarks_300w_train.csv", "face_landmarks_300w_valid.csv"
COFW = "COFW_test_color.mat"


# 300-W's CSV files.


@pytest.fixture
def csv(tmp_path: Path) -> Path:
    return copied("300w", tmp_path)


def column(number: int, text: str) -> Callable[[str], str]:
    """Put a text into a column, counted from 1."""

    def edit(line: str) -> str:
        cells = line.split(",")
        cells[number - 1] = text
        return ",".join(cells)

    return edit


@pytest.mark.parametrize(
    ("edit", "words"),
    [
        (
            lambda line: line.rpartition(",")[0],
            "rows that have not 140 columns: 1 (line 3 has 139)",
        ),
        (column(2, "large"), "numbers that are none: 1 (line 3, column 2: 'large')"),
        (column(9, "12,5"), "rows that have not 140 columns: 1 (line 3 has 141)"),
        (column(9, ""), "numbers that are none: 1 (line 3, column 9: '')"),
        (column(9, "nan"), "faces with NaN, infinity or numbers beyond 1e+09: 1 (line 3)"),
        (column(2, "0"), "faces whose scale is not above 0: 1 (line 3)"),
        (column(1, " "), "faces without the name of an image: 1 (line 3)"),
    ],
)
@pytest.mark.parametrize("place", [TRAIN, FULL])
def test_a_line_with_a_fault(
    place: str, edit: Callable[[str], str], words: str, csv: Path, tmp_path: Path
) -> None:
    edit_line(csv / place, 3, edit)
    refused_to_run(tmp_path, "300w", f"data/300w/{place}: {words}")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "the file is empty"),
        (b"<!DOCTYPE html>\n<html></html>\n", "line 1 has 1 columns, not the 140 of 68 points"),
        (b"\x89PNG\r\n\x1a\n\xff\xfe", "is not text in UTF-8"),
    ],
)
def test_a_file_of_another_kind(content: bytes, words: str, csv: Path, tmp_path: Path) -> None:
    (csv / FULL).write_bytes(content)
    refused_to_run(tmp_path, "300w", f"data/300w/{FULL}", words)


def test_a_file_of_another_dataset(csv: Path, tmp_path: Path) -> None:
    other = small_world(16, "wflw") / "wflw" / "face_landmarks_wflw_test.csv"
    (csv / FULL).write_bytes(other.read_bytes())
    words = "it has 98 points a face, this dataset has 68"
    refused_to_run(tmp_path, "300w", f"data/300w/{FULL}: {words}")


def test_a_face_whose_image_is_not_there(csv: Path, tmp_path: Path) -> None:
    edit_line(csv / FULL, 2, column(1, "valid_common/nobody.jpg"))
    words = ("300w: 1 of 4 image files do not exist", "nobody.jpg", "hrbench check 300w")
    refused_to_run(tmp_path, "300w", *words)


@pytest.mark.parametrize("pixels", ["clean", "official"])
@pytest.mark.parametrize("content", [b"", b"<html>"])
def test_an_image_that_is_none(content: bytes, pixels: str, csv: Path, tmp_path: Path) -> None:
    image = next((csv / "images" / "train").iterdir())
    image.write_bytes(content)
    more = ("--set", f"protocol.pixels={pixels}", *SQUARED[pixels])
    refused_to_run(tmp_path, "300w", f"300w/images/train/{image.name}", more=more)


SQUARED = {  # targets of the official code are of squared error
    "clean": (),
    "official": ("--set", "model.activation=none", "--set", "recipe.loss=plain-mse"),
}


def test_no_annotations_say_who_issues_them(csv: Path, tmp_path: Path) -> None:
    (csv / FULL).unlink()
    words = [f"300w: data/300w/{FULL} does not exist", "https://github.com/HRNet"]
    refused(ran(tmp_path, "300w"), words)


# COFW's HDF5.


@pytest.fixture
def cofw(tmp_path: Path) -> Path:
    return copied("cofw", tmp_path)


@pytest.mark.parametrize("share", [0.2, 0.6, 0.95])
@pytest.mark.parametrize("place", [COFW, "COFW_train_color.mat"])
def test_hdf5_that_is_cut_short(place: str, share: float, cofw: Path, tmp_path: Path) -> None:
    cut_short(cofw / place, share)
    words = f"data/cofw/{place} ends too early; fetch the file again"
    refused_to_run(tmp_path, "cofw", words)


def test_a_mat_file_of_version_5(cofw: Path, tmp_path: Path) -> None:
    savemat(cofw / COFW, {"phisT": [[1.0]]})
    words = (f"data/cofw/{COFW} is a MATLAB file of an older version", "-v7.3")
    refused_to_run(tmp_path, "cofw", *words)


@pytest.mark.parametrize("content", [b"", b"<html>Sign in</html>"])
def test_a_file_that_is_not_hdf5(content: bytes, cofw: Path, tmp_path: Path) -> None:
    (cofw / COFW).write_bytes(content)
    refused_to_run(tmp_path, "cofw", f"data/cofw/{COFW} is not HDF5")


def test_the_other_part_s_file_under_a_name(cofw: Path, tmp_path: Path) -> None:
    (cofw / COFW).unlink()
    words = [f"cofw: data/cofw/{COFW} does not exist", "vision.caltech.edu"]
    refused(ran(tmp_path, "cofw"), words)


# The original releases.


@pytest.fixture
def released(tmp_path: Path) -> Path:
    release_of_300w(small_world(16, "300w"), tmp_path / "data")
    return tmp_path / "data" / "300w" / "ibug"


ON_IBUG = ("--split", "challenge", "--set", "protocol.train_split=common")


@pytest.mark.parametrize(
    ("edit", "words"),
    [
        (lambda text: text.replace("68", "67"), "n_points is not 68: 1 ({}: 67)"),
        (
            lambda text: text.rpartition("\n}")[0].rpartition("\n")[0] + "\n}\n",
            "68 lines of points",
        ),
        (lambda text: text.replace("{\n", "{\nx "), ".pts lines that are not two numbers: 1 ({}:"),
        (lambda text: text.replace("}", ""), "'{{' before or '}}' after the points: 1 ({})"),
        (lambda _: "", "'{{' before or '}}' after the points: 1 ({})"),
    ],
)
def test_a_pts_file_with_a_fault(
    edit: Callable[[str], str], words: str, released: Path, tmp_path: Path
) -> None:
    path = next(released.glob("*.pts"))
    path.write_text(edit(path.read_text("ascii")), "ascii")
    said = words.format(path.name)
    refused_to_run(tmp_path, "300w", "data/300w/ibug: ", said, path.name, more=ON_IBUG)


def test_an_image_without_its_points(released: Path, tmp_path: Path) -> None:
    path = next(released.glob("*.pts"))
    path.unlink()
    words = "images without a .pts beside them: 1 ("
    refused_to_run(tmp_path, "300w", words, path.stem, more=ON_IBUG)


@pytest.mark.parametrize(
    ("edit", "words"),
    [
        (
            lambda line: line.rpartition(" ")[0],
            "lines that have not 207 columns: 1 (line 2 has 206)",
        ),
        (lambda line: "x" + line, "numbers that are none: 1 (line 2, column 1: 'x"),
        (
            lambda line: " ".join([*line.split()[:200], "2", *line.split()[201:]]),
            "faces with flags that are not 0 or 1: 1 (line 2)",
        ),
    ],
)
def test_a_line_of_wflw_with_a_fault(
    edit: Callable[[str], str], words: str, tmp_path: Path
) -> None:
    release_of_wflw(small_world(16, "wflw"), tmp_path / "data")
    edit_line(tmp_path / "data" / "wflw" / WFLW_LIST, 2, edit)
    more = ("--set", "protocol.train_split=test")
    refused_to_run(tmp_path, "wflw", f"data/wflw/{WFLW_LIST}: {words}", more=more)


# The protocol.


@pytest.mark.parametrize(
    ("task", "known"),
    [("300w", "inter-ocular, inter-pupil"), ("aflw", "box-size")],
)
def test_a_normaliser_that_the_dataset_does_not_have(task: str, known: str, tmp_path: Path) -> None:
    copied(task, tmp_path)
    words = f"protocol.normaliser: {task} has {known}, not 'inter-ear'"
    refused_to_run(tmp_path, task, words, more=("--set", "protocol.normaliser=inter-ear"))


@pytest.mark.parametrize("task", ["300w", "wflw", "cofw", "aflw"])
def test_boxes_other_than_the_annotated_ones(task: str, tmp_path: Path) -> None:
    copied(task, tmp_path)
    words = f"{task} is measured on its annotated centres and sizes: --boxes gt"
    refused_to_run(tmp_path, task, words, more=("--boxes", "det"))


def test_a_box_size_that_is_none(tmp_path: Path) -> None:
    aflw = copied("aflw", tmp_path)
    edit_line(aflw / "face_landmarks_aflw_test.csv", 2, column(3, "-5"))
    words = "face_landmarks_aflw_test.csv: faces whose box_size is not above 0: 1 (line 2)"
    refused_to_run(tmp_path, "aflw", words)


def test_official_pixels_take_no_other_decoder(csv: Path, tmp_path: Path) -> None:
    more = ("--set", "protocol.pixels=official", "--set", "protocol.decoder=dark")
    words = "protocol.pixels 'official' decodes by whole cells"
    refused_to_run(tmp_path, "300w", words, more=more)
    assert csv.is_dir()


def test_faces_that_changed_after_the_run_that_is_scored(csv: Path, tmp_path: Path) -> None:
    run = json.loads(ran(tmp_path, "300w", "--out", "runs", "--json").out)["run"]
    lines = (csv / FULL).read_text("utf-8").splitlines()
    (csv / FULL).write_text("\n".join(lines[:-1]) + "\n", "utf-8")
    words = ["the files of 300w in", "are not those that it was run on", "or run again"]
    refused(called(tmp_path, "score", run), words)
