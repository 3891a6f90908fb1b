"""What people do: joint angles drawn from everyday ways to stand, walk, sit and reach.

Angles are (roll, pitch, yaw) in degrees as in `skeleton`, written for the left side and
mirrored for the right: positive roll takes a hanging limb away from the body, *negative*
pitch swings it forward, positive yaw turns its front outwards. A trunk leans forward at
positive pitch.
"""

import numpy as np
from numpy.typing import NDArray

from hrbench.world.people.skeleton import INDEX, JOINTS

Range = tuple[float, float]
Turn = tuple[Range, Range, Range]  # roll, pitch, yaw

LIMITS: dict[str, Turn] = {
    "pelvis": ((-10, 10), (-15, 30), (0, 0)),
    "spine": ((-15, 15), (-12, 50), (-25, 25)),
    "neck": ((-18, 18), (-30, 35), (-60, 60)),
    "shoulder": ((-10, 115), (-180, 45), (-90, 95)),
    "elbow": ((0, 0), (-145, 0), (0, 0)),
    "wrist": ((-20, 20), (-40, 40), (0, 0)),
    "hip": ((-5, 45), (-110, 30), (-15, 40)),
    "knee": ((0, 0), (0, 140), (0, 0)),
    "ankle": ((-10, 10), (-25, 40), (0, 0)),
}

_LEG: dict[str, dict[str, Turn]] = {
    "straight": {"hip": ((1, 12), (-10, 6), (0, 20)), "knee": ((0, 0), (0, 12), (0, 0))},
    "apart": {"hip": ((14, 34), (-10, 6), (0, 25)), "knee": ((0, 0), (0, 12), (0, 0))},
    "forward": {"hip": ((0, 6), (-42, -16), (-4, 8)), "knee": ((0, 0), (2, 28), (0, 0))},
    "behind": {"hip": ((0, 6), (6, 28), (-4, 8)), "knee": ((0, 0), (8, 65), (0, 0))},
    "lifted": {"hip": ((0, 25), (-105, -45), (-5, 30)), "knee": ((0, 0), (5, 115), (0, 0))},
    "seated": {"hip": ((2, 24), (-98, -75), (-5, 20)), "knee": ((0, 0), (60, 110), (0, 0))},
    "crouched": {"hip": ((8, 32), (-108, -62), (0, 30)), "knee": ((0, 0), (75, 135), (0, 0))},
}
# how the two legs go together, how far the trunk leans forward, and how often
_STANCES: tuple[tuple[float, str, str, Range], ...] = (
    (0.30, "straight", "straight", (-4, 12)),
    (0.12, "apart", "apart", (-4, 12)),
    (0.25, "forward", "behind", (-2, 16)),
    (0.09, "lifted", "straight", (-8, 12)),
    (0.16, "seated", "seated", (-6, 22)),
    (0.08, "crouched", "crouched", (10, 45)),
)
_ARM: dict[str, tuple[float, dict[str, Turn]]] = {
    "hanging": (
        0.28,
        {"shoulder": ((3, 20), (-18, 20), (-25, 15)), "elbow": ((0, 0), (-40, 0), (0, 0))},
    ),
    "akimbo": (
        0.12,
        {"shoulder": ((32, 55), (0, 30), (-80, -50)), "elbow": ((0, 0), (-110, -75), (0, 0))},
    ),
    "reaching": (
        0.16,
        {"shoulder": ((-5, 35), (-115, -45), (-30, 30)), "elbow": ((0, 0), (-50, 0), (0, 0))},
    ),
    "aside": (
        0.12,
        {"shoulder": ((55, 105), (-20, 15), (-20, 60)), "elbow": ((0, 0), (-60, 0), (0, 0))},
    ),
    "raised": (
        0.12,
        {"shoulder": ((2, 35), (-178, -130), (-20, 20)), "elbow": ((0, 0), (-70, 0), (0, 0))},
    ),
    "waving": (
        0.10,
        {"shoulder": ((65, 110), (-15, 10), (60, 92)), "elbow": ((0, 0), (-125, -45), (0, 0))},
    ),
    "folded": (
        0.10,
        {"shoulder": ((0, 25), (-60, -15), (-55, -5)), "elbow": ((0, 0), (-142, -75), (0, 0))},
    ),
}
_ALIKE = 0.4  # how often both arms do the same

_CALM: dict[str, Turn] = {
    "neck": ((-12, 12), (-16, 24), (-45, 45)),
    "wrist": ((-15, 15), (-30, 30), (0, 0)),
    "ankle": ((-6, 6), (-8, 12), (0, 0)),
}
_MIRROR = np.array([-1.0, 1.0, -1.0])


def sample_angles(rng: np.random.Generator) -> NDArray[np.float64]:
    """Return (J, 3) roll, pitch, yaw in radians of one plausible pose."""
    stance = _STANCES[_choose(rng, [share for share, *_ in _STANCES])]
    _, *legs, lean = stance
    names, shares = list(_ARM), [share for share, _ in _ARM.values()]
    first, second = (names[_choose(rng, shares)] for _ in range(2))
    arms = [first, first if rng.random() < _ALIKE else second]
    turns: dict[str, Turn] = {
        "pelvis": ((-6, 6), (lean[0] / 2, lean[1] / 2), (0, 0)),
        "spine": ((-9, 9), (lean[0] / 2, lean[1] / 2), (-20, 20)),
        "neck": _CALM["neck"],
    }
    sides = ["left", "right"] if rng.random() < 0.5 else ["right", "left"]
    for side, leg, arm in zip(sides, legs, arms, strict=True):
        limbs = _LEG[leg] | _ARM[arm][1] | {name: _CALM[name] for name in ("wrist", "ankle")}
        turns |= {f"{side}_{joint}": turn for joint, turn in limbs.items()}
    return _draw(rng, turns)


def _choose(rng: np.random.Generator, shares: list[float]) -> int:
    return int(np.searchsorted(np.cumsum(shares), rng.random() * sum(shares), side="right"))


def _draw(rng: np.random.Generator, turns: dict[str, Turn]) -> NDArray[np.float64]:
    """Return (J, 3) angles in radians, uniform in each joint's ranges."""
    angles = np.zeros((len(JOINTS), 3))
    joints = list(turns)
    ranges = np.array([turns[joint] for joint in joints])  # (T, 3, 2)
    drawn = np.radians(rng.uniform(ranges[..., 0], ranges[..., 1]))
    mirror = np.array([_MIRROR if joint.startswith("right_") else (1, 1, 1) for joint in joints])
    angles[[INDEX[joint] for joint in joints]] = drawn * mirror
    return angles
