"""Weights that say what they are: measured as what they were trained for, and nothing else."""

import hashlib
import json
import shutil
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import torch
from cli.command import called, refused, scratch
from safetensors import safe_open
from specs import landmark_task
from worlds import small_world

from hrbench import catalog, network
from hrbench.begun import provenance
from hrbench.report import checkpoints
from hrbench.spec import Split

TINY = ["--data", str(small_world()), "--pictures", "0", "--device", "cpu", "--limit", "2"]
SEEN = ["coco/train2017"]


@cache
def trained(*more: str) -> Path:
    """The folder of a run of coco-pose@tiny, one step long."""
    folder = scratch()
    ended = called(folder, "run", "coco-pose@tiny", *TINY, "--epochs", "1", "--json", *more)
    assert ended.status == 0, ended.err
    return folder / str(json.loads(ended.out)["run"])


def older(tmp_path: Path) -> Path:
    """The same run as it was before checkpoints said what they are."""
    folder = Path(shutil.copytree(trained(), tmp_path / "older"))
    best = folder / "checkpoints" / "best.pt"
    torch.save({"network": torch.load(best, weights_only=True)["network"]}, best)
    return folder


def ours(tmp_path: Path, form: str) -> str:
    """A trained network in one of the forms that ours have."""
    best = trained() / "checkpoints" / "best.pt"
    if form == "folder":
        return str(trained())
    if form == "older run":
        return str(older(tmp_path))
    if form == "last.pt":
        return str(best.with_name("last.pt"))
    if form == "copied":
        return str(shutil.copy(best, tmp_path / "w.pt"))
    target = tmp_path / form
    assert called(tmp_path, "weights", "convert", str(best), "-o", str(target)).status == 0
    return str(target)


FORMS = ["folder", "older run", "last.pt", "copied", "w.safetensors", "w.pth"]


def with_a_snout(folder: Path) -> str:
    """A task like coco-pose whose first keypoint is called otherwise: as many, and not the same."""
    root = Path(__file__).parents[2]
    task = (root / "tasks/coco-pose.toml").read_text("utf-8")
    dataset = (root / "datasets/coco.toml").read_text("utf-8")
    (folder / "animals.toml").write_text(
        task.replace('dataset = "coco"', 'dataset = "snouts.toml"'), "utf-8"
    )
    (folder / "snouts.toml").write_text(
        dataset.replace('"nose"', '"snout"').replace('name = "coco"', 'name = "snouts"'), "utf-8"
    )
    return "animals.toml@tiny"


def evaluated(tmp_path: Path, task: str, *more: str) -> Any:
    ended = called(tmp_path, "run", task, *TINY, "--json", *more)
    assert ended.status == 0, ended.err
    return json.loads(ended.out)["record"] | {"said": ended.err}


@pytest.mark.parametrize("form", FORMS)
def test_the_record_of_an_evaluation_takes_over_where_the_weights_come_from(
    form: str, tmp_path: Path
) -> None:
    record = evaluated(tmp_path, "coco-pose@tiny", "--weights", ours(tmp_path, form))
    weights = record["weights"]
    assert (weights["seen_datasets"], weights["init"]) == (SEEN, "random")
    assert weights["trained_for"] == "coco-pose@tiny"


@pytest.mark.parametrize("form", FORMS)
def test_weights_of_other_keypoints_are_refused_however_they_are_named(
    form: str, tmp_path: Path
) -> None:
    """COCO and Human3.6M have 17 keypoints, so that every tensor fits."""
    command = ["run", "h36m-pose@tiny", "--weights", ours(tmp_path, form), "--data", "builtin"]
    words = ["was trained for coco-pose@tiny, whose keypoints are others than those of h36m-frames"]
    words += ["nose is in the place of hip", "--init", "--allow other-keypoints"]
    refused(called(tmp_path, *command, "--pictures", "0", "--limit", "1"), words)


def test_who_insists_gets_the_figure_and_a_note(tmp_path: Path) -> None:
    task, given = with_a_snout(tmp_path), ["--weights", str(trained())]
    words = ["those of snouts: nose is in the place of snout", "`--allow other-keypoints`"]
    refused(called(tmp_path, "run", task, *TINY, *given), words)
    record = evaluated(tmp_path, task, *given, "--allow", "other-keypoints")
    assert "nose is in the place of snout (--allow other-keypoints)." in " ".join(record["notes"])
    assert "nose is in the place of snout" in record["said"]


def test_predict_refuses_them_too(tmp_path: Path) -> None:
    words = ["whose keypoints are others than those of h36m", "--allow other-keypoints"]
    picture = next(small_world().rglob("*.jpg"))
    given = ["--weights", str(trained())]
    refused(called(tmp_path, "predict", str(picture), "--task", "h36m-pose@tiny", *given), words)


def test_inspect_says_what_they_are_and_that_they_do_not_fit(tmp_path: Path) -> None:
    command = ["weights", "inspect", str(trained()), "--task", "h36m-pose@tiny"]
    text = " ".join(called(tmp_path, *command).out.split())
    assert "does not fit h36m-pose@tiny: trained for coco-pose@tiny" in text
    assert "trained on coco/train2017" in text
    found = json.loads(called(tmp_path, *command, "--json").out)
    assert found["variants"] == ["coco-pose@tiny"]
    assert found["about"]["task"] == "coco-pose"
    assert len(found["about"]["outputs"]) == 17
    assert found["about"]["color"] == "rgb"


