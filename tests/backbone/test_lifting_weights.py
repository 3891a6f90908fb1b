"""Checkpoints of both lifting releases and ours, with the NumPy objects that they hold."""

import pickle
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn, serialization

from hrbench.backbone import fitting, unpickling, weights
from hrbench.backbone.registry import BACKBONES
from hrbench.errors import WeightsError
from hrbench.heads.linear_lift import LinearLifter
from hrbench.heads.temporal_lift import TemporalLifter
from hrbench.network import LinearNetwork

REFUSED = r"asks for [\w.]+open, which is not taken from a file since it would run code"


def temporal(widths: tuple[int, ...] = (3, 3), seed: int = 0) -> nn.ModuleDict:
    torch.manual_seed(seed)
    return nn.ModuleDict({"head": TemporalLifter(17, 17, widths=widths, channels=8)})


def linear(seed: int = 0) -> nn.ModuleDict:
    torch.manual_seed(seed)
    return nn.ModuleDict({"head": LinearLifter(16, 16, width=8)})


def videopose3d(network: nn.ModuleDict) -> dict[str, object]:
    """What VideoPose3D saves: the generator shuffles by a RandomState of NumPy's."""
    return {
        "epoch": 80,
        "lr": 1e-3,
        "random_state": np.random.RandomState(1234),
        "optimizer": {"state": {0: {"exp_avg": torch.zeros(2)}}, "param_groups": [{"lr": 1e-3}]},
        "model_pos": network["head"].state_dict(),
        "model_traj": None,
        "random_state_semi": None,
    }


def martinez(network: nn.ModuleDict) -> dict[str, object]:
    """What Martinez's PyTorch port saves: its best error is a number of NumPy's."""
    return {
        "epoch": 200,
        "lr": 1e-4,
        "step": 4_000_000,
        "err": np.float64(45.5),
        "state_dict": network["head"].state_dict(),
        "optimizer": {"param_groups": [{"lr": 1e-4}]},
    }


class Pickled:
    """Is pickled as the call of a function."""

    def __init__(self, function: Callable[..., object], *arguments: object) -> None:
        self.function, self.arguments = function, arguments

    def __reduce__(self) -> tuple[Callable[..., object], tuple[object, ...]]:
        return self.function, self.arguments


class OldState:
    """Is pickled as a RandomState was before NumPy 1.17."""

    def __reduce__(self) -> tuple[object, ...]:
        named: Callable[..., object] = getattr(np.random, "__RandomState_ctor")
        return named, (), np.random.RandomState(1).get_state()


@pytest.mark.parametrize("zipped", [True, False])
def test_a_videopose3d_file_loads_whole_beside_its_random_state(
    zipped: bool, tmp_path: Path
) -> None:
    source, target = temporal(seed=1), temporal(seed=2)
    path = tmp_path / "pretrained_h36m_cpn.bin"
    torch.save(videopose3d(source), path, _use_new_zipfile_serialization=zipped)
    checkpoint = weights.read(path)
    assert checkpoint.layout == "videopose3d"
    fitting.load_network(checkpoint, target)
    assert weights.digest(source) == weights.digest(target)


def test_a_file_of_the_martinez_port_loads_whole_beside_its_error(tmp_path: Path) -> None:
    source, target = linear(seed=1), linear(seed=2)
    torch.save(martinez(source), tmp_path / "ckpt_best.pth.tar")
    checkpoint = weights.read(tmp_path / "ckpt_best.pth.tar")
    assert checkpoint.layout == "martinez"
    fitting.load_network(checkpoint, target)
    assert weights.digest(source) == weights.digest(target)


def test_our_own_lifting_runs_load_whole(tmp_path: Path) -> None:
    for name, source, target in (
        ("temporal", temporal(seed=1), temporal(seed=2)),
        ("linear", statistical(seed=1), statistical(seed=2)),
    ):
        torch.save({"network": source.state_dict()}, tmp_path / name)
        checkpoint = weights.read(tmp_path / name)
        assert checkpoint.layout == "hrbench"
        fitting.load_network(checkpoint, target)
        assert weights.digest(source) == weights.digest(target)


