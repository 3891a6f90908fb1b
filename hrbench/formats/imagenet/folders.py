"""ImageNet's pictures: a folder for each class, or the flat validation folder with its truth.

That is the development kit's, or the table of Kaggle's archive.

Source: the ILSVRC2012 development kit's readme; torchvision's ImageFolder.
"""

import csv
import io
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from hrbench.data import stored
from hrbench.data.divided import Divided
from hrbench.data.faults import Fault, fault_of
from hrbench.data.media import IMAGES
from hrbench.data.pictures import Pictures
from hrbench.data.sample import in_words
from hrbench.data.stored import Listed
from hrbench.errors import DataError
from hrbench.files import matlab
from hrbench.files.json_rows import NUMBER, TEXT
from hrbench.lints.thresholds import is_widespread

ENDINGS = tuple(IMAGES)  # torchvision's ImageFolder knows most of them
HIDDEN, HIDDEN_FOLDERS, NO_PICTURES = "hidden files", "hidden folders", "files that are no pictures"
COMPARED, BEGINNING = 1000, 1 << 16  # names that several classes have; bytes of each file
NAMES_SHOWN = 3  # of folders or files that are not right


@dataclass(frozen=True, slots=True, eq=False)
class SplitPictures:
    """A split's pictures, how many classes they show, and what else is there."""

    pictures: Pictures
    num_classes: int
    faults: list[Fault] = field(default_factory=list)  # those that a user may allow
    left_out: Mapping[str, int] = field(default_factory=dict)  # other files, by why
    divided: Divided | None = None  # how the folder's are, where these are a part of them


def is_flat(folder: Path) -> bool:
    """Whether pictures lie in the folder itself, and not in one for each class.

    Raises:
        DataError: it is no folder that can be read.
    """
    there = _listed(folder)
    return any(map(_is_picture, there.files)) and not there.folders


def read(folder: Path, classes: Sequence[str]) -> SplitPictures:
    """Return the pictures of a folder with one folder for each class, by name.

    Those in folders below a class's are its, as in torchvision's ImageFolder. Classes that have
    no folder are left out; `num_classes` tells.

    Raises:
        DataError: a folder is empty, is no class's, or cannot be read.
    """
    number = {name: index for index, name in enumerate(classes)}
    there = [name for name in _listed(folder).folders if not name.startswith(".")]
    if not there:
        raise DataError(f"{folder} has no folder of a class, as {classes[0]}")
    if unknown := [name for name in there if name not in number]:
        digits = all(name.isdigit() for name in there)
        numbered = " (ImageNetV2 numbers them in the order of that table, from 0)" * digits
        raise DataError(
            f"{folder}: {_some(unknown)}: {len(unknown)} folders are no class's of the dataset's "
            f"table [classes]; move them away, or name them there{numbered}"
        )
    images: list[Path] = []
    labels: list[int] = []
    left_out: Counter[str] = Counter()
    for name in there:
        files, others = _below(folder / name)
        if not files:
            raise DataError(
                f"{folder / name} has no picture{_held(others)}; fetch them, or remove the folder"
            )
        left_out += others
        images += files
        labels += [number[name]] * len(files)
    return SplitPictures(
        _columns(images, labels), len(there), _twice(folder, images, labels), left_out
    )


def flat(folder: Path, truth: Path, synsets: Path, classes: Sequence[str]) -> SplitPictures:
    """Return the pictures of a flat folder, by name, their classes from the development kit.

    Args:
        folder: of ILSVRC2012_val_00000001.JPEG and so on.
        truth: ILSVRC2012_validation_ground_truth.txt, a number of the kit a line.
        synsets: meta.mat, which says what class a number of the kit is.
        classes: the folders' names in the order of the network's answers, which is another.

    Raises:
        DataError: a file is not what it should be, or they do not go together.
    """
    files, others = _pictures(folder)
    try:
        numbers = [int(line) for line in truth.read_text("utf-8").split()]
    except (OSError, ValueError) as error:
        raise DataError(f"{truth} is not a list of class numbers ({error})") from error
    if len(numbers) != len(files):
        raise DataError(
            f"{truth} has {len(numbers)} lines for {len(files)} pictures in {folder}; both should "
            "be of the whole validation set"
        )
    _require_numbered(files, truth)
    names = _synsets(synsets)
    order = {name: index for index, name in enumerate(classes)}
    if unknown := sorted({n for n in numbers if names.get(n) not in order}):
        raise DataError(f"{truth}: {synsets.name} names no class of the dataset for {unknown[0]}")
    labels = [order[names[number]] for number in numbers]
    return SplitPictures(_columns(files, labels), len(set(labels)), left_out=others)


def solved(folder: Path, solution: Path, classes: Sequence[str]) -> SplitPictures:
    """Return the pictures of a flat folder, by name, their classes from Kaggle's table.

    Args:
        folder: of ILSVRC2012_val_00000001.JPEG and so on.
        solution: LOC_val_solution.csv: a picture's name, and its boxes, each after its class.
        classes: the folders' names in the order of the network's answers.

    Raises:
        DataError: the table is not what it should be, or lacks a picture.
    """
    files, others = _pictures(folder)
    names = _solution(solution)
    order = {name: index for index, name in enumerate(classes)}
    if missing := [path.name for path in files if path.stem not in names]:
        raise DataError(
            f"{solution} has no line of {_some(missing)}: {len(missing)} of the pictures in "
            f"{folder}; move away what is not of the validation set"
        )
    if unknown := sorted({names[path.stem] for path in files} - set(order)):
        raise DataError(f"{solution}: {unknown[0]} is no class of the dataset's table [classes]")
    labels = [order[names[path.stem]] for path in files]
    return SplitPictures(_columns(files, labels), len(set(labels)), left_out=others)


