"""CSV files of faces saved again by other programs: read by their names, or refused."""

import csv
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import pytest
from cli.command import called, refused
from cli.trees import measured
from worlds import real_mpii, small_weights, small_world

CHALLENGE = "face_landmarks_300w_valid_challenge.csv"
Rows = list[list[str]]


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    shutil.copytree(small_world(16, "300w"), tmp_path / "data")
    return tmp_path


def rows_of(tree: Path) -> Rows:
    text = (tree / "data" / "300w" / CHALLENGE).read_text("utf-8")
    return list(csv.reader(text.splitlines()))


def write(tree: Path, content: str, encoding: str = "utf-8") -> None:
    (tree / "data" / "300w" / CHALLENGE).write_bytes(content.encode(encoding))


def joined(rows: Rows, mark: str = ",", end: str = "\n") -> str:
    return "".join(mark.join(row) + end for row in rows)


def run(tree: Path, *more: str, task: str = "300w", split: str = "challenge") -> Any:
    return measured(tree, task, small_weights(f"{task}@tiny"), "--split", split, "--json", *more)


def record(tree: Path, *more: str) -> dict[str, Any]:
    ended = run(tree, *more)
    assert ended.status == 0, ended.err
    found: dict[str, Any] = json.loads(ended.out)["record"]
    return found


def nme(tree: Path, *more: str) -> float:
    return float(record(tree, *more)["metrics"]["NME"]["value"])


def moved(rows: Rows) -> Rows:
    return [[r[0], r[2], r[3], r[1], *r[4:]] for r in rows]


def points_first(rows: Rows) -> Rows:
    return [[*r[4:], *r[:4]] for r in rows]


def y_first(rows: Rows) -> Rows:
    pairs = [[at + 1, at] for at in range(4, len(rows[0]), 2)]
    return [[*r[:4], *(r[at] for pair in pairs for at in pair)] for r in rows]


def indexed(rows: Rows) -> Rows:
    return [["", *rows[0]], *([str(number), *row] for number, row in enumerate(rows[1:]))]


def from_one(rows: Rows) -> Rows:
    """The names that some programs give the points: counted from 1."""
    names = [f"original_{at // 2 + 1}_{'xy'[at % 2]}" for at in range(len(rows[0]) - 4)]
    return [[*rows[0][:4], *names], *rows[1:]]


def with_commas(rows: Rows) -> Rows:
    return [rows[0], *([row[0], *(cell.replace(".", ",") for cell in row[1:])] for row in rows[1:])]


@pytest.mark.parametrize(
    "edit",
    [
        lambda rows: joined(moved(rows)),
        lambda rows: joined(points_first(rows)),
        lambda rows: joined(y_first(rows)),
        lambda rows: joined(indexed(rows)),
        lambda rows: joined(indexed(moved(rows))),
        lambda rows: joined(from_one(rows)),
        lambda rows: joined([[*row, ""] for row in rows]),
        lambda rows: joined(rows, ";"),
        lambda rows: joined(rows, "\t"),
        lambda rows: joined(with_commas(rows), ";", "\r\n"),
        lambda rows: "sep=;\n" + joined(rows, ";"),
        lambda rows: "\ufeff" + joined(rows, end="\r\n"),
        lambda rows: joined(rows, end="\r"),
        lambda rows: joined([[" " + cell for cell in row] for row in rows]),
        lambda rows: joined([[row[0].replace("/", "\\"), *row[1:]] for row in rows]),
    ],
)
def test_a_file_that_another_program_saved_gives_the_figure_of_the_official_one(
    edit: Callable[[Rows], str], tree: Path
) -> None:
    right = nme(tree)
    write(tree, edit(rows_of(tree)))
    assert nme(tree) == pytest.approx(right, rel=1e-9)


def test_excel_s_unicode_text_is_read(tree: Path) -> None:
    right = nme(tree)
    write(tree, joined(rows_of(tree), "\t", "\r\n"), "utf-16")
    assert nme(tree) == pytest.approx(right, rel=1e-9)