def test_filters_of_other_widths_are_refused(tmp_path: Path) -> None:
    torch.save(videopose3d(temporal((3, 3, 3))), tmp_path / "long.bin")
    words = r"long.bin \(videopose3d layout\) does not fit: .* are left over \(head\.layers_conv\.2"
    with pytest.raises(WeightsError, match=words):
        fitting.load_network(weights.read(tmp_path / "long.bin"), temporal((3, 3)))


def test_a_lifter_is_no_backbone(tmp_path: Path) -> None:
    torch.save(martinez(linear()), tmp_path / "ckpt.pth.tar")
    backbone = BACKBONES["hrnet-w8"].make(1, "nearest")
    with pytest.raises(WeightsError, match=r"0 of .* tensors of the backbone match"):
        fitting.load_backbone(weights.read(tmp_path / "ckpt.pth.tar"), backbone)


@pytest.mark.parametrize(
    "held",
    [
        OldState(),
        np.random.RandomState(7),
        np.random.default_rng(7).integers(0, 9, 5),
        np.float32(3),
        {"mean": np.ones((2, 3)), "names": np.array(["a", "b"])},
    ],
    ids=["old state", "state", "array", "number", "arrays"],
)
def test_what_numpy_saved_is_put_aside(held: object, tmp_path: Path) -> None:
    torch.save({"held": held, "state_dict": {"x": torch.ones(2)}}, tmp_path / "file.pth")
    content = unpickling.load(tmp_path / "file.pth")
    assert isinstance(content, dict)
    aside = content["held"].values() if isinstance(held, dict) else [content["held"]]
    assert all(isinstance(value, unpickling.PutAside) for value in aside)
    assert torch.equal(content["state_dict"]["x"], torch.ones(2))


@pytest.mark.parametrize("inside", [False, True])
def test_code_beside_or_inside_a_random_state_is_not_run(inside: bool, tmp_path: Path) -> None:
    planted = tmp_path / "planted"
    evil = Pickled(open, str(planted), "w")
    held = Pickled(np.random.RandomState(1).__reduce__()[0], "MT19937", evil) if inside else evil
    torch.save(videopose3d(temporal()) | {"random_state": held}, tmp_path / "evil.bin")
    with pytest.raises(WeightsError, match=REFUSED):
        weights.read(tmp_path / "evil.bin")
    assert not planted.exists()


@pytest.mark.parametrize(
    "function", [np.load, np.fromfile, np.random.default_rng, np.random.RandomState, print]
)
def test_no_other_function_is_allowed(function: Callable[..., object], tmp_path: Path) -> None:
    torch.save({"held": Pickled(function, "x"), "w": torch.ones(2)}, tmp_path / "evil.bin")
    with pytest.raises(pickle.UnpicklingError):
        unpickling.load(tmp_path / "evil.bin")


def test_what_the_process_allows_torch_is_as_before_and_not_allowed_here(tmp_path: Path) -> None:
    torch.save({"held": np.arange(3)}, tmp_path / "array.pth")
    torch.save({"held": Pickled(np.mean, [1])}, tmp_path / "call.pth")
    before = list(serialization.get_safe_globals())
    serialization.add_safe_globals([np.mean])
    try:
        assert isinstance(unpickling.load(tmp_path / "array.pth"), dict)
        with pytest.raises(pickle.UnpicklingError):
            unpickling.load(tmp_path / "call.pth")
        assert set(serialization.get_safe_globals()) == {*before, np.mean}
    finally:
        serialization.clear_safe_globals()
        serialization.add_safe_globals(before)


def statistical(seed: int) -> LinearNetwork:
    torch.manual_seed(seed)
    return LinearNetwork(LinearLifter(16, 16, width=8))
