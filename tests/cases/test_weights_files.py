"""Files of weights as people have them: damaged, of other programs, wrapped by their trainings."""

import argparse
import gzip
import io
import itertools
import json
import pickle
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from cli.command import called, refused
from safetensors.torch import save_file
from specs import landmark_task
from torch import Tensor, nn
from worlds import small_world

from hrbench import network
from hrbench.backbone import fitting, weights
from hrbench.errors import WeightsError
from hrbench.network import ImageNetwork
from hrbench.spec import ClassifierModel


def tiny(seed: int = 1) -> ImageNetwork:
    return network.build(landmark_task("coco-pose@tiny").model, 17, seed)


def ours(seed: int = 1) -> dict[str, Tensor]:
    return dict(tiny(seed).state_dict())


def official(seed: int = 1) -> dict[str, Tensor]:
    """The tensors of a network under the names of the official pose release."""
    return {
        name.replace("head.score", "final_layer").removeprefix("backbone."): tensor
        for name, tensor in ours(seed).items()
    }


def loaded(path: Path) -> str:
    """The digest of a network that a file was loaded into whole."""
    target = tiny(seed=2)
    assert fitting.load_network(weights.read(path), target).whole
    return weights.digest(target)


def place(path: Path, entry: str) -> int:
    """Where the content of an entry of a zip archive begins, and not its header."""
    with zipfile.ZipFile(path) as archive:
        found = next(info for info in archive.infolist() if info.filename.endswith(entry))
    raw = path.read_bytes()
    lengths = (raw[found.header_offset + at : found.header_offset + at + 2] for at in (26, 28))
    return found.header_offset + 30 + sum(int.from_bytes(two, "little") for two in lengths)


@pytest.mark.parametrize("entry", ["/data/0", "/data/6", "/data.pkl"])
@pytest.mark.parametrize("damage", [bytes(16), b"\xff"])
def test_one_damaged_entry_is_named_and_its_twin_loads(
    entry: str, damage: bytes, tmp_path: Path
) -> None:
    path = tmp_path / "w.pt"
    torch.save({"network": ours()}, path)
    assert loaded(path) == weights.digest(tiny())
    raw, start = bytearray(path.read_bytes()), place(path, entry) + 8
    raw[start : start + len(damage)] = damage
    path.write_bytes(raw)
    words = r"w\.pt is damaged: the checksum \(CRC-32\) of 1 of its \d+ entries is wrong, "
    with pytest.raises(WeightsError, match=rf"{words}the first is w{entry}; fetch or copy it"):
        weights.read(path)


def test_a_run_does_not_measure_damaged_weights(tmp_path: Path) -> None:
    path = tmp_path / "w.pt"
    torch.save({"network": ours()}, path)
    raw, start = bytearray(path.read_bytes()), place(path, "/data/0")
    raw[start : start + 100] = bytes(100)  # as a download leaves it that went wrong in one place
    path.write_bytes(raw)
    run = ["run", "coco-pose@tiny", "--data", str(small_world()), "--weights", "w.pt"]
    refused(called(tmp_path, *run), ["w.pt is damaged", "w/data/0"])


def test_what_torch_wrote_without_checksums_is_read_and_that_is_said(tmp_path: Path) -> None:
    if not hasattr(torch.serialization, "set_crc32_options"):
        pytest.skip("this torch always writes them")
    torch.serialization.set_crc32_options(False)
    try:
        torch.save({"network": ours()}, tmp_path / "w.pt")
    finally:
        torch.serialization.set_crc32_options(True)
    assert loaded(tmp_path / "w.pt") == weights.digest(tiny())
    assert weights.read(tmp_path / "w.pt").checked == "its zip was written without checksums"


def test_a_name_with_another_hash_than_the_files_is_said(tmp_path: Path) -> None:
    """The only checksum that a safetensors file, or one from before zips, can come with."""
    save_file(official(), tmp_path / "w.safetensors")
    digest = weights.read(tmp_path / "w.safetensors").sha256
    for name, right in (
        (f"hrnet-{digest[:8]}.safetensors", True),
        (f"hrnet-{digest[:8]}_20200708.safetensors", True),
        ("hrnet-20200708.safetensors", True),
        ("hrnet-c78dce93_20200708.safetensors", False),
    ):
        (tmp_path / "w.safetensors").rename(tmp_path / name)
        words = " ".join(weights.read(tmp_path / name).changes)
        assert ("its SHA-256 begins with c78dce93, and it begins with" in words) != right
        (tmp_path / name).rename(tmp_path / "w.safetensors")