def test_columns_by_their_names_are_said_and_recorded(tree: Path) -> None:
    write(tree, joined(moved(rows_of(tree))))
    words = "columns in another order than the official one, read by their names in line 1: 3"
    assert words in run(tree).err
    assert any(words in note for note in record(tree)["notes"])


def renamed(rows: Rows) -> Rows:
    """Columns whose names say nothing."""
    return [[f"c{at}" for at in range(len(rows[0]))], *rows[1:]]


def test_names_that_say_nothing_leave_the_official_order(tree: Path) -> None:
    right = nme(tree)
    write(tree, joined(renamed(rows_of(tree))))
    assert nme(tree) == pytest.approx(right, rel=1e-9)


def changed(rows: Rows, edit: Callable[[int, float], float]) -> Rows:
    """Rows with other numbers, given their column and what stood there."""
    numbers = [
        [row[0], *(str(edit(at, float(row[at]))) for at in range(1, len(row)))] for row in rows[1:]
    ]
    return [rows[0], *numbers]


@pytest.mark.parametrize(
    ("edit", "words", "name"),
    [
        (lambda rows: renamed(moved(rows)), "whose points are not those of their box", "outside"),
        (
            lambda rows: changed(rows, lambda at, x: x + 900 if at in {2, 3} else x),
            "whose points are not those of their box",
            "outside",
        ),
        (
            lambda rows: changed(rows, lambda at, x: x / 128 if at > 3 else x),
            "whose points are in 0 … 1",
            "unit",
        ),
        (
            lambda rows: changed(rows, lambda at, x: 200 * x if at == 1 else x),
            "whose points are not those of their box",
            "outside",
        ),
        (lambda rows: [*rows, *3 * rows[1:]], "faces that stand twice", "twice"),
        (
            lambda rows: changed(rows, lambda _, x: 4 * x),
            "persons or faces mostly outside of their picture",
            "outside-picture",
        ),
    ],
)
def test_numbers_that_cannot_be_are_refused_by_name_in_run_and_check(
    edit: Callable[[Rows], Rows], words: str, name: str, tree: Path
) -> None:
    write(tree, joined(edit(rows_of(tree))))
    refused(run(tree), [words, f"--allow {name}", "hrbench check"])
    checked = called(tree, "check", "300w", "--data", "data")
    assert words in " ".join(checked.out.split())
    assert "not usable as it is: challenge" in " ".join(checked.out.split())
    assert any(f"(--allow {name})" in note for note in record(tree, "--allow", name)["notes"])


def test_a_face_outside_of_its_picture_is_no_fault_of_the_file_however_few_are_measured(
    tree: Path,
) -> None:
    rows = rows_of(tree)
    head, odd = changed(rows[:2], lambda at, x: x + 400 if at > 1 else x)
    images = tree / "data" / "300w" / "images"
    shutil.copy(images / rows[1][0], images / "odd.jpg")
    write(tree, joined([head, ["odd.jpg", *odd[1:]], *rows[1:]]))
    assert record(tree, "--limit", "1")["n"]["evaluated"] == 1


def test_a_file_without_names_is_refused(tree: Path) -> None:
    rows = rows_of(tree)
    for content in (joined(rows[1:]), joined(with_commas(rows)[1:], ";")):
        write(tree, content)
        refused(run(tree), ["line 1 is a face; the names of the columns should stand there"])


def test_a_column_that_is_missing_is_named(tree: Path) -> None:
    write(tree, joined([[*row[:1], *row[2:]] for row in rows_of(tree)]))
    refused(run(tree), ["line 1 has 139 columns, not the 140", "called 'scale'"])


def test_pictures_made_smaller_after_the_annotation_are_found(tmp_path: Path) -> None:
    root = real_mpii(tmp_path / "data") / "mpii"
    for path in (root / "images").iterdir():
        picture = cv2.imread(str(path))
        assert picture is not None
        cv2.imwrite(str(path), cv2.resize(picture, None, fx=0.25, fy=0.25))
    words = ["persons or faces mostly outside of their picture", "--allow outside-picture"]
    refused(measured(tmp_path, "mpii-pose", small_weights("mpii-pose@tiny")), words)
