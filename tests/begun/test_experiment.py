"""What makes two runs one experiment: all that decides their figures, and nothing else."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from hrbench import catalog
from hrbench.begun.experiment import experiment
from hrbench.begun.options import Options

SPEC = catalog.load_task("coco-pose@tiny")
DATASET = catalog.load_dataset("coco")
DATA = Path("data")


def of(spec: Any = SPEC, data: Path | None = DATA, **options: Any) -> str:
    return experiment(spec, DATASET, Options(**options), data)


def test_where_and_how_fast_it_is_computed_does_not_count() -> None:
    elsewhere: dict[str, Any] = {"device": "cuda:1", "workers": 7, "compile": True, "out": "there"}
    assert of(**elsewhere, allow=("unit",)) == of()
    assert of(data=DATA.absolute()) == of()


@dataclass(frozen=True)
class Later(Options):
    """What a later version may have flags for."""

    further: bool = False


def test_a_flag_that_comes_later_makes_no_other_one_where_it_is_not_said() -> None:
    assert experiment(SPEC, DATASET, Later(), DATA) == of()
    assert experiment(SPEC, DATASET, Later(further=True), DATA) != of()


def test_a_flag_that_the_spec_has_taken_up_counts_once() -> None:
    assert of(boxes="gt", overrides=("recipe.epochs=8",), epochs=8, split="val2017") == of()


@pytest.mark.parametrize(
    "other",
    [
        {"seed": 1},
        {"limit": 3},
        {"keep_peaks": True},
        {"data": None},
        {"data": Path("other")},
        {"spec": SPEC.model_copy(update={"version": SPEC.version + 1})},
    ],
    ids=["seed", "limit", "peaks", "built-in", "folder", "spec"],
)
def test_what_decides_figures_makes_another_one(other: dict[str, Any]) -> None:
    assert of(**other) != of()


def test_weights_are_told_by_what_is_in_their_file(tmp_path: Path) -> None:
    names = [str(tmp_path / name) for name in ("a.pth", "b.pth", "c.pth")]
    for name, content in zip(names, (b"1", b"1", b"2"), strict=True):
        Path(name).write_bytes(content)
    first, same, other = (of(weights=name) for name in names)
    assert first == same
    assert len({first, other, of(init=names[0]), of()}) == 4


def test_a_file_of_boxes_is_told_by_its_place(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "boxes.json").write_text("[]", "utf-8")
    places = [of(boxes=str(tmp_path / name / "boxes.json")) for name in ("a", "b")]
    assert len({*places, of()}) == 3


def test_an_own_dataset_counts_by_all_that_its_file_says() -> None:
    own = SPEC.model_copy(update={"dataset": "dataset.toml"})
    other = DATASET.model_copy(update={"sigmas": tuple(2 * s for s in DATASET.sigmas or ())})
    first, second = (experiment(own, dataset, Options(), DATA) for dataset in (DATASET, other))
    assert first != second