def test_a_file_from_before_zips_is_read_to_its_end(tmp_path: Path) -> None:
    path = tmp_path / "old.pth"
    torch.save(official(), path, _use_new_zipfile_serialization=False)
    assert loaded(path) == weights.digest(tiny())
    assert weights.read(path).checked == "read to its last tensor; such a file has no checksums"
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(WeightsError, match=r"old\.pth is not a whole checkpoint .*fetch it again"):
        weights.read(path)


def test_a_safetensors_file_has_the_size_that_its_header_tells(tmp_path: Path) -> None:
    path = tmp_path / "w.safetensors"
    save_file(official(), path)
    raw = path.read_bytes()
    assert weights.read(path).checked == "header and size; safetensors has no checksums"
    for content, words in (
        (raw[:-1], f"cut off: its header tells of {len(raw):,} bytes, and it has {len(raw) - 1:,}"),
        (raw + b"\0", "damaged: 1 bytes more than its header tells of"),
        (raw[:20] + b"\0" + raw[21:], "damaged: its safetensors header is no JSON of tensors"),
    ):
        path.write_bytes(content)
        with pytest.raises(WeightsError) as caught:
            weights.read(path)
        assert words in str(caught.value)


KEYS = ["", "model_state_dict", "net", "ema", "generator", "model.state_dict", "fit.ema.module"]
STARTS = ["module.", "_orig_mod.module.", "backbone."]
PEELED = ("module.", "_orig_mod.", "net.")
ORDERS = ["".join(starts) for n in (1, 2, 3) for starts in itertools.permutations(PEELED, n)]


@pytest.mark.parametrize(
    ("keys", "start"),
    [*itertools.product(KEYS, STARTS), *(("state_dict", start) for start in ORDERS)],
)
def test_wrappers_and_beginnings_are_taken_away_in_any_order(
    keys: str, start: str, tmp_path: Path
) -> None:
    content: dict[str, object] = {start + name: tensor for name, tensor in official().items()}
    for key in reversed(keys.split(".") if keys else []):
        content = {"epoch": 3, key: content, "optimizer": {"state": {0: {"step": torch.ones(1)}}}}
    torch.save(content, tmp_path / "w.pth")
    assert loaded(tmp_path / "w.pth") == weights.digest(tiny())


EMA = {f"module.{name}": tensor for name, tensor in official(seed=3).items()}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (  # mmengine's hook
            {"state_dict": official(), "ema_state_dict": {"steps": torch.tensor(5), **EMA}},
            "Taken are the weights in state_dict, not those in ema_state_dict.module;",
        ),
        (  # timm's
            {"state_dict_ema": official(seed=3), "state_dict": official(), "arch": "hrnet"},
            "Taken are the weights in state_dict, not those in state_dict_ema;",
        ),
        (  # the official training's
            {"best_state_dict": official(seed=3), "state_dict": official(), "model": "pose_hrnet"},
            "Taken are the weights in state_dict, not those in best_state_dict;",
        ),
        (  # a trainer's of a pupil and its teacher
            {f"{who}.{n}": t for who, s in (("teacher", 3), ("student", 1)) for n, t in
             official(s).items()},
            "Taken are the weights in student, not those in teacher;",
        ),
        (  # torch's AveragedModel of the only network there is
            {"swa": {"n_averaged": torch.tensor(12)} | {f"module.{n}": t for n, t in
             official().items()}},
            "Taken are the weights in swa.module; there are no others.",
        ),
        (  # mmcv's hook, in one dictionary
            {**official(), **{f"ema_{n.replace('.', '_')}": t for n, t in official(3).items()}},
            "tensors beside the network are put aside (ema_conv1_weight, …).",
        ),
    ],
    ids=["mmengine", "timm", "official", "teacher", "average", "mmcv"],
)  # fmt: skip
def test_of_a_network_and_a_copy_of_it_one_is_taken_and_that_is_said(
    content: object, words: str, tmp_path: Path
) -> None:
    torch.save(content, tmp_path / "w.pth")
    assert loaded(tmp_path / "w.pth") == weights.digest(tiny())
    assert words in " ".join(weights.read(tmp_path / "w.pth").changes)


def test_a_copy_of_the_same_numbers_is_not_worth_a_word(tmp_path: Path) -> None:
    """The official training writes its network twice, with and without `module.`."""
    twice = {f"module.{name}": tensor for name, tensor in official().items()}
    torch.save({"state_dict": twice, "best_state_dict": official()}, tmp_path / "w.pth")
    assert loaded(tmp_path / "w.pth") == weights.digest(tiny())
    assert weights.read(tmp_path / "w.pth").changes == ()


