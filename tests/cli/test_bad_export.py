"""What cannot be exported is said in one sentence, and nothing is left behind."""

from collections.abc import Callable
from importlib import util
from pathlib import Path
from typing import Any

import pytest
import torch
from cli.command import Ended, called, installed, refused
from worlds import small_classifier, small_lifter, small_weights

from hrbench import catalog
from hrbench.backbone.about import KEY, About
from hrbench.commands.export import writing
from hrbench.commands.export.running import opened

POSE = "coco-pose@tiny"
MAKERS: dict[str, Callable[..., Path]] = {"h36m-lift": small_lifter, "imagenet": small_classifier}


def command(task: str, output: str, *more: str) -> list[str]:
    weights = MAKERS.get(task.partition("@")[0], small_weights)(task)
    return ["export", task, "--weights", str(weights), "-o", output, *more]


def refused_to_write(ended: Ended, *words: str) -> None:
    refused(ended, words)
    assert ended.err.count("\n") == 1, ended.err


def without(monkeypatch: pytest.MonkeyPatch, *names: str) -> None:
    """Let packages be as if they were not installed."""
    there = util.find_spec

    def found(name: str) -> object:
        return None if name in names else there(name)

    monkeypatch.setattr(writing, "find_spec", found)


def test_weights_of_other_keypoints(tmp_path: Path) -> None:
    names = catalog.load_dataset("coco").keypoints
    said = About(
        task="coco-pose",
        variant="tiny",
        outputs=names,
        color="rgb",
        seen_datasets=(),
        init="random",
    )
    content = torch.load(small_weights(POSE), weights_only=True)
    torch.save({**content, KEY: said.content()}, tmp_path / "coco.pt")
    ended = called(tmp_path, "export", "h36m-pose@tiny", "--weights", "coco.pt", "-o", "m.pt2")
    words = ["whose keypoints are others than those of h36m", "--allow other-keypoints"]
    refused(ended, words)


@pytest.mark.parametrize("output", ["model.tflite", "model", "model.onnx.zip", "model.ONNX"])
def test_another_suffix(output: str, tmp_path: Path) -> None:
    ended = called(tmp_path, *command(POSE, output))
    refused_to_write(ended, f"-o {output}", ".onnx or .pt2")


