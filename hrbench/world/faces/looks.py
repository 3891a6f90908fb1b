"""What a face looks like: colours of skin, hair, eyes and lips, hair's length, glasses."""

from dataclasses import dataclass

import numpy as np

from hrbench.arrays import Floats

# BGR, 0 to 255
_SKINS = ((196, 214, 242), (165, 190, 232), (130, 163, 214), (90, 122, 176), (58, 80, 122))
_HAIRS = ((22, 22, 26), (28, 40, 64), (40, 68, 112), (85, 145, 200), (160, 165, 170))
_IRISES = ((35, 55, 85), (30, 40, 55), (150, 120, 75), (80, 120, 80))
_LIP_TINT, _CHEEK_TINT = np.array((0.68, 0.62, 0.92)), np.array((0.9, 0.86, 1.04))
_STICKS = ((60, 30, 190), (110, 40, 160), (50, 50, 220), (90, 20, 110))


@dataclass(frozen=True, slots=True)
class Looks:
    """The colours of one person, (3,) BGR each, and what else is seen at a glance."""

    skin: Floats
    hair: Floats
    brow: Floats
    iris: Floats
    lips: Floats
    cheeks: Floats
    shadow: Floats  # of the upper lid
    cloth: Floats
    frame: Floats  # of glasses
    hairline: float  # the row where hair begins in front
    bald: bool
    hanging: float  # mm below the eyes to which hair hangs; 0 for short hair
    beard: float  # 0 none to 1 full
    glasses: bool


def sample_looks(rng: np.random.Generator, *, made_up: bool) -> Looks:
    """Draw what somebody looks like."""
    skin = _vary(rng, _SKINS[rng.integers(len(_SKINS))])
    hair = _vary(rng, _HAIRS[rng.integers(len(_HAIRS))])
    lips, cheeks, shadow = skin * _LIP_TINT, skin * _CHEEK_TINT, skin * 0.88
    if made_up:
        stick = _vary(rng, _STICKS[rng.integers(len(_STICKS))])
        lips, cheeks = stick, 0.65 * cheeks + 0.35 * np.array((120, 100, 230))
        shadow = 0.5 * shadow + 0.5 * rng.uniform(20, 200, 3)
    hanging, beard = rng.random() < 0.4, rng.random() < 0.2
    return Looks(
        skin=skin,
        hair=hair,
        brow=0.6 * np.minimum(hair, 90) + 0.12 * skin,
        iris=_vary(rng, _IRISES[rng.integers(len(_IRISES))]),
        lips=lips,
        cheeks=cheeks,
        shadow=shadow,
        cloth=rng.uniform(20, 220, 3),
        frame=rng.uniform(10, 90, 3),
        hairline=rng.uniform(-72, -36),
        bald=not hanging and rng.random() < 0.12,
        hanging=rng.uniform(40, 190) if hanging else 0.0,
        beard=rng.uniform(0.25, 0.85) if beard and not (hanging or made_up) else 0.0,
        glasses=rng.random() < 0.15,
    )


def _vary(rng: np.random.Generator, color: tuple[int, int, int]) -> Floats:
    varied: Floats = np.clip(np.array(color) * rng.uniform(0.88, 1.1, 3), 0, 255)
    return varied
