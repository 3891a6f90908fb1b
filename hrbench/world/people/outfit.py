"""What a person looks like: skin, hair and clothes, warm on the left side, cool on the right."""

from collections.abc import Mapping

import cv2
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Outfit = Mapping[str, Floats]  # what is coloured -> BGR, 0 to 255

_SKINS = ((205, 222, 247), (170, 195, 235), (135, 170, 220), (95, 130, 185), (60, 85, 130))
_HAIRS = ((25, 25, 30), (30, 45, 70), (45, 75, 120), (95, 160, 210), (150, 150, 155))
_LINEN = (225, 230, 230)  # the shirt that a jacket shows in front
EYE: Floats = np.array((20, 20, 20), np.float32)
# The dye of sleeves, legs and shoes, which tells a person's sides from behind too. A mirror
# exchanges the sides but not the dyes: who learns from them must not train on mirrored images.
_DYES = {"left": (40, 110, 240), "right": (240, 130, 40)}
_CLOTH, _BARE, _BAND = 0.6, 0.4, 0.8  # how much of the dye they take on
_LONG_SLEEVES, _LONG_LEGS = 0.3, 0.4  # how often


def sample_outfit(rng: np.random.Generator) -> Outfit:
    """Draw the colours of one person."""
    skin = _vary(rng, _SKINS[rng.integers(len(_SKINS))])
    jacket, trousers, shoes = (_cloth(rng) for _ in range(3))
    jacket *= 0.8
    fore = jacket if rng.random() < _LONG_SLEEVES else skin
    shin = trousers if rng.random() < _LONG_LEGS else skin
    outfit = {
        "skin": skin,
        "nose": skin * np.array((0.72, 0.76, 0.92), np.float32),
        "ear": skin * np.array((0.8, 0.82, 0.95), np.float32),
        "mouth": np.array((70, 60, 165), np.float32),
        "eye": EYE,
        "hair": _vary(rng, _HAIRS[rng.integers(len(_HAIRS))]),
        "jacket": jacket,
        "front": _vary(rng, _LINEN),
        "trousers": trousers,
    }
    for side, dye in _DYES.items():
        outfit |= {
            f"{side}_sleeve": _dyed(jacket, dye, _CLOTH),
            f"{side}_forearm": _dyed(fore, dye, _BARE),
            f"{side}_thigh": _dyed(trousers, dye, _CLOTH),
            f"{side}_shin": _dyed(shin, dye, _BARE),
            f"{side}_cuff": _dyed(shoes, dye, _BAND),
            f"{side}_shoe": _dyed(shoes, dye, _BAND),
        }
    return outfit


def _dyed(color: Floats, dye: tuple[int, int, int], share: float) -> Floats:
    return ((1 - share) * color + share * np.array(dye)).astype(np.float32)


def _vary(rng: np.random.Generator, color: tuple[int, int, int]) -> Floats:
    return np.clip(np.array(color) * rng.uniform(0.88, 1.1, 3), 0, 255).astype(np.float32)


def _cloth(rng: np.random.Generator) -> Floats:
    """Draw a colour of any hue that is neither black nor glaring."""
    hue, saturation, value = rng.uniform((0, 20, 70), (180, 210, 235))
    color = cv2.cvtColor(np.array([[[hue, saturation, value]]], np.uint8), cv2.COLOR_HSV2BGR)
    return np.array(color[0, 0], np.float32)