@pytest.mark.parametrize(
    ("output", "more", "missing"),
    [
        ("model.onnx", (), ("onnx", "onnxscript")),
        ("model.onnx", ("--check",), ("onnxruntime",)),
    ],
)
def test_packages_that_are_not_installed(
    output: str,
    more: tuple[str, ...],
    missing: tuple[str, ...],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    without(monkeypatch, *missing)
    ended = called(tmp_path, *command(POSE, output, *more))
    refused_to_write(ended, " and ".join(missing), "pip install 'hrbench[onnx]'")


def test_a_torch_that_is_too_old(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writing, "TRACING", "no_setting_of_this_torch")
    ended = called(tmp_path, *command(POSE, "model.pt2"))
    refused_to_write(ended, "is too old to export", "pip install -U torch")


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    ended = called(tmp_path, *command(POSE, "gone/model.pt2"))
    refused_to_write(ended, "-o gone/model.pt2", "cannot be written (No such file or directory)")


def test_a_folder_in_place_of_a_file(tmp_path: Path) -> None:
    (tmp_path / "model.pt2").mkdir()
    refused_to_write(called(tmp_path, *command(POSE, "model.pt2")), "that is a folder; name a file")


def test_a_name_below_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    ended = called(tmp_path, *command(POSE, "file/model.pt2"))
    refused_to_write(ended, "file/model.pt2: cannot be written")


def test_weights_that_are_not_there_or_of_another_task(tmp_path: Path) -> None:
    gone = called(tmp_path, "export", POSE, "--weights", "gone.pth", "-o", "model.pt2")
    refused_to_write(gone, "gone.pth does not exist")
    other = ["--weights", str(small_weights("mpii-pose@tiny")), "-o", "model.pt2"]
    refused_to_write(called(tmp_path, "export", POSE, *other), "does not fit")


def test_what_a_graph_of_one_input_cannot_do(tmp_path: Path) -> None:
    scales = ["--set", "protocol.scales=[0.8, 1.0]"]
    ended = called(tmp_path, *command(POSE, "model.pt2", *scales))
    refused_to_write(ended, "averages crops at several scales")
    ended = called(tmp_path, *command("imagenet@tiny", "model.pt2", "--tta"))
    refused_to_write(ended, "ten crops", "--no-tta")
    ended = called(tmp_path, *command("h36m-lift@linear", "model.pt2", "--tta"))
    refused_to_write(ended, "--tta", "--no-tta")
    ended = called(tmp_path, *command(POSE, "model.pt2", "--set", "protocol.precision=bf16"))
    refused_to_write(ended, "protocol.precision is bf16", "fp32")


def test_pictures_that_cannot_be_compared_on(tmp_path: Path) -> None:
    ended = called(tmp_path, *command(POSE, "model.pt2", "--check", "--images", "gone.png"))
    refused_to_write(ended, "gone.png cannot be read")
    (tmp_path / "empty.png").write_bytes(b"")
    ended = called(tmp_path, *command(POSE, "model.pt2", "--check", "--images", "empty.png"))
    refused_to_write(ended, "empty.png is not a whole image")
    lifting = command("h36m-lift@tiny", "model.pt2", "--check", "--images", "gone.png")
    refused_to_write(called(tmp_path, *lifting), "takes no pictures")


def test_data_that_is_not_there(tmp_path: Path) -> None:
    ended = called(tmp_path, *command(POSE, "model.pt2", "--check", "--data", "nowhere"))
    refused(ended, ["nowhere/coco", "does not exist"])


@pytest.mark.parametrize("more", [("--images", "a.png"), ("--data", "data"), ("--limit", "3")])
def test_what_goes_with_check_alone(more: tuple[str, ...], tmp_path: Path) -> None:
    ended = called(tmp_path, *command(POSE, "model.pt2", *more))
    assert ended.status == 2
    assert "add --check" in ended.err
    assert not ended.new


def test_a_file_that_fails_its_check_is_not_kept_and_an_older_one_is(
    world: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "model.pt2").write_text("an older one")

    def off(path: Path) -> Callable[[Any], Any]:
        run = opened(path)
        return lambda inputs: {name: values + 1 for name, values in run(inputs).items()}

    monkeypatch.setattr("hrbench.commands.export.export.opened", off)
    more = ["--check", "--data", str(world), "--limit", "1", "--force"]
    ended = called(tmp_path, *command(POSE, "model.pt2", *more))
    refused_to_write(ended, "not what PyTorch computes", "keypoints at most 1 px", "limit 0.001")
    assert (tmp_path / "model.pt2").read_text() == "an older one"


@pytest.mark.slow
def test_an_onnx_file_is_written_without_a_word_of_torchs(tmp_path: Path) -> None:
    """Its exporter warned of four operations that it lacks where torchvision is not installed."""
    pytest.importorskip("onnxscript")
    ended = installed(tmp_path, *command(POSE, "model.onnx"))
    assert (ended.status, ended.err) == (0, "")


def test_a_file_that_is_there(tmp_path: Path) -> None:
    (tmp_path / "model.pt2").write_text("an older one")
    ended = called(tmp_path, *command(POSE, "model.pt2"))
    refused_to_write(ended, "-o model.pt2 is there already; name another, or add --force")
    assert called(tmp_path, *command(POSE, "model.pt2", "--force")).status == 0
    assert (tmp_path / "model.pt2").read_bytes() != b"an older one"


@pytest.mark.parametrize(
    ("task", "weights", "word"),
    [(POSE, "none.pt", "none.pt"), ("coco-poze", "none.pt", "no task is called 'coco-poze'")],
)
def test_a_file_that_is_there_hides_no_other_fault(
    task: str, weights: str, word: str, tmp_path: Path
) -> None:
    (tmp_path / "there.pt2").write_text("mine")
    given = ["export", task, "--weights", weights, "-o", "there.pt2"]
    refused(called(tmp_path, *given), [word])
    assert (tmp_path / "there.pt2").read_text() == "mine"


def test_a_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise RuntimeError("PytorchStreamWriter failed writing file data/0: file write failed")

    monkeypatch.setitem(writing.FORMATS, ".pt2", full)
    ended = called(tmp_path, *command(POSE, "model.pt2"))
    refused_to_write(ended, "cannot be written (PytorchStreamWriter failed", "is the disk full?")