def test_two_networks_of_one_rank_are_asked_about(tmp_path: Path) -> None:
    torch.save({"a": official(), "b": official(3)}, tmp_path / "w.pth")
    with pytest.raises(WeightsError, match=r"holds several networks \(a, b\); .* --part NAME"):
        weights.read(tmp_path / "w.pth")
    assert weights.read(tmp_path / "w.pth", part="b").layout == "pose"
    with pytest.raises(WeightsError, match=r"has no part 'c'; it has a, b"):
        weights.read(tmp_path / "w.pth", part="c")


def test_what_mmpose_normalises_by_is_put_aside_and_said_where_it_is_another(
    tmp_path: Path,
) -> None:
    state = {n.replace("head.score", "head.final_layer"): t for n, t in ours().items()}
    mean, std = torch.tensor([123.675, 116.28, 103.53]), torch.tensor([58.395, 57.12, 57.375])
    usual = {"data_preprocessor.mean": mean, "data_preprocessor.std": std}
    torch.save({"state_dict": state | usual}, tmp_path / "w.pth")
    assert loaded(tmp_path / "w.pth") == weights.digest(tiny())
    assert weights.read(tmp_path / "w.pth").changes == ()
    torch.save(state | usual | {"data_preprocessor.std": std * 0 + 1}, tmp_path / "w.pth")
    words = "Its data_preprocessor.std is 1, 1, 1, and images are normalised by ImageNet's"
    assert words in weights.read(tmp_path / "w.pth").changes[0]


def test_objects_of_a_training_are_put_aside(tmp_path: Path) -> None:
    """timm keeps the options of its training, as a Namespace of argparse's."""
    options = argparse.Namespace(lr=0.1, out=Path("runs"))
    torch.save({"state_dict": official(), "args": options}, tmp_path / "w.pth.tar")
    assert loaded(tmp_path / "w.pth.tar") == weights.digest(tiny())


def test_a_pickled_module_gives_its_tensors_and_that_is_said(tmp_path: Path) -> None:
    """The face code's checkpoints hold the network itself, as `nn.DataParallel` wraps it."""
    whole = nn.DataParallel(tiny())
    torch.save({"state_dict": whole, "best_nme": 0.05}, tmp_path / "checkpoint_3.pth")
    assert loaded(tmp_path / "checkpoint_3.pth") == weights.digest(tiny())
    words = "those of a pickled torch.nn.parallel.data_parallel.DataParallel, whose code is not run"
    assert words in weights.read(tmp_path / "checkpoint_3.pth").changes[0]
    torch.save(nn.Conv2d(3, 8, 3), tmp_path / "other.pth")
    words = r"no layout .* begin weight, bias \(a pickled torch\.nn\.modules\.conv\.Conv2d\)"
    with pytest.raises(WeightsError, match=words):
        weights.read(tmp_path / "other.pth")


def zipped(**entries: bytes) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, raw in entries.items():
            archive.writestr(name, raw)
    return content.getvalue()


def tarred(name: str) -> bytes:
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w") as archive:
        archive.addfile(tarfile.TarInfo(name))
    return content.getvalue()


def numpys(
    save: Callable[..., None], *values: np.ndarray[tuple[int], np.dtype[np.float64]]
) -> bytes:
    content = io.BytesIO()
    save(content, *values)
    return content.getvalue()


ONNX = b"\x08\x09\x12\x07pytorch\x1a\x06\x32.14.1:\x10"
KINDS = {
    "empty.pth": (b"", "is empty (0 bytes)"),
    "page.pth": (b"\n<!DOCTYPE html><html>Virus scan warning</html>", "is a web page"),
    "denied.pth": (b"\xef\xbb\xbf<?xml version='1.0'?><Error>AccessDenied", "is a web page"),
    "answer.pth": (b'{"message": "Not Found"}', "is text and no weights (it begins '{\"message"),
    "lfs.pth": (b"version https://git-lfs.github.com/spec/v1\noid", "`git lfs pull`"),
    "w.pth.gz": (gzip.compress(b"x"), "is compressed (gzip): unpack it"),
    "w.pth.tar": (tarred("pose.pth"), "is a tar archive (pose.pth, …): unpack it"),
    "w.zip": (zipped(**{"a/pose.pth": b"x"}), "is a zip archive (a/pose.pth): unpack it"),
    "w.h5": (b"\x89HDF\r\n\x1a\n" + bytes(40), "is an HDF5 file, as Keras"),
    "w.keras": (zipped(**{"model.weights.h5": b"x"}), "is a Keras archive"),
    "w.npy": (numpys(np.save, np.zeros(3)), "is one NumPy array"),
    "w.npz": (numpys(np.savez, np.zeros(3), np.ones(2)), "is an archive of NumPy arrays"),
    "w.onnx": (ONNX, "is an ONNX graph: name the checkpoint"),
    "w.tflite": (b"\x1c\0\0\0TFL3" + bytes(40), "is of TensorFlow"),
    "w.pb": (b"\x0a\x9a\x05\x0a\x05image\x12\x0bPlaceholder\xff", "is of TensorFlow"),
    "w.pkl": (pickle.dumps({"conv1.weight": [1.0]}), "is a pickle that torch.save did not write"),
    "script.pt": (zipped(**{"s/data.pkl": b"", "s/constants.pkl": b""}), "is a TorchScript"),
    "program.pt2": (zipped(**{"p/archive_format": b"pt2"}), "is a program by torch.export"),
    "flat.pth": (zipped(**{"data.pkl": b"", "data/0": b""}), "zipped again without its folder"),
    "noise.pth": (bytes(range(200, 256)), "is no checkpoint (it begins with the bytes c8 c9 ca"),
}