def test_a_training_from_them_has_seen_what_they_have(tmp_path: Path) -> None:
    """Only the backbone is loaded, so its keypoints may be others."""
    more = ["--init", str(trained()), "--epochs", "1"]
    weights = evaluated(tmp_path, with_a_snout(tmp_path), *more)["weights"]
    assert weights["seen_datasets"] == ["snouts/train2017", *SEEN]
    assert weights["init"].startswith("hrbench:")


def test_weights_are_measured_in_the_order_of_colours_that_they_were_trained_in(
    tmp_path: Path,
) -> None:
    run = trained("--set", "model.color=bgr")
    for weights in (str(run), str(shutil.copy(run / "checkpoints/best.pt", tmp_path / "w.pt"))):
        record = evaluated(tmp_path, "coco-pose@tiny", "--weights", weights)
        assert record["spec"]["model"]["color"] == "bgr"
        before = json.loads((run / "record.json").read_text())["metrics"]
        assert {k: v["value"] for k, v in record["metrics"].items()} == {
            k: v["value"] for k, v in before.items()
        }


def test_figures_on_what_was_trained_on_say_so(tmp_path: Path) -> None:
    seen = evaluated(
        tmp_path, "coco-pose@tiny", "--weights", str(trained()), "--split", "train2017",
        "--boxes", "gt",
    )  # fmt: skip
    words = "The weights were trained on coco/train2017, which has images of what is measured"
    assert words in " ".join(seen["notes"])
    assert words in seen["said"]
    new = evaluated(tmp_path, "coco-pose@tiny", "--weights", str(trained()))
    assert words not in " ".join(new["notes"])


def test_another_division_of_own_images_measures_on_some_that_were_trained_on() -> None:
    spec = landmark_task("coco-pose@tiny", ["protocol.train_split=a", "protocol.split=b"])
    whole = Split(annotations="a.json", images=("images",))
    parts = {
        "a": whole.model_copy(update={"part": "training"}),
        "b": whole.model_copy(update={"part": "validation"}),
    }
    dataset = catalog.load_dataset("coco").model_copy(update={"name": "mine", "splits": parts})
    before = provenance.of_training(spec, dataset, ("mine/a",), "random", synthetic=False)
    other = dataset.model_copy(update={"split_seed": 1})
    notes = [provenance.notes(before, spec, one, synthetic=False) for one in (dataset, other)]
    assert notes[0] == ()
    assert "The weights were trained on mine/a, which has images of what is" in notes[1][0]


def test_a_safetensors_file_of_ours_says_what_it_is_in_its_metadata(tmp_path: Path) -> None:
    with safe_open(ours(tmp_path, "w.safetensors"), framework="pt") as file:
        said = json.loads(file.metadata()["hrbench.about"])
    assert (said["task"], said["variant"]) == ("coco-pose", "tiny")
    assert said["seen_datasets"] == SEEN


def test_names_are_compared_without_their_spelling() -> None:
    from hrbench.backbone import about

    assert about.same(("left_eye", "Right Eye"), ("leftEye", "right-eye"))
    assert not about.same(("left_eye", "right_eye"), ("right_eye", "left_eye"))


def test_a_file_that_says_nothing_is_measured_as_before(tmp_path: Path) -> None:
    built = network.build(landmark_task("coco-pose@tiny").model, 17, 0)
    torch.save({"network": built.state_dict(), "hrbench.about": {"task": 3}}, tmp_path / "w.pt")
    record = evaluated(tmp_path, "coco-pose@tiny", "--weights", "w.pt")
    weights = record["weights"]
    assert (weights["seen_datasets"], weights["init"]) == ([], "unknown")
    assert "trained_for" not in weights
    words = "The file does not say what its keypoints are: those of coco are taken."
    assert record["notes"] == [words]
    assert words in record["said"]


def test_published_weights_of_other_keypoints_are_told_by_their_hash(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing in such a file says what it is; results/weights.csv does."""
    built = network.build(landmark_task("coco-pose@tiny").model, 17, 0)
    torch.save(built.state_dict(), tmp_path / "pose.pth")
    sha256 = hashlib.sha256((tmp_path / "pose.pth").read_bytes()).hexdigest()
    row = dict.fromkeys(checkpoints.COLUMNS, "")
    row |= {"task": "coco-pose", "variant": "tiny", "file": "pose.pth", "sha256_prefix": sha256}
    monkeypatch.setattr(checkpoints, "read", lambda _: [row])
    words = ["pose.pth was trained for coco-pose@tiny", "those of h36m-frames: nose is in the"]
    command = ["run", "h36m-pose@tiny", "--weights", "pose.pth", "--data", "builtin"]
    refused(called(tmp_path, *command), words)
    record = evaluated(tmp_path, "coco-pose@tiny", "--weights", "pose.pth")
    assert record["weights"]["trained_for"] == "coco-pose@tiny"
    assert record["notes"] == []
