"""`hrbench profile` prints tables and JSON, keeps no file, and refuses in one sentence."""

import json
from pathlib import Path

import pytest
import torch
from cli.command import called, installed, refused
from worlds import small_weights

BRIEF = ("--batch", "2", "--batch", "1", "--device", "cpu")


def test_a_table_has_every_stage_at_every_batch_size(tmp_path: Path) -> None:
    ended = installed(tmp_path, "profile", "coco-pose@tiny", *BRIEF)
    assert ended.status == 0, ended.err
    assert not ended.new
    lines = ended.out.splitlines()
    assert lines[0] == "coco-pose@tiny"
    assert max(map(len, lines)) <= 100
    start = next(row for row, line in enumerate(lines) if line.startswith("batch")) + 1
    table = [line.split() for line in lines[start : lines.index("", start)]]
    assert [row[0] for row in table if row[1] == "read"] == ["1", "2"]
    names = [row[1] if row[0].isdigit() else row[0] for row in table]
    assert names == 2 * ["read", "crop", "network", "decode", "whole"]
    assert "The bottleneck is " in ended.out
    assert "GFLOPs" in ended.out
    assert "Weights: random." in ended.out


@pytest.mark.parametrize(
    ("task", "items", "absent"),
    [
        ("300w@tiny", "boxes", set()),
        ("imagenet@tiny", "pictures", set()),
        ("h36m-lift@tiny", "frames", {"read", "crop"}),
    ],
)
def test_json_has_null_for_stages_that_a_task_lacks(
    task: str, items: str, absent: set[str], tmp_path: Path
) -> None:
    ended = called(tmp_path, "profile", task, *BRIEF, "--json")
    assert ended.status == 0, ended.err
    found = json.loads(ended.out)
    assert f"{found['task']}@{found['variant']}" == task
    assert found["items"] == items
    assert [batch["batch"] for batch in found["batches"]] == [1, 2]
    assert (found["picture"] is None) == bool(absent)
    for batch in found["batches"]:
        assert set(batch) == {"batch", "repeats", "seconds", "per_second", "peak_memory"}
        assert list(batch["seconds"]) == ["read", "crop", "network", "decode", "whole"]
        assert {name for name, part in batch["seconds"].items() if part is None} == absent
        assert (batch["peak_memory"]["bytes"] is None) == bool(batch["peak_memory"]["reason"])
    assert not ended.new


def test_a_table_of_lifting_has_no_reading(tmp_path: Path) -> None:
    ended = called(tmp_path, "profile", "h36m-lift@tiny", *BRIEF)
    row = next(line for line in ended.out.splitlines() if line.split()[:2] == ["1", "read"])
    assert row.split() == ["1", "read", *("—" * 4)]
    assert "MFLOPs" in ended.out
    assert "processes" not in ended.out


def test_weights_and_keys_of_the_spec_are_taken(tmp_path: Path) -> None:
    weights = str(small_weights("coco-pose@tiny"))
    flags = (
        "--weights",
        weights,
        "--set",
        "model.input=[64, 64]",
        "--set",
        "protocol.flip_test=true",
    )
    ended = called(tmp_path, "profile", "coco-pose@tiny", *BRIEF, *flags, "--json")
    found = json.loads(ended.out)
    assert found["weights"] == weights
    assert found["multiply_adds_of"] == "one crop of 64 x 64 (height x width)"
    assert found["passes"] == 2


@pytest.mark.parametrize("batch", ["0", "-3", "many"])
def test_a_batch_of_nothing_is_wrong_usage(batch: str, tmp_path: Path) -> None:
    ended = called(tmp_path, "profile", "coco-pose@tiny", "--batch", batch)
    assert ended.status == 2
    assert "--batch" in ended.err


def test_what_is_not_known_is_refused(tmp_path: Path) -> None:
    refused(called(tmp_path, "profile", "coco-posse"), ["coco-posse", "Did you mean 'coco-pose'?"])
    refused(called(tmp_path, "profile", "300w@w32"), ["no variant of 300w is called 'w32'"])
    key = ("--set", "model.sigmas=2")
    refused(called(tmp_path, "profile", "300w@tiny", *key), ["sigmas", "Did you mean 'sigma'?"])
    refused(called(tmp_path, "profile", "300w@tiny", "--device", "tpu"), ["--device tpu"])


@pytest.mark.skipif(torch.cuda.is_available(), reason="needs a machine without CUDA")
def test_a_card_that_is_not_there_is_refused(tmp_path: Path) -> None:
    ended = called(tmp_path, "profile", "300w@tiny", "--device", "cuda")
    refused(ended, ["--device cuda", "use --device cpu"])


def test_weights_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    gone = called(tmp_path, "profile", "coco-pose@tiny", "--weights", "gone.pth")
    refused(gone, ["gone.pth does not exist"])
    wider = str(small_weights("coco-pose@tiny", 'model.backbone="hrnet-w16"'))
    ended = called(tmp_path, "profile", "coco-pose@tiny", "--weights", wider)
    refused(ended, ["weights.pt"])
