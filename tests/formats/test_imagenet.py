"""ImageNet's folders: of classes, and the flat one with the development kit's truth."""

import re
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pytest
from scipy.io import savemat

from hrbench import catalog
from hrbench.data.pictures import Pictures
from hrbench.errors import DataError
from hrbench.formats.imagenet import folders

FISH, SHARK, CLOCK = CLASSES = ("n01440764", "n01484850", "n02708093")
NUMBERS = {FISH: 3, SHARK: 1, CLOCK: 2}  # the kit's, not in the order of the names


def touch(*paths: Path) -> None:
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


# ---- a folder for each class ---------------------------------------------------------------------


def test_pictures_come_class_by_class_by_name(tmp_path: Path) -> None:
    names = ["b.JPEG", "a.png", "c.Jpg", "d.jfif"]
    touch(*(tmp_path / CLOCK / name for name in names), tmp_path / FISH / "z.webp")
    touch(tmp_path / CLOCK / "notes.txt", tmp_path / CLOCK / "._b.JPEG", tmp_path / ".git" / "x")
    found = folders.read(tmp_path, CLASSES)
    where = [f"{path.parent.name}/{path.name}" for path in found.pictures.images]
    assert where == [
        f"{FISH}/z.webp",
        *(f"{CLOCK}/{n}" for n in ("a.png", "b.JPEG", "c.Jpg", "d.jfif")),
    ]
    assert found.pictures.labels.tolist() == [0, 2, 2, 2, 2]
    assert found.pictures.ids.tolist() == [0, 1, 2, 3, 4]
    assert found.num_classes == 2  # the shark has no folder


def test_the_networks_order_numbers_the_classes(tmp_path: Path) -> None:
    touch(tmp_path / FISH / "a.jpg", tmp_path / CLOCK / "a.jpg")
    found = folders.read(tmp_path, (CLOCK, SHARK, FISH))
    assert found.pictures.labels.tolist() == [2, 0]  # the files stay in the order of the names


def test_a_folder_of_a_class_without_a_picture(tmp_path: Path) -> None:
    touch(tmp_path / FISH / "a.jpg", tmp_path / CLOCK / ".a.jpg")
    with pytest.raises(DataError, match=re.escape(f"{tmp_path / CLOCK} has no picture")):
        folders.read(tmp_path, CLASSES)


def test_folders_of_no_class_are_named_and_counted(tmp_path: Path) -> None:
    for name in (FISH, "e", "d", "c", "b"):
        (tmp_path / name).mkdir()
    with pytest.raises(DataError, match=r"b, c, d, \.\.\.: 4 folders are no class's.*\[classes\]"):
        folders.read(tmp_path, CLASSES)


def test_a_folder_without_classes(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="has no folder of a class, as n01440764"):
        folders.read(tmp_path, CLASSES)


def test_a_file_in_a_folders_place(tmp_path: Path) -> None:
    (tmp_path / "val").touch()
    for look in (folders.is_flat, lambda path: folders.read(path, CLASSES)):
        with pytest.raises(DataError, match="val cannot be read: Not a directory"):
            look(tmp_path / "val")


def test_a_folder_with_pictures_is_flat(tmp_path: Path) -> None:
    touch(tmp_path / FISH / "a.jpg", tmp_path / ".a.jpg")
    assert not folders.is_flat(tmp_path)
    touch(tmp_path / "a.jpg")  # a stray one beside folders of classes
    assert not folders.is_flat(tmp_path)
    touch(tmp_path / "flat" / "a.jpg")
    assert folders.is_flat(tmp_path / "flat")


def test_some_pictures_are_taken_from_all_classes() -> None:
    labels = np.repeat(np.arange(3), 4)
    images = tuple(Path(f"{row}.jpg") for row in range(12))
    pictures = Pictures(images, labels, np.arange(12))
    some = pictures.first(3)
    assert (some.labels.tolist(), some.ids.tolist()) == ([0, 1, 2], [0, 4, 8])
    assert some.images == (images[0], images[4], images[8])
    assert pictures.first(None) is pictures.first(99) is pictures


def test_a_thousand_classes_in_the_order_of_their_numbers() -> None:
    classes = catalog.load_dataset("imagenet").classes
    assert len(classes) == 1000
    assert list(classes) == sorted(classes)
    names = list(classes.values())
    # The networks' answers 0, 1, 409, 954 and 999.
    assert [names[i] for i in (0, 1, 409, 954, 999)] == [
        *("tench", "goldfish", "analog clock", "banana", "toilet tissue"),
    ]


# ---- the flat folder -----------------------------------------------------------------------------


