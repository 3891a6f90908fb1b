"""`hrbench verify`: whatever is changed in a run's folder is found, and named."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from cli.command import called, scratch
from worlds import SMALL, near_truth, ran, small_world

from hrbench.commands import score as scoring
from hrbench.commands.verify import Verified, verify
from hrbench.report import files, seal

pytestmark = pytest.mark.slow

RECORD = "record.json"
Edit = Callable[[Path], None]


@pytest.fixture(scope="module")
def whole() -> Path:
    """A run whose predictions lie a little beside the truth, so that figures say something."""
    data, overrides = small_world(40), (*SMALL, "protocol.boxes=gt")
    _, folder = ran("coco-pose@tiny", scratch(), data=str(data), overrides=overrides)
    near_truth(folder, data / "coco" / "annotations" / "person_keypoints_val2017.json")
    scoring.score(folder)
    return folder


@pytest.fixture
def run(whole: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(whole, tmp_path / whole.parent.name / whole.name))


def test_a_run_that_nobody_touched_is_as_its_record_says(run: Path) -> None:
    found = verify(run)
    assert found.faults == ()
    assert [one.words for one in found.told if not one.done] == []
    content = json.loads((run / RECORD).read_text("utf-8"))
    assert 5 < content["metrics"]["AP"]["value"] < 95
    assert content["metrics"]["AP"]["low"] < content["metrics"]["AP"]["value"]


def of_record(path: str, change: Callable[[Any], Any]) -> Edit:
    """Return what changes one key of a record, named by `a/b/c`."""

    def edit(run: Path) -> None:
        file = run / RECORD
        content = json.loads(file.read_text("utf-8"))
        *parents, last = path.split("/")
        inner = content
        for key in parents:
            inner = inner[key]
        inner[last] = change(inner[last])
        file.write_text(json.dumps(content), "utf-8")

    return edit


def of_array(name: str, array: str) -> Edit:
    """Return what changes one number of a file of arrays."""

    def edit(run: Path) -> None:
        with np.load(run / name) as content:
            arrays = dict(content)
        first = arrays[array].reshape(-1)
        first[0] = ~first[0] if first.dtype == bool else first[0] + 40
        np.savez_compressed(run / name, **arrays)

    return edit


def of_text(name: str, before: str, after: str) -> Edit:
    def edit(run: Path) -> None:
        text = (run / name).read_text("utf-8")
        assert before in text
        (run / name).write_text(text.replace(before, after, 1), "utf-8")

    return edit


def of_weights(run: Path) -> None:
    for name in ("best.pt", "last.pt"):
        content = torch.load(run / "checkpoints" / name, weights_only=True)
        next(iter(content["network"].values())).view(-1)[0] += 1
        torch.save(content, run / "checkpoints" / name)


def half(value: float) -> float:
    return value / 2


def one_more(value: int) -> int:
    return value + 1


def other(value: str) -> str:
    return ("0" if value[0] != "0" else "1") + value[1:]


def turned(value: bool) -> bool:
    return not value


# What is changed, and the file and the key that are named.
OF_RECORD: list[tuple[str, Callable[[Any], Any]]] = [
    ("id", other),
    ("task", lambda _: "crowdpose"),
    ("variant", lambda _: "w48-384x288"),
    ("task_version", one_more),
    ("modified", turned),
    ("synthetic", turned),
    ("complete", turned),
    ("n/expected", one_more),
    ("n/evaluated", one_more),
    ("n/objects", one_more),
    ("metrics/AP/value", half),
    ("metrics/AP/low", half),
    ("metrics/AR/high", half),
    ("metrics/AP50/unit", lambda _: "mm"),
    ("metrics/AP75/higher_is_better", turned),
    ("groups/keypoint/nose/OKS", half),
    ("groups/size/medium/people", one_more),
    ("protocol/flip_shift", one_more),
    ("protocol/boxes", lambda _: "det"),
    ("spec/recipe/lr", half),
    ("spec/model/backbone", lambda _: "hrnet-w48"),
    ("dataset/name", lambda _: "mpii"),
    ("dataset/split", lambda _: "test-dev2017"),
    ("dataset/fingerprint", other),
    ("weights/origin", lambda _: "pose_hrnet_w32.pth"),
    ("weights/sha256", other),
    ("weights/init", lambda _: "imagenet"),
    ("code/version", lambda _: "9.9"),
    ("environment/numpy", lambda _: "1.0"),
    ("hardware/cores", one_more),
    ("seed", one_more),
    ("times/train", half),
    ("execution/training/precision", lambda _: "bf16"),
    ("execution/training/reasons", lambda _: ["no CUDA graph: a fable"]),
    ("started", lambda _: "2020-01-01T00:00:00Z"),
    ("left_out", lambda _: {"measured": {"too small": 3}}),
    ("notes", lambda _: ["all is well"]),
    ("uncertainty/units", one_more),
    ("uncertainty/replicates", one_more),
    ("group_intervals", lambda pairs: {name: [0.0, 1.0] for name in pairs}),
]
BESIDE: list[tuple[str, Edit, str]] = [  # with the file, and the key in it when a forger hashes
    ("spec", of_text("spec.toml", "padding = 1.25", "padding = 1.0"), RECORD),
    ("sigmas", of_text("dataset.toml", "0.026", "0.126"), RECORD),
    ("keypoints", of_array("predictions.npz", "keypoints"), RECORD),
    ("scores", of_array("predictions.npz", "scores"), RECORD),
    ("image_ids", of_array("predictions.npz", "image_ids"), "predictions.npz"),
    ("units", of_array("outcomes.npz", "units"), "outcomes.npz"),
    ("weights", of_weights, "checkpoints/last.pt"),
]


def resealed(run: Path) -> None:
    """Let a record have the hashes and the seal that go with what is there now."""
    content = json.loads((run / RECORD).read_text("utf-8"))
    content["files"] = files.hashes(run)
    content["seal"] = seal.digest(content)
    (run / RECORD).write_text(json.dumps(content), "utf-8")


def named(found: Verified) -> set[tuple[str, str]]:
    return {(fault.file, fault.key) for fault in found.faults}


@pytest.mark.parametrize("forged", [False, True], ids=["edited", "resealed"])
@pytest.mark.parametrize(("path", "change"), OF_RECORD, ids=[path for path, _ in OF_RECORD])
def test_a_changed_key_of_a_record_is_named(
    run: Path, path: str, change: Callable[[Any], Any], *, forged: bool
) -> None:
    of_record(path, change)(run)
    if forged:
        resealed(run)
    keys = {key for file, key in named(verify(run)) if file == RECORD}
    wanted = path.replace("/", ".")
    assert any(key == wanted or key.startswith(f"{wanted}.") for key in keys)
    unsealed = {"id", *seal.CIRCUMSTANCES}
    assert ("seal" in keys) != forged or path.partition("/")[0] in unsealed


@pytest.mark.parametrize(("name", "edit", "file"), BESIDE, ids=[name for name, *_ in BESIDE])
def test_a_changed_file_is_named_and_one_with_new_hashes_by_what_it_comes_to(
    run: Path, name: str, edit: Edit, file: str
) -> None:
    edit(run)
    changed = {
        "spec": "spec.toml",
        "sigmas": "dataset.toml",
        "units": "outcomes.npz",
        "weights": files.WEIGHTS,
    }
    assert (changed.get(name, "predictions.npz"), "") in named(verify(run))
    resealed(run)
    found = named(verify(run))
    assert file in {place for place, _ in found}
    assert (RECORD, "seal") not in found


@pytest.mark.parametrize("name", ["predictions.npz", "outcomes.npz"])
def test_arrays_that_do_not_fit_are_a_fault_and_no_crash(run: Path, name: str) -> None:
    with np.load(run / name) as content:
        arrays = dict(content)
    for array in (array for array, values in arrays.items() if values.ndim and len(values) > 1):
        np.savez(run / name, **arrays | {array: arrays[array][:1]})
        resealed(run)
        assert name in {place for place, _ in named(verify(run))}


@pytest.mark.parametrize("key", ["seed", "fingerprint", "id"])
def test_a_changed_state_of_a_run_is_found(run: Path, key: str) -> None:
    state = json.loads((run / "run.json").read_text("utf-8"))
    inner = state["options"] if key == "seed" else state
    inner[key] = 7 if key == "seed" else other(inner[key])
    (run / "run.json").write_text(json.dumps(state), "utf-8")
    wanted = {"fingerprint": "dataset.fingerprint"}.get(key, key)
    assert (RECORD, wanted) in named(verify(run))


def test_without_the_data_the_figures_come_from_what_each_image_adds(
    run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = json.loads((run / "run.json").read_text("utf-8"))
    state["options"]["data"] = "/nowhere"
    (run / "run.json").write_text(json.dumps(state), "utf-8")
    monkeypatch.chdir(run)
    found = verify(run)
    assert found.faults == ()
    assert "figures and intervals again from outcomes.npz" in [one.words for one in found.told]
    for path in ("metrics/AP/value", "metrics/AP/low", "groups/keypoint/nose/OKS"):
        of_record(path, half)(run)
        resealed(run)
        assert (RECORD, path.replace("/", ".")) in named(verify(run))


def test_files_that_are_gone_are_said_and_weights_are_but_not_looked_at(run: Path) -> None:
    (run / "outcomes.npz").unlink()
    shutil.rmtree(run / "checkpoints")
    found = verify(run)
    assert named(found) == {("outcomes.npz", "")}
    assert any("weights" in one.words and not one.done for one in found.told)
    words = "4 of 6 files by their SHA-256; not here: outcomes.npz, checkpoints/best.pt"
    assert words in [one.words for one in found.told]


@pytest.mark.parametrize("forged", [False, True], ids=["listed", "of no hash"])
def test_predictions_that_are_gone_are_one_fault_and_the_rest_is_looked_at(
    run: Path, *, forged: bool
) -> None:
    (run / "predictions.npz").unlink()
    if forged:
        resealed(run)
    found = verify(run)
    assert [(fault.file, fault.key) for fault in found.faults] == [("predictions.npz", "")]
    told = [one.words for one in found.told]
    assert "figures and intervals again from outcomes.npz" in told
    assert told[-2].endswith("but by the seal: no predictions")


def test_a_folder_of_runs_is_all_that_have_ended(run: Path, tmp_path: Path) -> None:
    begun, spoilt = run.with_name("begun"), run.with_name("spoilt")
    shutil.copytree(run, begun)
    ended = called(tmp_path, "verify", str(run.parent))
    assert (ended.status, ended.out.count(": as its record says")) == (0, 2)
    (begun / RECORD).rename(tmp_path / RECORD)
    ended = called(tmp_path, "verify", str(run.parent))
    assert (ended.status, ended.out.count("its record says")) == (0, 1)
    assert f"{begun}: has not ended" in ended.err
    shutil.copytree(run, spoilt)
    (spoilt / RECORD).write_text("{", "utf-8")
    ended = called(tmp_path, "verify", str(run.parent))
    assert (ended.status, ended.out.count("its record says")) == (1, 2)
    assert "fault: record.json: cannot be read" in ended.out


def test_a_record_of_an_older_version_is_verified_as_far_as_it_goes(run: Path) -> None:
    content = json.loads((run / RECORD).read_text("utf-8"))
    for key in ("files", "uncertainty", "group_intervals"):
        del content[key]
    for figure in content["metrics"].values():
        figure["low"] = figure["high"] = None
    content["seal"] = seal.digest(content)
    (run / RECORD).write_text(json.dumps(content), "utf-8")
    found = verify(run)
    unlike = {fault.key for fault in found.faults}
    assert {key.rpartition(".")[2] for key in unlike} <= {"low", "high"}
    assert any("older version" in one.words for one in found.told)


def test_the_command_ends_with_1_and_a_sentence_for_each_fault(run: Path, tmp_path: Path) -> None:
    assert called(tmp_path, "verify", str(run)).status == 0
    of_record("metrics/AP/value", lambda _: 99.0)(run)
    ended = called(tmp_path, "verify", str(run))
    assert ended.status == 1
    (line,) = [line for line in ended.out.splitlines() if "metrics.AP.value" in line]
    assert line.startswith("  fault: record.json: metrics.AP.value is 99.0; predictions.npz gives ")
    answer = json.loads(called(tmp_path, "verify", str(run), "--json").out)["runs"][0]
    assert answer["right"] is False
    assert "metrics.AP.value" in {fault["key"] for fault in answer["faults"]}


def test_another_lab_reads_and_verifies_an_archive_without_the_images(
    run: Path, tmp_path: Path
) -> None:
    state = json.loads((run / "run.json").read_text("utf-8"))
    state["options"]["data"] = "/nowhere"
    (run / "run.json").write_text(json.dumps(state), "utf-8")
    assert called(tmp_path, "bundle", str(run), "-o", "results.zip").status == 0
    shutil.rmtree(run)
    ended = called(tmp_path, "verify", "results.zip")
    assert ended.status == 0, ended.out
    assert "checked: figures and intervals again from outcomes.npz" in ended.out
    assert "not checked: the weights" in ended.out
    assert "AP, %" in called(tmp_path, "report", "results.zip").out
    shutil.copy(tmp_path / "results.zip", tmp_path / "theirs.zip")
    compared = called(tmp_path, "compare", "results.zip", "theirs.zip")
    assert compared.status == 0, compared.err


def test_a_record_that_is_not_one_is_said(run: Path, tmp_path: Path) -> None:
    of_record("seed", str)(run)
    ended = called(tmp_path, "verify", str(run))
    assert ended.status == 1
    assert "'seed'" in ended.out
    (run / RECORD).write_text("{", "utf-8")
    ended = called(tmp_path, "verify", str(run))
    assert (ended.status, "is not JSON" in ended.out) == (1, True)
