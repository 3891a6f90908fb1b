from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import tomli_w
from dots import DATASET, TASK, edit_toml, write_dots
from specs import landmark_task

from hrbench import catalog
from hrbench.errors import SpecError, UnknownNameError
from hrbench.spec import DatasetSpec, Table
from hrbench.spec.validation import validate

EVERY = [f"{task}@{v}" for task in catalog.names("tasks") for v in catalog.variants(task)]


@pytest.mark.parametrize("task", EVERY)
def test_every_variant_resolves_and_reads_back_from_its_own_toml(task: str, tmp_path: Path) -> None:
    spec = catalog.load_task(task)
    path = tmp_path / "spec.toml"
    path.write_text(tomli_w.dumps(spec.plain()), "utf-8")
    assert catalog.load_task(str(path)) == spec


@pytest.mark.parametrize("name", catalog.names("datasets"))
def test_every_dataset_names_its_points_and_files(name: str) -> None:
    dataset = catalog.load_dataset(name)
    assert dataset.splits
    assert dataset.name == name


def test_a_variant_holds_only_what_differs() -> None:
    small, large = (landmark_task(f"coco-pose@{v}") for v in ("w32-256x192", "w48-384x288"))
    assert small.model.backbone == "hrnet-w32"
    assert small.model.input == (256, 192)
    assert small.recipe == large.recipe
    assert small.protocol == large.protocol


@pytest.mark.parametrize(
    ("task", "name", "variant"),
    [
        ("coco-pose", "coco-pose", ""),
        ("coco-pose@tiny", "coco-pose", "tiny"),
        ("mine.toml@tiny", "mine.toml", "tiny"),
        ("me@home/mine.toml", "me@home/mine.toml", ""),
        ("me@home/mine.toml@tiny", "me@home/mine.toml", "tiny"),
        ("old.toml@home/mine@2.toml@tiny", "old.toml@home/mine@2.toml", "tiny"),
        ("coco-pose@tiny/2026", "coco-pose@tiny/2026", ""),
        (r"coco-pose@tiny\2026", r"coco-pose@tiny\2026", ""),
        ("mine@2.toml", "mine@2.toml", ""),
    ],
)
def test_a_variant_stands_behind_a_name_or_a_file_and_not_in_its_path(
    task: str, name: str, variant: str
) -> None:
    assert catalog.name_and_variant(task) == (name, variant)


def test_a_dataset_s_file_stands_for_the_task_beside_it(tmp_path: Path) -> None:
    write_dots(tmp_path)
    for variant in ("", "@tiny"):
        dataset, task = (catalog.load_task(f"{tmp_path / n}{variant}") for n in (DATASET, TASK))
        assert dataset == task


@pytest.mark.parametrize("other", ["another.toml", "coco", None])
def test_a_dataset_s_file_stands_for_no_task_of_another(other: str | None, tmp_path: Path) -> None:
    write_dots(tmp_path)
    if other is None:
        (tmp_path / TASK).unlink()
    else:
        edit_toml(tmp_path / TASK, lambda said: said.update(dataset=other))
    with pytest.raises(SpecError, match=r"dataset\.toml is a dataset's file, and .*task\.toml"):
        catalog.task_file(str(tmp_path / DATASET))


def test_without_a_variant_comes_the_default_or_the_one_for_no_data() -> None:
    assert catalog.load_task("coco-pose").variant == "w48-384x288"
    assert catalog.load_task("coco-pose", builtin=True).variant == "tiny"


def test_the_official_recipe_is_the_official_one() -> None:
    recipe = landmark_task("coco-pose").recipe
    assert (recipe.optimizer, recipe.lr, recipe.milestones) == ("adam", 1e-3, (170, 200))
    assert (recipe.epochs, recipe.batch_size, recipe.loss) == (210, 128, "mse")


