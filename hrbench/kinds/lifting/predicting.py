"""From keypoints of sequences to stored joints."""

from collections.abc import Iterator, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from hrbench.data.clips import Clip
from hrbench.data.pose_statistics import JOINTS_OUT, KEYPOINTS_IN, centred, measure
from hrbench.data.sequences import mirrored, padded
from hrbench.engine.execution import EAGER, Execution, Told, unheard
from hrbench.engine.inference import See
from hrbench.engine.predict import overlapped
from hrbench.engine.progress import Steps
from hrbench.engine.runtime import Runtime
from hrbench.kinds.lifting.inputs import Inputs
from hrbench.network import LinearNetwork, TemporalNetwork
from hrbench.report.predictions import JointPredictions

UNEQUAL = "sequences differ in length"


@torch.inference_mode()
def predictions(
    network: LinearNetwork | TemporalNetwork,
    clips: Sequence[Clip],
    seen: Inputs,
    runtime: Runtime,
    *,
    flip_test: bool,
    precision: str,
    title: str,
    told: Told = unheard,
) -> JointPredictions:
    """Return the joints of every frame of every clip; each clip is lifted by one process."""
    network.eval()
    mine = range(len(clips))[runtime.rank :: runtime.world]
    lifted, see = {}, lifting(network, runtime, precision)
    keypoints = ((index, prepared(clips[index], seen, flip_test=flip_test)) for index in mine)
    with Steps(title, len(mine), shown=runtime.leads) as steps:
        for index, (joints,) in overlapped(keypoints, see, runtime.device):
            lifted[index] = turned_back(joints, seen.order)
            steps.advance()
    told(Execution("eager", precision, "contiguous", 1, tuple(reasons(runtime))))
    everything = {i: joints for part in runtime.gather(lifted) for i, joints in part.items()}
    return JointPredictions(
        clips=np.array(["/".join(clip.key) for clip in clips]),
        lengths=np.array([len(clip.frames) for clip in clips]),
        frames=np.concatenate([clip.frames for clip in clips]),
        keypoints=np.concatenate([clip.keypoints for clip in clips]).astype(np.float32),
        joints=np.concatenate([everything[index] for index in range(len(clips))]),
    )


def lift(
    network: LinearNetwork | TemporalNetwork,
    clip: Clip,
    seen: Inputs,
    runtime: Runtime,
    *,
    flip_test: bool,
    precision: str,
) -> NDArray[np.float32]:
    """Return (T, 17, 3) joints in mm for a clip; with `flip_test` the mean of it and its mirror."""
    keypoints = prepared(clip, seen, flip_test=flip_test)
    (joints,) = lifting(network, runtime, precision)(keypoints.to(runtime.device))
    return turned_back(joints.cpu().numpy(), seen.order)


def lifting(network: LinearNetwork | TemporalNetwork, runtime: Runtime, precision: str) -> See:
    """Return what lifts keypoints to joints in that precision."""

    def lifted(keypoints: Tensor) -> tuple[Tensor]:
        with runtime.autocast(precision):
            joints: Tensor = network(keypoints)
        return (joints.float(),)

    return lifted


def reasons(runtime: Runtime) -> Iterator[str]:
    """Yield why sequences are not lifted faster."""
    if runtime.eager:
        yield EAGER
    elif runtime.device.type == "cuda":
        yield f"no CUDA graph: {UNEQUAL}"
    if runtime.compiles:
        yield f"not compiled: {UNEQUAL}"


def prepared(clip: Clip, seen: Inputs, *, flip_test: bool) -> Tensor:
    """Return (1, T + 2 pad, 17, 2) keypoints as a network takes them; with `flip_test` (2, ...).

    At both ends the first and last frames are repeated; the second is the first in a mirror.
    """
    keypoints = seen.of(clip)
    versions = [keypoints, seen.mirrored(keypoints, clip)] if flip_test else [keypoints]
    return torch.from_numpy(padded(np.stack(versions), seen.pad, seen.shift))


def turned_back(lifted: NDArray[np.float32], order: NDArray[np.int64]) -> NDArray[np.float32]:
    """Return (T, 17, 3) joints for (1, T, 17, 3), or for (2, T, 17, 3) the mean of both.

    The second are those of a mirror, in which joint k is number `order[k]`.
    """
    if len(lifted) == 1:
        return np.asarray(lifted[0])
    return np.asarray((lifted[0] + mirrored(lifted[1], order)) / np.float32(2))


def statistics(clips: Sequence[Clip]) -> dict[str, Tensor]:
    """Return the statistics of a training set, named as a `LinearNetwork` has them.

    Raises:
        DataError: a coordinate is the same in all frames.
    """
    keypoints = np.concatenate([clip.keypoints for clip in clips])
    joints = np.concatenate([centred(clip.joints) for clip in clips])
    buffers = {}
    for name, poses, used in (("keypoint", keypoints, KEYPOINTS_IN), ("joint", joints, JOINTS_OUT)):
        seen = measure(poses, used)
        for part, values in (("mean", seen.mean), ("std", seen.std)):
            flat = torch.from_numpy(values[seen.used].ravel())
            buffers[f"{name}_{part}"] = flat.float()
    return buffers
