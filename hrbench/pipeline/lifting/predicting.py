"""From keypoints of sequences to stored joints."""

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from hrbench.data import windows
from hrbench.data.clips import Clip
from hrbench.data.pose_statistics import JOINTS_OUT, KEYPOINTS_IN, centred, measure
from hrbench.engine.progress import Steps
from hrbench.engine.runtime import Runtime
from hrbench.network import LinearNetwork, TemporalNetwork
from hrbench.pipeline.lifting.inputs import Inputs
from hrbench.report.predictions import JointPredictions


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
) -> JointPredictions:
    """Return the joints of every frame of every clip; each clip is lifted by one process."""
    network.eval()
    mine = range(len(clips))[runtime.rank :: runtime.world]
    lifted = {}
    with Steps(title, len(mine), shown=runtime.leads) as steps:
        for index in mine:
            with runtime.autocast(precision):
                lifted[index] = lift(network, clips[index], seen, runtime, flip_test=flip_test)
            steps.advance()
    everything = {index: found for part in runtime.gather(lifted) for index, found in part.items()}
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
) -> NDArray[np.float32]:
    """Return (T, 17, 3) joints in mm for a clip; with `flip_test` the mean of it and its mirror.

    At both ends the first and last frames are repeated.
    """
    keypoints = seen.of(clip)
    versions = [keypoints, seen.mirrored(keypoints, clip)] if flip_test else [keypoints]
    padded = windows.padded(np.stack(versions), seen.pad, seen.shift)
    lifted = network(torch.from_numpy(padded).to(runtime.device)).float().cpu().numpy()
    if not flip_test:
        return np.asarray(lifted[0])
    return np.asarray((lifted[0] + windows.mirrored(lifted[1], seen.order)) / np.float32(2))


def observe(network: LinearNetwork, clips: Sequence[Clip]) -> None:
    """Take the statistics of a training set into a network.

    Raises:
        DataError: a coordinate is the same in all frames.
    """
    keypoints = np.concatenate([clip.keypoints for clip in clips])
    joints = np.concatenate([centred(clip.joints) for clip in clips])
    for name, poses, used in (("keypoint", keypoints, KEYPOINTS_IN), ("joint", joints, JOINTS_OUT)):
        seen = measure(poses, used)
        for part, values in (("mean", seen.mean), ("std", seen.std)):
            flat = torch.from_numpy(values[seen.used].ravel())
            getattr(network, f"{name}_{part}").copy_(flat)
