"""What of Human3.6M is there for lifting, and what is wrong with it."""

import hashlib
from pathlib import Path

import numpy as np

from hrbench.data.faults import stated
from hrbench.errors import HrbenchError
from hrbench.formats.findings import Facts, Missing, Part, SplitReport
from hrbench.formats.h36m import martinez, reading, videopose
from hrbench.formats.h36m.reading import GROUND_TRUTH
from hrbench.formats.location import DataRoot, issuer
from hrbench.spec import DatasetSpec, LiftingProtocol


def split_report(
    dataset: DatasetSpec, data_root: DataRoot, name: str, *, images: bool
) -> SplitReport:
    """Return what is there of a split: its sequences, and the keypoints one can lift.

    The same files hold all splits. Pictures are h36m-frames' matter.
    """
    del images
    root = data_root.folder / dataset.folder
    marks = [mark for mark, _ in reading.FORMS if any(root.glob(mark))]
    if not marks:
        wanted = [mark for mark, _ in reading.FORMS if "*" not in mark]
        missing = tuple(Missing(mark, issuer(dataset, mark)) for mark in wanted)
        return SplitReport(name, (), missing[:1], ())
    subjects = " ".join(dataset.splits[name].subjects)
    file = next(iter(sorted(root.glob(marks[0]))))
    try:
        content = reading.read(LiftingProtocol(split=name), dataset, data_root, name, GROUND_TRUTH)
    except HrbenchError as error:
        part = Part("joints", marks[0], _size(file), _sha256(file), {}, f"{subjects}: not usable")
        return SplitReport(name, (part,), (), (stated(str(error)),))
    clips = content.clips
    sequences = {clip.key[:2] for clip in clips}
    frames = sum(len(clip.frames) for clip in clips)
    cameras = len({clip.camera.name for clip in clips})
    facts: Facts = {"sequences": len(sequences), "cameras": cameras, "frames": frames}
    words = f"{subjects}: {len(sequences)} sequences, {cameras} cameras, {frames:,} frames in all"
    parts = [Part("joints", marks[0], _size(file), _sha256(file), facts, words)]
    parts += [_cameras(root), *_keypoints(root)]
    return SplitReport(name, tuple(parts), (), tuple(content.faults))


def _cameras(root: Path) -> Part:
    place = next((name for name in reading.CAMERAS if (root / name).exists()), None)
    if place is None:
        return Part(
            "cameras", reading.TABLE, 0, None, {}, "of hrbench's own table; no file has them"
        )
    return Part("cameras", place, _size(root / place), _sha256(root / place), {}, "read")


def _keypoints(root: Path) -> list[Part]:
    pattern = videopose.KEYPOINTS_FILE.format("*")
    parts = [
        Part("keypoints", file.name, _size(file), _sha256(file), {}, reading.name_of(str(file)))
        for file in sorted(root.glob(pattern))
    ]
    for name, folder in martinez.HOURGLASSES.items():
        files = list(root.glob(f"S*/{folder}/*.h5"))
        if files:
            size = int(np.sum([_size(file) for file in files]))
            parts.append(Part("keypoints", f"S*/{folder}", size, None, {"files": len(files)}, name))
    return parts


def _size(file: Path) -> int:
    return file.stat().st_size if file.is_file() else 0


def _sha256(file: Path) -> str | None:
    return hashlib.sha256(file.read_bytes()).hexdigest() if file.is_file() else None
