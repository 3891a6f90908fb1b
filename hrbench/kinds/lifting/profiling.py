"""What the frames of a sequence go through.

Letters: T frames.
"""

from functools import partial
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from hrbench.cameras import Camera
from hrbench.data.clips import Clip
from hrbench.engine.runtime import Runtime
from hrbench.kinds.complexity import (
    HOLLOW,
    Complexity,
    Published,
    multiply_adds,
    parameters,
    without_numbers,
)
from hrbench.kinds.lifting.predicting import lifting, prepared, turned_back
from hrbench.kinds.lifting.task import Lifter, Lifting
from hrbench.kinds.profiled import DECODE, NETWORK, Profiled, Stages

SCREEN = (1000, 1000)  # px, of the camera of a sequence
MEGA = 10**6


def profiled(task: Lifting, network: Lifter) -> Profiled:
    """Return what the protocol says: flip test or none."""
    flip_test = task.spec.protocol.flip_test
    twice = "twice (flip test)" if flip_test else "once"
    mean = "means, to NumPy" if flip_test else "to NumPy"
    return Profiled(
        items="frames",
        passes=1 + flip_test,
        words=f"network is normalising, then lifting {twice}; decode is {mean}",
        stages=partial(_stages, task, network),
        complexity=_complexity(task, network),
    )


def _complexity(task: Lifting, network: Lifter) -> Complexity:
    """Return what one more frame of a sequence costs, whose frames share what is between them.

    Source: Pavllo et al. 2019.
    """
    hollow, joints = without_numbers(network), len(task.dataset.keypoints)
    seen = 2 * task.inputs.pad + 1
    one, two = (
        multiply_adds(hollow, torch.empty((1, frames, joints, 2), device=HOLLOW))
        for frames in (seen, seen + 1)
    )
    doubled = Published(2 * (two - one) / MEGA, "MFLOPs", "twice as many, in millions")
    return Complexity(parameters(network), two - one, "one more frame of a sequence", doubled)


def _stages(task: Lifting, built: Lifter, _: Path, batch: int, runtime: Runtime) -> Stages:
    clip, seen = clip_of(len(task.dataset.keypoints), batch), task.inputs
    protocol = task.spec.protocol
    see = lifting(built, runtime, protocol.precision)

    def network(_: None) -> Tensor:
        (joints,) = see(prepared(clip, seen, flip_test=protocol.flip_test).to(runtime.device))
        return joints

    def decode(joints: Tensor) -> object:
        return turned_back(joints.cpu().numpy(), seen.order)

    return {NETWORK: network, DECODE: decode}


def clip_of(joints: int, frames: int) -> Clip:
    """Return (T, joints, 2) keypoints around the middle of a camera's picture."""
    middle = np.array(SCREEN) / 2
    keypoints = np.random.default_rng(0).normal(middle, middle / 4, (frames, joints, 2))
    camera = Camera(
        name="profile",
        rotation=np.eye(3),
        position=np.zeros(3),
        focal=np.array(SCREEN, dtype=np.float64),
        center=middle,
        radial=np.zeros(3),
        tangential=np.zeros(2),
        size=SCREEN,
    )
    numbers = np.arange(frames)
    return Clip("S0", "Profile", camera, numbers, np.zeros((frames, joints, 3)), keypoints)
