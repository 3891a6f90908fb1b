"""The articulated person: bones, and joint positions from joint angles.

Body frame: x forward, y to the person's left, z up, in millimetres. At rest a person stands
upright and the arms hang down. A joint's angles are (roll, pitch, yaw): right-handed turns
about x, y and z in the frame of its parent, yaw first, pitch last.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Offset = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Bone:
    """A joint, the one it hangs from, and the way there at rest as parts of the stature."""

    joint: str
    parent: str
    offset: Offset


# Lengths of limbs and trunk: Drillis and Contini 1966, as parts of the stature. The head is a
# tenth larger than theirs, so that faces can be told at the size at which people are drawn.
_MIDDLE = (
    Bone("spine", "pelvis", (0.0, 0.0, 0.14)),
    Bone("thorax", "spine", (0.0, 0.0, 0.15)),
    Bone("neck", "thorax", (0.008, 0.0, 0.045)),
    Bone("head", "neck", (0.012, 0.0, 0.062)),
    Bone("head_top", "head", (0.0, 0.0, 0.075)),
    Bone("nose", "head", (0.062, 0.0, -0.012)),
    Bone("brow", "head", (0.05, 0.0, 0.02)),
    Bone("mouth", "head", (0.046, 0.0, -0.042)),
    Bone("jaw", "head", (0.018, 0.0, -0.035)),
    Bone("crown", "head", (-0.013, 0.0, 0.014)),
    Bone("nape", "head", (-0.022, 0.0, -0.02)),
    Bone("sternum", "thorax", (0.036, 0.0, -0.035)),
    Bone("navel", "pelvis", (0.038, 0.0, 0.09)),
)
_LEFT = (
    Bone("left_eye", "head", (0.050, 0.021, 0.006)),
    Bone("left_ear", "head", (-0.002, 0.053, -0.004)),
    Bone("left_rib", "thorax", (0.0, 0.048, -0.04)),
    Bone("left_shoulder", "thorax", (0.0, 0.106, -0.005)),
    Bone("left_elbow", "left_shoulder", (0.0, 0.0, -0.175)),
    Bone("left_wrist", "left_elbow", (0.0, 0.0, -0.148)),
    Bone("left_fingers", "left_wrist", (0.0, 0.0, -0.07)),
    Bone("left_hip", "pelvis", (0.0, 0.06, 0.0)),
    Bone("left_knee", "left_hip", (0.0, 0.0, -0.245)),
    Bone("left_ankle", "left_knee", (0.0, 0.0, -0.246)),
    Bone("left_heel", "left_ankle", (-0.022, 0.0, -0.02)),
    Bone("left_toes", "left_ankle", (0.1, 0.0, -0.023)),
)


def mirrored(name: str) -> str:
    """Return the name of the same joint on the other side; middle joints keep theirs."""
    side, _, rest = name.partition("_")
    other = {"left": "right", "right": "left"}.get(side)
    return f"{other}_{rest}" if other else name


BONES = (
    *_MIDDLE,
    *_LEFT,
    *(
        Bone(mirrored(joint), mirrored(parent), (x, -y, z))
        for joint, parent, (x, y, z) in ((b.joint, b.parent, b.offset) for b in _LEFT)
    ),
)
JOINTS = ("pelvis", *(bone.joint for bone in BONES))
INDEX = {joint: index for index, joint in enumerate(JOINTS)}
_PARENTS = (0, *(INDEX[bone.parent] for bone in BONES))
_REST = np.array([(0.0, 0.0, 0.0), *(bone.offset for bone in BONES)])
_LEGS = np.array([joint.endswith(("_knee", "_ankle")) for joint in JOINTS])
_ARMS = np.array([joint.endswith(("_elbow", "_wrist")) for joint in JOINTS])

STATURE = (1450.0, 1950.0)  # mm
LIMB_SPREAD = 0.05  # arms and legs are this part longer or shorter than the average, at most
GIRTH = (1.0, 1.4)  # thickness over a slim person's


@dataclass(frozen=True, slots=True)
class Body:
    """One person's build."""

    stature: float  # mm
    girth: float  # thickness over a slim person's
    offsets: NDArray[np.float64]  # (J, 3) mm: from parent to joint at rest


def sample_body(rng: np.random.Generator) -> Body:
    """Draw a build: stature, thickness, and the lengths of arms and legs."""
    stature = float(np.clip(rng.normal(1700, 95), *STATURE))
    legs, arms = 1 + rng.uniform(-LIMB_SPREAD, LIMB_SPREAD, size=2)
    factor = np.where(_LEGS, legs, np.where(_ARMS, arms, 1.0))
    return Body(stature, rng.uniform(*GIRTH), stature * factor[:, None] * _REST)


def rotations(angles: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return (N, 3, 3) matrices for (N, 3) roll, pitch, yaw in radians."""
    (cr, cp, cy), (sr, sp, sy) = np.cos(angles).T, np.sin(angles).T
    rows = [
        [cp * cy + sp * sr * sy, sp * sr * cy - cp * sy, sp * cr],
        [cr * sy, cr * cy, -sr],
        [cp * sr * sy - sp * cy, sp * sy + cp * sr * cy, cp * cr],
    ]
    return np.moveaxis(np.array(rows), -1, 0)


def joint_positions(
    offsets: NDArray[np.float64], angles: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return (J, 3) joints in mm around the pelvis for (J, 3) offsets and (J, 3) angles."""
    local = rotations(angles)
    turned, positions = local.copy(), np.zeros_like(offsets)
    for joint, parent in list(enumerate(_PARENTS))[1:]:
        turned[joint] = turned[parent] @ local[joint]
        positions[joint] = positions[parent] + turned[parent] @ offsets[joint]
    return positions