def _solution(file: Path) -> dict[str, str]:
    """Return the class of each picture of Kaggle's table: that of its first box."""
    try:
        rows = list(csv.DictReader(io.StringIO(file.read_text("utf-8-sig"))))
        return {row["ImageId"]: row["PredictionString"].split()[0] for row in rows}
    except (OSError, ValueError, KeyError, IndexError, AttributeError, csv.Error) as error:
        raise DataError(
            f"{file} is not Kaggle's LOC_val_solution.csv, with the columns ImageId and "
            f"PredictionString and a class in each line ({error})"
        ) from error


def _require_numbered(files: Sequence[Path], truth: Path) -> None:
    """Refuse a folder where one picture is missing and another too many: lines would shift."""
    for number, path in enumerate(files, start=1):
        if not path.stem.endswith(f"_{number:08}"):
            raise DataError(
                f"{path} is not picture {number} of {truth.name}, ILSVRC2012_val_{number:08}.JPEG; "
                "fetch what is missing, and move away what is not of the validation set"
            )


def _synsets(file: Path) -> dict[int, str]:
    """Return the kit's numbers with the names of the classes' folders."""
    table = matlab.read(file, {"synsets"}).get("synsets")
    fields = table.fields if isinstance(table, matlab.Structs) else {}
    numbers, names = (list(_flat(fields.get(key, ()))) for key in ("ILSVRC2012_ID", "WNID"))
    known = all(map(NUMBER.fits, numbers)) and all(map(TEXT.fits, names))
    if not numbers or len(numbers) != len(names) or not known:
        raise DataError(f"{file} is not the development kit's meta.mat with 'synsets'")
    return {int(number): name for number, name in zip(numbers, names, strict=True)}


def _flat(values: Iterable[Any]) -> Iterator[Any]:
    """Yield the numbers and texts of a struct's field, one by one or a column at a time."""
    for value in values:
        if isinstance(value, matlab.Cells):
            yield from _flat(value.values)
        elif isinstance(value, np.ndarray):
            yield from value.ravel().tolist()
        else:
            yield value


def _pictures(folder: Path) -> tuple[list[Path], Counter[str]]:
    """Return the pictures in a folder by name, and the numbers of other files in it, by why."""
    return _divided(folder, _listed(folder).files)


def _below(folder: Path) -> tuple[list[Path], Counter[str]]:
    """Return the pictures in a folder and those below it, and the numbers of other files."""
    there = _listed(folder)
    pictures, left_out = _divided(folder, there.files)
    left_out[HIDDEN_FOLDERS] += sum(name.startswith(".") for name in there.folders)
    for name in there.folders:
        if not name.startswith("."):
            files, others = _below(folder / name)
            pictures += files
            left_out += others
    return pictures, +left_out


def _divided(folder: Path, names: Iterable[str]) -> tuple[list[Path], Counter[str]]:
    pictures: list[Path] = []
    left_out: Counter[str] = Counter()
    for name in names:
        if name.startswith("."):
            left_out[HIDDEN] += 1
        elif not name.lower().endswith(ENDINGS):
            left_out[NO_PICTURES] += 1
        else:
            pictures.append(folder / name)
    return pictures, left_out


def _held(others: Mapping[str, int]) -> str:
    """Return in words what a folder without a picture has."""
    words = in_words(others)
    return f" but {words}" if words else ""


def _twice(folder: Path, images: Sequence[Path], labels: Sequence[int]) -> list[Fault]:
    """Return the pictures that are, by name and content, one of another class too."""
    by_name: dict[str, list[int]] = {}
    for row, path in enumerate(images):
        by_name.setdefault(path.name, []).append(row)
    alike = [rows for rows in by_name.values() if len({labels[row] for row in rows}) > 1]
    again = []
    for rows in alike[:COMPARED]:
        seen: dict[bytes, int] = {}
        for row in rows:
            with stored.opened(images[row]) as file:
                first = seen.setdefault(file.read(BEGINNING), row)
            if labels[first] != labels[row]:
                again.append(images[row].relative_to(folder).as_posix())
    kind = "pictures that lie in the folders of two classes"
    fatal = is_widespread(len(again), min(len(alike), COMPARED))
    return fault_of(kind, again, fatal=fatal, name="twice")


def _listed(folder: Path) -> Listed:
    try:
        return stored.listed(folder)
    except OSError as error:
        raise DataError(f"{folder} cannot be read: {error.strerror}") from error


def _is_picture(name: str) -> bool:
    return name.lower().endswith(ENDINGS) and not name.startswith(".")


def _columns(images: Sequence[Path], labels: Sequence[int]) -> Pictures:
    return Pictures(tuple(images), np.array(labels, dtype=np.int64), np.arange(len(images)))


def _some(names: Sequence[str]) -> str:
    return ", ".join([*names[:NAMES_SHOWN], *(["..."] if len(names) > NAMES_SHOWN else [])])
