import copy
from typing import Any

import pytest
import versions

from hrbench import catalog
from hrbench.spec import DatasetSpec, TaskSpec


@pytest.mark.parametrize("task", catalog.names("tasks"))
def test_a_shipped_protocol_is_that_of_its_version(task: str) -> None:
    table = versions.known()
    of_task = [pair for pair in versions.shipped() if pair[0].name == task]
    assert [fault for pair in of_task if (fault := versions.fault(*pair, table))] == []


COCO = catalog.load_task("coco-pose@w32-256x192"), catalog.load_dataset("coco")


def changed(spec: TaskSpec, version: int = 1, **protocol: Any) -> TaskSpec:
    update = {"protocol": spec.protocol.model_copy(update=protocol), "version": version}
    return spec.model_copy(update=update)


@pytest.mark.parametrize("key", [{"nms_threshold": 0.8}, {"boxes": "gt"}, {"flip_shift": 0}])
def test_a_changed_protocol_needs_a_new_version(key: dict[str, Any]) -> None:
    spec, coco = COCO
    table = versions.known()
    assert "raise the version" in versions.fault(changed(spec, **key), coco, table)
    assert "is new" in versions.fault(changed(spec, version=2, **key), coco, table)


def test_other_sigmas_or_another_file_of_a_split_are_another_protocol_too() -> None:
    spec, coco = COCO
    assert coco.sigmas is not None
    sigmas = (coco.sigmas[0] * 2, *coco.sigmas[1:])
    split = coco.splits["val2017"].model_copy(update={"annotations": "annotations/other.json"})
    for update in ({"sigmas": sigmas}, {"splits": {**coco.splits, "val2017": split}}):
        other: DatasetSpec = coco.model_copy(update=update)
        assert "raise the version" in versions.fault(spec, other, versions.known())


def test_a_recipe_may_change_within_a_version() -> None:
    spec, coco = COCO
    recipe = spec.recipe.model_copy(update={"epochs": 1})
    assert versions.fault(spec.model_copy(update={"recipe": recipe}), coco, versions.known()) == ""


def test_what_is_new_is_added_and_what_is_there_stays() -> None:
    table = copy.deepcopy(versions.known())
    before = table["coco-pose"]["1"]
    before["w32-256x192"] = "0" * 64
    del before["w48-256x192"]
    after = versions.added(table)["coco-pose"]["1"]
    assert after["w32-256x192"] == "0" * 64
    assert after["w48-256x192"] == versions.known()["coco-pose"]["1"]["w48-256x192"]