@pytest.mark.parametrize("name", KINDS)
def test_a_file_is_named_for_what_it_is(name: str, tmp_path: Path) -> None:
    content, words = KINDS[name]
    (tmp_path / name).write_bytes(content)
    with pytest.raises(WeightsError) as caught:
        weights.read(tmp_path / name)
    assert words in str(caught.value)
    assert str(tmp_path / name) in str(caught.value)


@pytest.mark.parametrize(
    ("inside", "words"),
    [
        ("saved_model.pb", "is of TensorFlow"),
        ("data.pkl", "is the unpacked content of a checkpoint"),
        ("checkpoints/last.pt", "has no best weights yet: name its checkpoints/last.pt"),
        ("notes.txt", "is a folder: name a file"),
    ],
)
def test_a_folder_is_named_for_what_it_is(inside: str, words: str, tmp_path: Path) -> None:
    (tmp_path / inside).parent.mkdir(exist_ok=True)
    (tmp_path / inside).touch()
    with pytest.raises(WeightsError, match=words):
        weights.read(tmp_path)


@pytest.mark.parametrize("classes", ["fc.", "classifier.", "head.3."])
def test_the_imagenet_file_of_the_official_pose_recipe_starts_a_training(
    classes: str, tmp_path: Path
) -> None:
    """hrnet_w32-36af842e.pth calls the parts of its head by numbers (mmpose#451, #685)."""
    names = {"incre_modules": "head.0", "downsamp_modules": "head.1", "final_layer": "head.2"}
    model = ClassifierModel(head="classify", backbone="hrnet-w8", input=(64, 64))
    classifier = network.build_classifier(model, 10, seed=1).state_dict()
    state = {}
    for name, tensor in classifier.items():
        part, rest = name.split(".", 2)[1:] if name.startswith("head.") else ("", "")
        theirs = f"{names[part]}.{rest}" if part in names else classes + rest
        state[theirs if part else name.removeprefix("backbone.")] = tensor
    torch.save(state, tmp_path / "hrnet_w32-36af842e.pth")
    checkpoint, target = weights.read(tmp_path / "hrnet_w32-36af842e.pth"), tiny(seed=2)
    found = fitting.load_backbone(checkpoint, target.backbone)
    assert not found.missing
    assert "head.classifier.weight" in found.left_over
    assert len(found.matched) == len(target.backbone.state_dict())
    started = {n: t for n, t in classifier.items() if n.removeprefix("backbone.") in found.matched}
    assert all(torch.equal(target.state_dict()[n], t) for n, t in started.items())


def test_a_head_under_any_other_name_is_left_over_and_said(tmp_path: Path) -> None:
    state = {f"backbone.{n}": t for n, t in tiny().backbone.state_dict().items()}
    torch.save({**state, "backbone.ocr_head.weight": torch.ones(2)}, tmp_path / "w.pth")
    found = fitting.load_backbone(weights.read(tmp_path / "w.pth"), tiny(2).backbone)
    assert found.left_over == ("backbone.ocr_head.weight",)


def test_left_over_tensors_of_an_init_are_said_by_the_names_in_the_file(tmp_path: Path) -> None:
    state = {n: t for n, t in official().items() if not n.startswith("final_layer.")}
    torch.save(state | {"head.0.0.0.conv1.weight": torch.ones(2)}, tmp_path / "hrnet.pth")
    run = ["run", "coco-pose@tiny", "--data", str(small_world()), "--init", "hrnet.pth"]
    ended = called(tmp_path, *run, "--epochs", "1", "--limit", "1", "--json")
    assert ended.status == 0, ended.err
    assert "tensors of the backbone loaded, 1 left over (head.0.0.0.conv1.weight)" in ended.err
    assert json.loads(ended.out)["record"]["weights"]["init"].startswith("pose-imagenet:")
