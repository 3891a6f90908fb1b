"""`hrbench run` from files to record, through the functions that the command calls."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from dots import BRIEF, write_dots
from golden import recipe
from golden.ledger import Ledger
from shared import need_shared
from specs import landmark_task
from worlds import SMALL, ran, real_tree, small_world

from hrbench import catalog, network
from hrbench.backbone.registry import BACKBONES
from hrbench.begun.options import Options
from hrbench.commands import score as scoring
from hrbench.commands.run import begun_or_new
from hrbench.errors import RunError
from hrbench.kinds.landmarks.task import Landmarks
from hrbench.report import predictions, runs
from hrbench.report.predictions import Predictions


@pytest.mark.parametrize("own", [False, True])
def test_a_run_reads_the_file_of_its_task_once(
    own: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if own:
        name, data, keys = str(write_dots(tmp_path / "dots") / "task.toml"), None, BRIEF
    else:
        name, data, keys = "coco-pose@tiny", str(small_world()), SMALL
    read, plain = [], Path.read_text

    def counted(path: Path, *args: Any, **more: Any) -> str:
        read.append(path)
        return plain(path, *args, **more)

    monkeypatch.setattr(Path, "read_text", counted)
    ran(name, tmp_path, data=data, overrides=keys)
    assert read.count(catalog.task_file(name).path) == 1 + 1  # and here


def test_a_run_that_goes_on_by_its_command_reads_its_data_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    record, folder = ran("coco-pose@tiny", tmp_path, data=str(small_world()), overrides=SMALL)
    (folder / "record.json").unlink()
    read, plain = [], Landmarks.evaluation

    def counted(task: Landmarks) -> Any:
        read.append(task)
        return plain(task)

    monkeypatch.setattr(Landmarks, "evaluation", counted)
    out, data = str(tmp_path), str(small_world())
    options = Options(out=out, data=data, overrides=SMALL, workers=0, device="cpu")
    for _ in ("goes on", "has ended"):
        again = begun_or_new("coco-pose@tiny", options)
        assert again is not None
        assert (again[0].seal, again[1]) == (record.seal, folder)
        assert len(read) == 1
        read.clear()


def test_a_run_leaves_all_that_the_contract_names(tmp_path: Path) -> None:
    record, folder = ran("coco-pose@tiny", tmp_path, data=str(small_world()), overrides=SMALL)
    files = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert {path for path in files if not path.startswith("cases/")} == {
        "record.json",
        "run.json",
        "spec.toml",
        "dataset.toml",
        "log.csv",
        "predictions.npz",
        "predictions.png",
        "outcomes.npz",
        "draws.npz",
        "curve.csv",
        "curve.png",
        "reliability.png",
        "checkpoints/last.pt",
        "checkpoints/best.pt",
    }
    assert record.synthetic
    assert record.modified
    assert record.complete
    assert record.n.evaluated == record.n.expected == 4
    assert record.weights.init == "random"
    assert record.weights.seen_datasets == ("coco/train2017",)
    assert runs.read(folder) == record
    again = landmark_task(str(folder / "spec.toml"))
    assert again.plain() == record.spec


def test_a_training_says_what_it_starts_from_how_long_it_takes_and_how_it_goes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wanted = ("recipe.init=imagenet", "recipe.validate_every=1", "protocol.nms=none")
    overrides = (*SMALL, *wanted)
    record, folder = ran("coco-pose@tiny", tmp_path, data=str(small_world()), overrides=overrides)
    lines = capsys.readouterr().err.splitlines()
    started = "Training starts from random weights (init: random)"
    words = (started, "Training: ", "epoch 1/1: AP ")
    places = [next(n for n, line in enumerate(lines) if line.startswith(w)) for w in words]
    assert places == sorted(places)
    last = (folder / "log.csv").read_text("utf-8").splitlines()[-1].split(",")
    assert last[-3] == "AP"
    assert float(last[-2]) == pytest.approx(record.metrics["AP"].value, rel=1e-5)
    assert any(note.startswith(started) for note in record.notes)


def test_the_same_seed_gives_the_same_record_wherever_it_is_run(tmp_path: Path) -> None:
    options = {"data": str(small_world()), "overrides": SMALL}
    first, _ = ran("coco-pose@tiny", tmp_path / "a", **options)
    second, _ = ran("coco-pose@tiny", tmp_path / "b", **options)
    other, _ = ran("coco-pose@tiny", tmp_path / "b", seed=1, **options)
    assert first.seal == second.seal
    assert first.seal != other.seal


def test_scoring_again_gives_the_same_record_without_the_network(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    record, folder = ran("coco-pose@tiny", tmp_path, data=str(small_world()), overrides=SMALL)
    for checkpoint in (folder / "checkpoints").iterdir():
        checkpoint.unlink()
    assert scoring.score(folder, official=True).seal == record.seal
    assert "pycocotools gives the same ten figures" in capsys.readouterr().err
    other = scoring.score(folder, ("protocol.nms=none",))
    assert other.protocol["nms"] == "none"
    assert runs.read(folder).seal == record.seal
    with pytest.raises(RunError, match="score reads stored predictions, so --set can change only"):
        scoring.score(folder, ("protocol.flip_test=true",))


def test_annotated_and_detected_boxes_are_two_protocols(tmp_path: Path) -> None:
    weights = saved_weights("coco-pose@tiny", tmp_path)
    options = {"data": str(small_world()), "weights": str(weights)}
    boxes = {b: ran("coco-pose@tiny", tmp_path, boxes=b, **options)[0] for b in ("gt", "det")}
    assert {record.protocol["boxes"] for record in boxes.values()} == {"gt", "det"}
    assert boxes["gt"].dataset.fingerprint != boxes["det"].dataset.fingerprint
    assert not boxes["gt"].modified
    file = small_world() / "coco/person_detection_results"
    file /= "COCO_val2017_detections_AP_H_56_person.json"
    own, _ = ran("coco-pose@tiny", tmp_path, boxes=str(file), **options)
    assert own.protocol["boxes"] == file.name
    assert own.metrics == boxes["det"].metrics


def test_a_limited_run_is_partial_and_stands_beside_nothing(tmp_path: Path) -> None:
    weights = saved_weights("coco-pose@tiny", tmp_path)
    data = str(small_world())
    record, folder = ran("coco-pose@tiny", tmp_path, data=data, weights=str(weights), limit=2)
    assert not record.complete
    assert (record.n.evaluated, record.n.expected) == (2, 4)
    found = predictions.read(folder, Predictions)
    assert set(found.image_ids) <= set(found.scored_images)
    assert len(found.scored_images) == 2


def test_without_annotations_the_upload_file_is_written(tmp_path: Path) -> None:
    weights = saved_weights("coco-pose@tiny", tmp_path)
    record, folder = ran(
        "coco-pose@tiny",
        tmp_path,
        data=str(small_world(48)),  # three test images, so that some box is found
        weights=str(weights),
        split="test-dev2017",
    )
    assert record.metrics["AP"].value is None
    assert "hidden" in str(record.metrics["AP"].reason)
    results = json.loads(
        (folder / "person_keypoints_test-dev2017_hrbench_results.json").read_text()
    )
    assert results
    assert {len(result["keypoints"]) for result in results} == {51}
    assert {result["category_id"] for result in results} == {1}


def test_a_classification_checkpoint_starts_the_backbone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spec = landmark_task("coco-pose@tiny")
    backbone = BACKBONES[spec.model.backbone].make(4, "nearest")
    content = {name: torch.ones_like(t) for name, t in backbone.state_dict().items()}
    content |= {"classifier.weight": torch.zeros(10, 8), "classifier.bias": torch.zeros(10)}
    torch.save(content, tmp_path / "hrnet_cls.pth")
    record, _ = ran(
        "coco-pose@tiny",
        tmp_path / "out",
        data=str(small_world()),
        init=str(tmp_path / "hrnet_cls.pth"),
        overrides=SMALL,
    )
    assert record.weights.init.startswith("classification:")
    total = len(BACKBONES[spec.model.backbone].make(1, "nearest").state_dict())
    assert f"all {total} tensors of the backbone loaded" in capsys.readouterr().err


def saved_weights(task: str, folder: Path) -> Path:
    """A checkpoint of our own with random weights."""
    path = folder / "weights.pt"
    built = network.build(landmark_task(task).model, 17, seed=3)
    torch.save({"network": built.state_dict()}, path)
    return path


@pytest.mark.slow
@pytest.mark.parametrize(("boxes", "limit"), [("gt", None), ("det", 1)])
def test_golden_weights_run_on_the_real_slice(
    boxes: str, limit: int | None, golden: Ledger, tmp_path: Path
) -> None:
    description = golden.json("pose_core/net_hrnet_w32_coco_256x192.json.gz")
    file = recipe.official_checkpoint(description, tmp_path / "pose_hrnet_w32.pth")
    record, folder = ran(
        "coco-pose@w32-256x192",
        tmp_path,
        data=str(need_shared() / "real"),
        weights=str(file),
        boxes=boxes,
        limit=limit,
    )
    assert not record.complete  # four images are not val2017's 5,000
    assert not record.synthetic
    assert record.metrics["AP"].value is not None
    assert np.isfinite(predictions.read(folder, Predictions).keypoints).all()


@pytest.mark.slow
def test_a_small_network_learns_four_real_images_by_heart(tmp_path: Path) -> None:
    real_tree(tmp_path, "train2017")
    real_tree(tmp_path, "val2017")
    record, _ = ran(
        "coco-pose@tiny",
        tmp_path / "out",
        data=str(tmp_path),
        boxes="gt",
        overrides=(
            "model.input=[192, 160]",  # finer than tiny's, so that AP at an OKS of 0.95 counts
            "recipe.epochs=130",
            "recipe.milestones=[100, 120]",
            "augment.scale=0.0",
            "augment.rotation=0",
        ),
    )
    assert record.metrics["AP"].value is not None
    assert record.metrics["AP"].value > 90