class Flat:
    """Five validation pictures, their truth and the kit's table."""

    def __init__(self, root: Path) -> None:
        self.folder, self.truth, self.synsets = root / "val", root / "truth.txt", root / "meta.mat"
        touch(*(self.picture(number) for number in range(1, 6)))
        self.truth.write_text("3\n1\n2\n2\n3\n")
        save(self.synsets, as_rows(NUMBERS))

    def picture(self, number: int) -> Path:
        return self.folder / f"ILSVRC2012_val_{number:08}.JPEG"

    def read(self) -> folders.SplitPictures:
        return folders.flat(self.folder, self.truth, self.synsets, CLASSES)


@pytest.fixture
def flat(tmp_path: Path) -> Flat:
    return Flat(tmp_path)


def as_rows(numbers: Mapping[str, int]) -> object:
    """Return a row for each synset, as the kit has them, with one above the classes."""
    kinds = [("ILSVRC2012_ID", "O"), ("WNID", "O"), ("num_children", "O")]
    rows = [(number, name, 0) for name, number in numbers.items()]
    return np.array([*rows, (1001, "n00001740", 2)], dtype=kinds)[:, None]


def as_columns(numbers: Mapping[str, int]) -> object:
    """Return one row of columns."""
    names = np.array(list(numbers), dtype=object)
    return {"ILSVRC2012_ID": np.array(list(numbers.values())), "WNID": names}


def save(path: Path, synsets: object, *, compressed: bool = True) -> None:
    savemat(str(path), {"synsets": synsets}, do_compression=compressed)


@pytest.mark.parametrize("layout", [as_rows, as_columns])
def test_the_kits_numbers_are_not_the_networks(
    layout: Callable[[Mapping[str, int]], object], flat: Flat
) -> None:
    save(flat.synsets, layout(NUMBERS))
    found = flat.read()
    assert found.pictures.labels.tolist() == [0, 1, 2, 2, 0]
    assert found.pictures.images == tuple(flat.picture(number) for number in range(1, 6))
    assert found.num_classes == 3


@pytest.mark.parametrize(("lines", "count"), [("3\n1\n2\n2\n", 4), ("3\n1\n2\n2\n3\n1\n", 6)])
def test_fewer_or_more_lines_than_pictures(lines: str, count: int, flat: Flat) -> None:
    flat.truth.write_text(lines)
    with pytest.raises(DataError, match=rf"truth\.txt has {count} lines for 5 pictures in .*val"):
        flat.read()


def test_a_picture_missing_and_another_too_many(flat: Flat) -> None:
    flat.picture(3).rename(flat.picture(6))
    with pytest.raises(DataError, match=r"val_00000004\.JPEG is not picture 3 of truth\.txt"):
        flat.read()


@pytest.mark.parametrize("content", [b"3\n1\nfish\n2\n3\n", b"\xff\xfe\x00", None])
def test_a_truth_that_is_no_list_of_numbers(content: bytes | None, flat: Flat) -> None:
    flat.truth.unlink()
    if content is not None:
        flat.truth.write_bytes(content)
    with pytest.raises(DataError, match=r"truth\.txt is not a list of class numbers"):
        flat.read()


@pytest.mark.parametrize("number", [0, 4, 1001])
def test_a_number_that_is_no_class_of_the_dataset(number: int, flat: Flat) -> None:
    flat.truth.write_text(f"3\n1\n{number}\n2\n3\n")
    with pytest.raises(DataError, match=rf"meta\.mat names no class of the dataset for {number}"):
        flat.read()


@pytest.mark.parametrize("compressed", [True, False])
def test_a_table_that_ends_too_early(compressed: bool, flat: Flat) -> None:
    save(flat.synsets, as_rows(NUMBERS), compressed=compressed)
    whole = flat.synsets.read_bytes()
    for length in range(0, len(whole), 40):
        flat.synsets.write_bytes(whole[:length])
        with pytest.raises(DataError, match=r"meta\.mat is (not the development kit's|no MATLAB)"):
            flat.read()


def test_a_table_with_a_damaged_byte_is_refused(flat: Flat) -> None:
    whole = flat.synsets.read_bytes()
    for place in range(140, len(whole)):  # past MATLAB's header
        damaged = bytearray(whole)
        damaged[place] ^= 0xFF
        flat.synsets.write_bytes(damaged)
        with pytest.raises(DataError, match=r"meta\.mat is (not the development kit's|no MATLAB)"):
            flat.read()


@pytest.mark.parametrize(
    "content",
    [
        {"other": 1},
        {"synsets": np.arange(3)},
        {"synsets": {"ILSVRC2012_ID": np.arange(3)}},
        {"synsets": {"ILSVRC2012_ID": np.arange(3), "WNID": np.array(["a"], dtype=object)}},
    ],
)
def test_a_table_of_something_else(content: dict[str, object], flat: Flat) -> None:
    savemat(str(flat.synsets), content)
    with pytest.raises(DataError, match=r"meta\.mat is not the development kit's"):
        flat.read()
