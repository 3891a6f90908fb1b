"""A checkpoint that is none, or of another network, is refused by name; its code never runs."""

import json
import pickle
import zipfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
import torch
from cli.command import called, refused
from safetensors.torch import save_file
from specs import landmark_task
from torch import Tensor

from hrbench import network
from hrbench.backbone.registry import BACKBONES

FETCH = "is not a whole checkpoint of tensors"


def evaluate(world: Path, file: str) -> list[str]:
    return ["run", "coco-pose@tiny", "--data", str(world), "--device", "cpu", "--weights", file]


def tensors(backbone: str = "hrnet-w8", keypoints: int = 17) -> dict[str, Tensor]:
    """The tensors of a network like `tiny`'s, under our names."""
    model = landmark_task("coco-pose@tiny", [f"model.backbone={backbone}"]).model
    return network.build(model, keypoints, seed=0).state_dict()


def classifier(backbone: str) -> dict[str, Tensor]:
    """What an ImageNet checkpoint of the official classification code holds."""
    built = BACKBONES[backbone].make(4, "nearest").state_dict()
    return {**built, "classifier.weight": torch.zeros(10, 8), "classifier.bias": torch.zeros(10)}


class Planted:
    """Makes a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Callable[..., object], tuple[str, str]]:
        return open, (str(self.path), "w")


def test_a_file_that_is_not_there(world: Path, tmp_path: Path) -> None:
    ended = called(tmp_path, *evaluate(world, "gone.pth"))
    refused(ended, ["gone.pth does not exist", "weights are a file, a RUN"])


def test_a_download_page(world: Path, tmp_path: Path) -> None:
    (tmp_path / "page.pth").write_text("<!DOCTYPE html><title>Virus scan warning</title>")
    words = ["page.pth is a web page and not the file", "open its address in a browser"]
    refused(called(tmp_path, *evaluate(world, "page.pth")), words)


@pytest.mark.parametrize("zipped", [True, False])
def test_a_truncated_file(zipped: bool, world: Path, tmp_path: Path) -> None:
    path = tmp_path / "half.pth"
    torch.save(tensors(), path, _use_new_zipfile_serialization=zipped)
    content = path.read_bytes()
    for length in (len(content) // 2, 1000, 10, 0):
        path.write_bytes(content[:length])
        cut = "half.pth is cut off" if length else "half.pth is empty (0 bytes)"
        words = cut if zipped or length <= 10 else FETCH
        refused(called(tmp_path, *evaluate(world, "half.pth")), [words, "it again"])


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"404: Not Found", "is text and no weights (it begins '404: Not Found')"),
        (b"version https://git-lfs.github.com/spec/v1", "is a git-LFS pointer and not the file"),
        (b"\x80\x02\x8a", "is cut off"),
    ],
)
def test_a_file_of_something_else(content: bytes, words: str, world: Path, tmp_path: Path) -> None:
    (tmp_path / "odd.pth").write_bytes(content)
    refused(called(tmp_path, *evaluate(world, "odd.pth")), [f"odd.pth {words}"])


def test_a_zip_of_something_else(world: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "models.pth", "w") as file:
        file.writestr("models/pose_hrnet_w32_256x192.pth", b"inside")
    words = ["models.pth is a zip archive (models/pose_hrnet_w32_256x192.pth): unpack it"]
    refused(called(tmp_path, *evaluate(world, "models.pth")), words)


def test_a_truncated_safetensors_file(world: Path, tmp_path: Path) -> None:
    path = tmp_path / "half.safetensors"
    save_file(tensors(), path)
    content = path.read_bytes()
    for length in (len(content) // 2, 1000, 9):
        path.write_bytes(content[:length])
        words = ["half.safetensors is cut off: its header", "fetch or copy it again"]
        refused(called(tmp_path, *evaluate(world, "half.safetensors")), words)


def test_half_precision_is_said_and_recorded(world: Path, tmp_path: Path) -> None:
    halves = {n: t.half() if t.is_floating_point() else t for n, t in tensors().items()}
    torch.save(halves, tmp_path / "half.pth")
    ended = called(tmp_path, *evaluate(world, "half.pth"), "--limit", "2", "--json")
    assert ended.status == 0, ended.err
    words = f"{sum(t.dtype == torch.half for t in halves.values())} tensors of float16 are loaded"
    assert f"half.pth: {words} as float32." in ended.err
    assert f"{words} as float32." in json.loads(ended.out)["record"]["notes"]


def test_a_part_of_a_backbone_is_taken_only_where_that_is_asked_for(
    world: Path, tmp_path: Path
) -> None:
    state = tensors()
    del state["backbone.bn2.weight"]
    torch.save(state, tmp_path / "part.pth")
    arguments = [*evaluate(world, "part.pth"), "--limit", "2", "--json"]
    words = [
        "1 are missing (backbone.bn2.weight)",
        "let the rest start random with --allow-partial",
    ]
    refused(called(tmp_path, *arguments), words)
    ended = called(tmp_path, *arguments, "--allow-partial")
    assert ended.status == 0, ended.err
    record = json.loads(ended.out)["record"]
    assert record["weights"]["untouched"] == ["backbone.bn2.weight"]
    assert record["notes"][0].startswith("1 of the tensors is not in the given file")


def test_a_part_of_a_head_is_never_taken(world: Path, tmp_path: Path) -> None:
    state = tensors()
    del state["head.score.bias"]
    torch.save(state, tmp_path / "part.pth")
    ended = called(tmp_path, *evaluate(world, "part.pth"), "--allow-partial")
    refused(ended, ["1 are missing (head.score.bias)"])


def test_a_folder(world: Path, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    refused(called(tmp_path, *evaluate(world, "folder")), ["folder is a folder: name a file"])


@pytest.mark.parametrize("save", [torch.save, partial(torch.save, pickle_protocol=4)])
def test_code_in_a_checkpoint_is_not_run(
    save: Callable[..., None], world: Path, tmp_path: Path
) -> None:
    planted = tmp_path / "planted"
    save({**tensors(), "extra": Planted(planted)}, tmp_path / "evil.pth")
    refused(called(tmp_path, *evaluate(world, "evil.pth")), ["evil.pth", "would run code"])
    assert not planted.exists()


def test_code_in_a_plain_pickle_is_not_run(world: Path, tmp_path: Path) -> None:
    planted = tmp_path / "planted"
    (tmp_path / "evil.pth").write_bytes(pickle.dumps(Planted(planted)))
    refused(called(tmp_path, *evaluate(world, "evil.pth")), ["evil.pth", "would run code"])
    assert not planted.exists()


def test_weights_of_another_width(world: Path, tmp_path: Path) -> None:
    torch.save({"network": tensors("hrnet-w16")}, tmp_path / "w16.pt")
    words = ["w16.pt (hrbench layout) does not fit", "have another shape (backbone.", "file (32,"]
    refused(called(tmp_path, *evaluate(world, "w16.pt")), [*words, "Name the task and variant"])


def test_weights_for_other_keypoints(world: Path, tmp_path: Path) -> None:
    torch.save(tensors(keypoints=16), tmp_path / "mpii.pt")
    words = ["2 have another shape (head.score.weight: file (16, 8, 1, 1), network (17, 8, 1, 1))"]
    refused(called(tmp_path, *evaluate(world, "mpii.pt")), ["mpii.pt", *words])


def test_a_part_of_the_weights(world: Path, tmp_path: Path) -> None:
    torch.save({k: v for k, v in tensors().items() if "stage4" not in k}, tmp_path / "part.pt")
    refused(called(tmp_path, *evaluate(world, "part.pt")), ["part.pt", "are missing (backbone.st"])


def test_imagenet_weights_are_to_start_from(world: Path, tmp_path: Path) -> None:
    torch.save(classifier("hrnet-w8"), tmp_path / "imagenet.pth")
    words = [
        "imagenet.pth (classification layout) does not fit",
        "start training from it with --init",
    ]
    refused(called(tmp_path, *evaluate(world, "imagenet.pth")), words)


def test_starting_from_another_width(world: Path, tmp_path: Path) -> None:
    torch.save(classifier("hrnet-w16"), tmp_path / "imagenet.pth")
    ended = called(
        tmp_path, "run", "coco-pose@tiny", "--data", str(world), "--init", "imagenet.pth"
    )
    refused(ended, ["imagenet.pth (classification layout)", "tensors of the backbone match"])


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ({"epoch": 3}, "holds no tensors by name"),
        ([torch.zeros(3)], "holds no tensors by name"),
        ({"fc.weight": torch.zeros(3)}, "is in no layout that is known here; its names begin fc"),
    ],
)
def test_a_file_without_a_network(content: object, words: str, world: Path, tmp_path: Path) -> None:
    torch.save(content, tmp_path / "odd.pt")
    refused(called(tmp_path, *evaluate(world, "odd.pt")), ["odd.pt", words])


def test_weights_of_a_training_that_diverged(world: Path, tmp_path: Path) -> None:
    diverged = tensors()
    diverged["backbone.conv1.weight"][0, 0, 0, 0] = float("nan")
    torch.save(diverged, tmp_path / "nan.pt")
    words = ["nan.pt has NaN or infinity in 1 tensors (backbone.conv1.weight)", "diverged"]
    refused(called(tmp_path, *evaluate(world, "nan.pt")), words)
