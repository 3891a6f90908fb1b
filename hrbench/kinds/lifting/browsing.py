"""Frames of sequences to be looked at: keypoints beside joints, and both as a mirror has them."""

import numpy as np

from hrbench.data.pose_statistics import centred
from hrbench.draw.browsed import Browsed, Shown
from hrbench.draw.joint_sheet import HEADS, panels
from hrbench.kinds.lifting.task import Lifting

KEY = (
    "Left is orange, right is blue, what has no side is dark.",
    "The joints are the target, in millimetres from the hip.",
)
WINDOW = "The network gets the keypoints of {frames} around the one that is shown."
MIRRORED = "It is trained on what a mirror shows as well."


def browsed(task: Lifting) -> Browsed:
    """Return the frames that a lifting task is trained on."""
    clips = task.sequences().clips
    feed, dataset = task.windows(clips), task.dataset
    edges, names = dataset.indices(dataset.edges), dataset.keypoints
    frames = feed.pairs[feed.pairs[:, 3] == 0]
    mirrors = len(frames) < len(feed.pairs)
    seen = 2 * feed.pad + 1

    def show(row: int) -> Shown:
        clip, place = clips[frames[row, 0]], int(frames[row, 1])
        joints = centred(clip.joints[place : place + 1])[0]
        pictures = dict(
            zip(HEADS, panels(clip.keypoints[place], joints, edges, names), strict=True)
        )
        if mirrors:
            turned = frames[row : row + 1].copy()
            turned[:, 3] = 1
            keypoints, lifted = feed.sequences.cut(turned, 0)
            drawn = panels(keypoints[0, 0], lifted[0, 0].astype(np.float64), edges, names)
            pictures |= {f"in a mirror: {h}": one for h, one in zip(HEADS, drawn, strict=True)}
        return Shown("/".join((*clip.key, str(clip.frames[place]))), "", pictures)

    def called(name: str) -> list[int]:
        key, _, frame = name.rpartition("/")
        of_clip = [index for index, clip in enumerate(clips) if "/".join(clip.key) == key]
        rows = np.flatnonzero(np.isin(frames[:, 0], of_clip)).tolist()
        return [row for row in rows if str(clips[frames[row, 0]].frames[frames[row, 1]]) == frame]

    window = WINDOW.format(frames=f"{seen} frames" if seen > 1 else "no other frame than")
    key = (*KEY, window, *([MIRRORED] if mirrors else []))
    return Browsed(len(frames), "frames", called, show, key)
