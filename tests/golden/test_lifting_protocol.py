"""The official evaluation of VideoPose3D: sequences through the road's own lifting."""

import re
from typing import Any

import numpy as np
import pytest
import torch
from golden import recipe
from golden.folder import each
from golden.ledger import Ledger

from hrbench import network
from hrbench.cameras import Camera, from_screen
from hrbench.data.clips import Clip
from hrbench.engine.runtime import Runtime
from hrbench.geometry import flip_order
from hrbench.kinds.lifting.inputs import inputs_of
from hrbench.kinds.lifting.predicting import lift
from hrbench.network import TemporalNetwork
from hrbench.spec import TemporalModel

PAIRS = tuple(zip((4, 5, 6, 11, 12, 13), (1, 2, 3, 14, 15, 16), strict=True))
SIZE = (1000, 1000)
NOTHING = np.zeros(2)
CAMERA = Camera("", np.eye(3), np.zeros(3), NOTHING, NOTHING, np.zeros(3), NOTHING, SIZE)


@pytest.fixture
def model(file: str, golden: Ledger) -> TemporalModel:
    described: Any = golden.json(file.replace(".npz", ".json"))
    match = re.search(r"filter_widths=\[([\d,]+)\],channels=(\d+)", described["model"])
    assert match
    widths = tuple(int(width) for width in match[1].split(","))
    return TemporalModel(head="lift-temporal", filter_widths=widths, channels=int(match[2]))


@pytest.fixture
def lifter(model: TemporalModel) -> TemporalNetwork:
    built = network.build_lifter(model, seed=0)
    assert isinstance(built, TemporalNetwork)
    shapes = [(name, tuple(tensor.shape)) for name, tensor in built.head.state_dict().items()]
    built.head.load_state_dict(recipe.golden_state(shapes))
    return built.eval()


@each("rest/lifting/protocol*.npz")
@pytest.mark.parametrize(("flip_test", "key"), [(True, "pred_tta"), (False, "pred_no_tta")])
def test_every_frame_is_lifted_as_officially(
    file: str,
    model: TemporalModel,
    lifter: TemporalNetwork,
    flip_test: bool,
    key: str,
    golden: Ledger,
) -> None:
    seen, runtime = inputs_of(model, flip_order(17, PAIRS)), Runtime(torch.device("cpu"))
    arrays = golden.load(file)
    for name in [name for name in arrays if name.endswith("_2d")]:
        sequence = name.removesuffix("_2d")
        keypoints = from_screen(arrays[name].astype(np.float64), SIZE)
        joints = arrays[f"{sequence}_3d"]
        clip = Clip("S9", sequence, CAMERA, np.arange(len(joints)), joints, keypoints)
        with torch.inference_mode():
            found = lift(lifter, clip, seen, runtime, flip_test=flip_test, precision="fp32")
        golden.check(file, f"{sequence}_{key}", found / 1000)
