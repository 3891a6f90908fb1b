"""ImageNet as people have it: Kaggle's archive, folders in folders, archives not unpacked."""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from cli.command import Ended, called, refused
from cli.trees import own_in
from PIL import Image
from worlds import small_classifier

from hrbench import catalog
from hrbench.commands.check.check import check

TINY = "imagenet@tiny"
FISH, CLOCK, SHARK = "n01440764", "n02708093", "n01484850"
SHOWN = (FISH, CLOCK, FISH, SHARK, CLOCK)  # by five validation pictures


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "data" / "imagenet"
    folder.mkdir(parents=True)
    return folder


def name_of(number: int) -> str:
    return f"ILSVRC2012_val_{number:08}"


def draw(path: Path, number: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.random.default_rng(number).integers(0, 255, (40, 60, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(path)


def by_class(root: Path, place: str = "val") -> None:
    """The five pictures in a folder for each class."""
    for number, name in enumerate(SHOWN, start=1):
        draw(root / place / name / f"{name_of(number)}.JPEG", number)


def kaggle(root: Path, *, lines: tuple[str, ...] | None = None) -> Path:
    """The five pictures as Kaggle has them; return the folder of them."""
    folder = root / "ILSVRC" / "Data" / "CLS-LOC" / "val"
    for number in range(1, len(SHOWN) + 1):
        draw(folder / f"{name_of(number)}.JPEG", number)
    boxes = [f"{name_of(n)},{name} 1 2 3 4 {name} 5 6 7 8 " for n, name in enumerate(SHOWN, 1)]
    rows = boxes[::-1] if lines is None else lines  # in no order
    (root / "LOC_val_solution.csv").write_text("\n".join(["ImageId,PredictionString", *rows]))
    return folder


def ran(root: Path, *more: str) -> Ended:
    data = root.parent
    weights = str(small_classifier(TINY))
    given = ("--data", str(data), "--workers", "0", "--weights", weights, "--json")
    return called(data.parent, "run", TINY, *given, *more)


def record(root: Path, *more: str) -> dict[str, Any]:
    ended = ran(root, *more)
    assert ended.status == 0, ended.err
    answer = json.loads(ended.out)
    return {**answer["record"], "err": ended.err}


def checked(root: Path) -> str:
    ended = called(root.parent.parent, "check", "imagenet", "--data", str(root.parent))
    return " ".join(ended.out.split())


def truth(root: Path) -> list[str]:
    """The classes of the five pictures by name, as hrbench reads them."""
    from hrbench.formats.imagenet import reading
    from hrbench.formats.location import DataRoot

    dataset = catalog.load_dataset("imagenet")
    found = reading.read(dataset, DataRoot(root.parent, synthetic=False), "val").pictures
    names = list(dataset.classes)
    labels = {
        path.stem: names[label]
        for path, label in zip(found.images, found.labels.tolist(), strict=True)
    }
    return [labels[name_of(number)] for number in range(1, len(SHOWN) + 1)]


def test_kaggle_s_archive_gives_the_figures_of_folders_of_classes(root: Path) -> None:
    by_class(root)
    sorted_by_class = record(root)
    shutil.rmtree(root / "val")
    kaggle(root)
    assert truth(root) == list(SHOWN)
    again = record(root)
    assert again["n"] == sorted_by_class["n"]
    for name, figure in sorted_by_class["metrics"].items():
        assert again["metrics"][name]["value"] == pytest.approx(figure["value"]), name
    assert "ILSVRC/Data/CLS-LOC/val" in checked(root)
    assert "not usable" not in checked(root)


def test_its_table_does_for_a_flat_folder_of_another_place_too(root: Path) -> None:
    kaggle(root).rename(root / "val")
    assert truth(root) == list(SHOWN)


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ((f"{name_of(1)},{FISH} 1 2 3 4",), "has no line of ILSVRC2012_val_00000002.JPEG"),
        (tuple(f"{name_of(n)}," for n in range(1, 6)), "is not Kaggle's LOC_val_solution.csv"),
        (tuple(f"{name_of(n)},fish 1 2" for n in range(1, 6)), "fish is no class of the dataset's"),
    ],
)
def test_a_table_that_is_not_of_the_pictures(
    lines: tuple[str, ...], words: str, root: Path
) -> None:
    kaggle(root, lines=lines)
    refused(ran(root), ["LOC_val_solution.csv", words])


@pytest.mark.parametrize("folder", [".", "imagenet", "pictures/2012"])
def test_check_reads_a_dataset_of_ones_own_whatever_its_folder(folder: str, root: Path) -> None:
    by_class(root)
    own, data = own_in(root, "imagenet", folder)
    report = check(str(own), str(data), images=False)
    val = next(split for split in report.splits if split.name == "val")
    assert [str(fault) for fault in val.faults] == []
    assert [part.facts["images"] for part in val.parts] == [len(SHOWN)]


def test_folders_in_a_class_s_folder_are_its_as_in_torchvision(root: Path) -> None:
    by_class(root)
    right = record(root)
    for name in set(SHOWN):
        (root / "val" / name).rename(root / "moved")
        (root / "val" / name).mkdir()
        (root / "moved").rename(root / "val" / name / "images")
    assert truth(root) == list(SHOWN)
    assert record(root)["metrics"] == right["metrics"]


def test_other_files_are_counted(root: Path) -> None:
    by_class(root)
    for name in ("notes.txt", ".DS_Store", "boxes.xml"):
        (root / "val" / FISH / name).touch()
    (root / "val" / FISH / ".ipynb_checkpoints").mkdir()
    found = record(root)
    assert found["n"]["evaluated"] == len(SHOWN)
    assert found["left_out"]["measured"] == {
        "files that are no pictures": 2,
        "hidden files": 1,
        "hidden folders": 1,
    }
    assert "left out of what is measured:" in found["err"]
    assert "2 files that are no pictures" in found["err"]
    assert "2 files that are no pictures" in checked(root)


def test_a_folder_without_pictures_says_what_it_has(root: Path) -> None:
    by_class(root)
    (root / "val" / "n02091134").mkdir()
    (root / "val" / "n02091134" / "list.txt").touch()
    words = "n02091134 has no picture but 1 files that are no pictures"
    refused(ran(root), [words])


def test_pictures_of_two_classes_are_refused_by_name(root: Path) -> None:
    by_class(root)
    for path in list((root / "val").glob("*/*")):
        other = CLOCK if path.parent.name != CLOCK else FISH
        shutil.copyfile(path, root / "val" / other / path.name)
    refused(ran(root), ["pictures that lie in the folders of two classes: 5", "--allow twice"])
    assert "pictures that lie in the folders of two classes: 5" in checked(root)
    assert any("(--allow twice)" in note for note in record(root, "--allow", "twice")["notes"])


def test_names_that_classes_share_are_no_such_pictures(root: Path) -> None:
    for number, name in enumerate((FISH, CLOCK, SHARK)):
        for index in range(3):
            draw(root / "val" / name / f"{index}.png", 10 * number + index)
    assert record(root)["n"]["evaluated"] == 9


def test_an_archive_that_is_not_unpacked_is_named(root: Path) -> None:
    (root / "ILSVRC2012_img_val.tar").write_bytes(bytes(1024))
    words = "ILSVRC2012_img_val.tar is there, and images/val is not: unpack it"
    refused(ran(root), [words])
    assert words in checked(root)