@pytest.mark.parametrize(
    ("override", "words"),
    [
        ("recipe.epoch=5", "recipe: unknown key 'epoch'. Did you mean 'epochs'?"),
        ("recipe.epochs=many", "recipe: epochs should be a valid integer, not 'many'"),
        ("recipe.epochs=0", "recipe: epochs should be greater than or equal to 1, not 0"),
        ("model.input=100", "model: input should be a list, not 100"),
        ("model.input=[100, 96]", "model: input: 0 should be a multiple of 32, not 100"),
        ("model.input=[96]", "model: input: the key '1' is missing"),
        ("protocol.metric=crowd", "no metric of such a task is called 'crowd'. Did you mean 'crow"),
        ("protocol.metric=mpjpe", "Known: crowdpose, nme, oks, pckh, pixels."),
        ("protocol.nms=okx", "protocol: nms should be 'oks', 'soft' or 'none', not 'okx'"),
        ("recipe.epochs", "write KEY=VALUE"),
    ],
)
def test_a_wrong_override_is_one_sentence_with_its_key(override: str, words: str) -> None:
    with pytest.raises(SpecError) as caught:
        catalog.load_task("coco-pose", [override])
    assert f"--set {override}" in str(caught.value)
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("coco-poze", "no task is called 'coco-poze'. Did you mean 'coco-pose'?"),
        ("coco-pose@tinny", "no variant of coco-pose is called 'tinny'. Did you mean 'tiny'?"),
    ],
)
def test_an_unknown_name_gets_a_near_miss(name: str, words: str) -> None:
    with pytest.raises(UnknownNameError) as caught:
        catalog.load_task(name)
    assert str(caught.value) == words


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"sigmas": [0.1]}, "sigmas: 1 numbers for 17 keypoints"),
        ({"flip_pairs": [["left_eye", "right_ey"]]}, "no keypoint is called 'right_ey'"),
        (
            {"flip_pairs": [["left_eye", "right_eye"], ["left_eye", "nose"]]},
            "a keypoint has two partners",
        ),
        ({"keypoints": ["nose", "nose"]}, "a name stands twice"),
        ({"regions": {"ears": ["*_eer"]}}, "regions: ears: no keypoint is called '*_eer'"),
        (
            {"regions": {"head": ["*_ear", "nose"], "ears": ["left_*"]}},
            "regions: 'left_ear' is in head and ears",
        ),
        (
            {"turn": {"eyes": ["right_eye", "left_eye"], "nose": "tip"}},
            "turn: no keypoint is called 'tip'",
        ),
    ],
)
def test_points_of_a_dataset_that_do_not_agree_are_refused(
    change: dict[str, object], words: str
) -> None:
    raw = {**catalog.load_dataset("coco").plain(), **change}
    with pytest.raises(SpecError) as caught:
        validate(DatasetSpec, raw, "mine.toml")
    assert words in str(caught.value)


def test_a_dataset_of_an_older_run_is_the_published_one_without_groups_of_its_points() -> None:
    faces = catalog.load_dataset("cofw")
    older = faces.model_copy(update={"regions": {}, "turn": None})
    assert catalog.is_published(older)
    assert not catalog.is_published(older.model_copy(update={"folder": "mine"}))


def test_a_subset_is_of_a_split_that_there_is() -> None:
    raw = catalog.load_dataset("wflw").plain()
    raw["splits"]["blur"]["subset_of"] = "tests"
    with pytest.raises(SpecError, match="splits: blur: subset_of: no split is 'tests'"):
        validate(DatasetSpec, raw, "mine.toml")


@pytest.mark.parametrize(
    ("name", "dataset"),
    [("coco-pose", "coco"), ("h36m-pose@tiny", "h36m-frames"), ("wflw", "wflw"), ("coco", "coco")],
)
def test_a_task_stands_for_its_dataset(name: str, dataset: str) -> None:
    assert catalog.load_dataset(name) == catalog.load_dataset(dataset)


def test_the_file_of_a_task_stands_for_its_dataset(tmp_path: Path) -> None:
    (tmp_path / "mice.toml").write_text(tomli_w.dumps(catalog.load_dataset("coco").plain()))
    task = landmark_task("coco-pose").plain() | {"dataset": "mice.toml"}
    (tmp_path / "task.toml").write_text(tomli_w.dumps(task))
    path, _ = catalog.dataset_file(str(tmp_path / "task.toml"))
    assert path == tmp_path / "mice.toml"


@pytest.mark.parametrize(
    ("load", "plain", "old", "new"),
    [
        (catalog.load_task, catalog.load_task("coco-pose").plain(), "source", "reference"),
        (catalog.load_dataset, catalog.load_dataset("coco").plain(), "sources", "issuers"),
    ],
)
def test_a_key_that_was_renamed_is_answered_with_its_name_of_now(
    load: Callable[[str], Table], plain: dict[str, Any], old: str, new: str, tmp_path: Path
) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(tomli_w.dumps({old if key == new else key: plain[key] for key in plain}))
    with pytest.raises(SpecError) as caught:
        load(str(path))
    assert str(caught.value) == f"{path}: the key '{old}' is called '{new}' now; rename it"
    (tmp_path / "run.json").touch()
    assert load(str(path)).plain() == plain


def test_a_renamed_key_is_known_in_its_own_sort_of_file_only(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(tomli_w.dumps(catalog.load_dataset("coco").plain() | {"source": "me"}))
    with pytest.raises(SpecError, match="unknown key 'source'"):
        catalog.load_dataset(str(path))
    with pytest.raises(SpecError, match="--set source=me: the key 'source' is called 'reference'"):
        catalog.load_task("coco-pose", ["source=me"])
