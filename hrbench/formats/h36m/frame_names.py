"""How Human3.6M's joints and sequences are called and counted in the files of each family.

Source: the release's metadata; VideoPose3D, data/prepare_data_h36m.py; mmpose's converter.
"""

import re
from dataclasses import dataclass
from pathlib import PurePosixPath

from hrbench.errors import DataError

# Of the release's 32 joints the 17 that move: the others repeat them or never turn.
KEPT = (*(0, 1, 2, 3, 6, 7, 8, 12, 13, 14, 15), *(17, 18, 19, 25, 26, 27))
ALL_JOINTS = 32
JOINTS = (
    *("hip", "right_hip", "right_knee", "right_foot", "left_hip", "left_knee", "left_foot"),
    *("spine", "thorax", "neck_nose", "head", "left_shoulder", "left_elbow", "left_wrist"),
    *("right_shoulder", "right_elbow", "right_wrist"),
)
# The stacked hourglasses' 16 joints in the order of ours; they find no neck_nose.
HOURGLASS = (6, 2, 1, 0, 3, 4, 5, 7, 8, 9, 13, 14, 15, 12, 11, 10)
NOT_FOUND = JOINTS.index("neck_nose")
ACTIONS = (
    *("Directions", "Discussion", "Eating", "Greeting", "Phoning", "Photo", "Posing"),
    *("Purchases", "Sitting", "SittingDown", "Smoking", "Waiting", "WalkDog", "Walking"),
    "WalkTogether",
)
RENAMED = {"TakingPhoto": "Photo", "WalkingDog": "WalkDog"}  # of S1 in the release
WHOLE = "_ALL"  # a file of every frame's, beside those of each sequence
_FRAME = re.compile(r"(S\d+)_([A-Za-z]+)(?:_(\d+))?\.(\d+)_(\d+)")


@dataclass(frozen=True, slots=True)
class Frame:
    """One image of a sequence."""

    clip: tuple[str, str, str]  # subject, sequence, camera
    number: int  # from 0


def sequence(text: str) -> str:
    """Return a sequence's name as VideoPose3D spells it, "Walking 1", from any family's.

    Raises:
        DataError: no action of Human3.6M is called so.
    """
    action, _, take = text.replace("_", " ").partition(" ")
    action = RENAMED.get(action, action)
    if action not in ACTIONS:
        raise DataError(
            f"'{text}': no action of Human3.6M is called '{action}'; known: {', '.join(ACTIONS)}"
        )
    return f"{action} {take}".strip()


def frame_of(image: str) -> Frame:
    """Return the frame that an image file shows, S9/S9_Walking_1.58860488/…_000001.jpg.

    Raises:
        DataError: it is not named so.
    """
    match = _FRAME.fullmatch(PurePosixPath(image.replace("\\", "/")).stem)
    if match is None:
        raise DataError(
            f"{image}: frames of Human3.6M are called S9_Walking_1.58860488_000001.jpg, and this "
            "is not"
        )
    subject, action, take, camera, number = match.groups()
    name = sequence(f"{action} {take}" if take else action)
    return Frame((subject, name, camera), int(number) - 1)


def place_of(image: str) -> str:
    """Return where a frame lies below the folder of images, given its bare name or that place."""
    path = PurePosixPath(image)
    if len(path.parts) > 1:
        return image
    video, _, _ = path.stem.rpartition("_")
    return str(PurePosixPath(video.partition("_")[0], video, path.name))
