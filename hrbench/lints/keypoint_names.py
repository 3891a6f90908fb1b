"""What is wrong, or odd, with the names of keypoints and with what is said of them.

So a person should look at them before training on keypoints of one's own.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import chain

from hrbench.data.faults import EXAMPLES, Fault, fault_of, stated
from hrbench.files import json_rows

NamePairs = Sequence[tuple[str, str]]

NO_SIGMAS = Fault(
    "no sigmas, so no AP, and PCK, NME and errors in pixels are scored; `hrbench sigmas` estimates "
    "them from repeated annotations of the same images",
    count=1,
    examples=(),
    fatal=False,
)
NO_PAIRS = "no-flip-pairs"  # what `--allow` takes
_SIDE = re.compile(  # a word of its own, or a capital: left_ear, ear-l, LEar, earL
    r"left|right|(?<![a-z])[lr](?![a-z])|(?-i:(?<=[a-z0-9])[LR](?![a-z])|(?<![A-Za-z])[LR](?=[A-Z]))",
    re.IGNORECASE,
)
_MIDDLE = re.compile(  # a name that is made of nothing else lies where a mirror leaves it
    "(?:abdomen|back|base|bell(?:y|ies)|body|bottom|bum|butt|center|centre|centroid|chest|chin|coccyx|"
    "crown|end|forehead|front|head|jaw|lower|mid(?:dle|line|point)?|mouth|navel|neck|nose|of|pelvis|"
    "rear|root|rump|sacrum|snout|spine|start|sternum|stomach|tail|the|thorax|throat|tip|top|"
    "torso|trunk|upper|withers)+"
)
_OTHER = {"left": "right", "right": "left", "l": "r", "r": "l"}


def names_faults(
    keypoints: Sequence[str],
    flip_pairs: NamePairs,
    edges: NamePairs,
    sigmas: Sequence[float] | None,
) -> list[Fault]:
    """Return all that is wrong with what a dataset's TOML says of its keypoints."""
    faults = json_rows.twice(keypoints, "keypoints")
    for key, pairs in (("flip_pairs", flip_pairs), ("edges", edges)):
        strange = dict.fromkeys(name for name in chain(*pairs) if name not in keypoints)
        faults += fault_of(f"{key} of keypoints that are not listed", list(strange))
        faults += json_rows.twice([_words(sorted(pair)) for pair in pairs], key)
    return [
        *faults,
        *_one_sided(flip_pairs),
        *([] if sigmas is None else _sigmas(sigmas, len(keypoints))),
        *_sides_by_name(keypoints, flip_pairs),
    ]


def pairs_by_name(keypoints: Iterable[str]) -> list[tuple[str, str]]:
    """Return the left and right keypoints whose names differ in just that: left, right, l, r."""
    listed = list(dict.fromkeys(keypoints))
    named = [(name, _mirrored(name)) for name in listed if _is_left(name)]
    return [(left, right) for left, right in named if right in listed]


def without_mirror_image(keypoints: Sequence[str], flip_pairs: NamePairs) -> list[str]:
    """Return the keypoints in no pair whose names do not say that they lie on the midline."""
    paired = set(chain.from_iterable(flip_pairs))
    alone = [name for name in keypoints if name not in paired]
    return [n for n in alone if not _MIDDLE.fullmatch(re.sub("[^a-z]", "", n.lower()))]


def mirrored_faults(keypoints: Sequence[str], flip_pairs: NamePairs) -> list[Fault]:
    """Return what is wrong with mirroring keypoints of which nothing says which are the pairs."""
    if flip_pairs or not (lonely := without_mirror_image(keypoints, flip_pairs)):
        return []
    names = ", ".join(lonely[:EXAMPLES]) + (", …" if lonely[EXAMPLES:] else "")
    return [
        stated(
            f"no flip_pairs, and a mirror image would show {names} in the places of others: name "
            "left and right in flip_pairs of the dataset's TOML, or set augment.flip = 0 and "
            "protocol.flip_test = false",
            name=NO_PAIRS,
        )
    ]


def _one_sided(flip_pairs: NamePairs) -> list[Fault]:
    """Return the pairs that are not mutual: each keypoint has one partner, not itself."""
    pairs = {frozenset(pair): pair for pair in flip_pairs}  # one that stands twice is another fault
    alone = [_words(pair) for key, pair in pairs.items() if len(key) < 2]
    counts = Counter(chain.from_iterable(key for key in pairs if len(key) == 2))
    partners = {
        name: sorted(other for key in pairs if name in key for other in key - {name})
        for name, count in counts.items()
        if count > 1
    }
    several = [f"{name} with {' and '.join(others)}" for name, others in partners.items()]
    return [
        *fault_of("flip_pairs of a keypoint with itself", alone),
        *fault_of("flip_pairs that are not mutual", sorted(several)),
    ]


def _sigmas(sigmas: Sequence[float], count: int) -> list[Fault]:
    faults = [stated(f"{len(sigmas)} sigmas for {count} keypoints")] if len(sigmas) != count else []
    bad = [str(sigma) for sigma in sigmas if not 0 < sigma < float("inf")]
    return [*faults, *fault_of("sigmas that are not above 0", bad)]


def _sides_by_name(keypoints: Sequence[str], flip_pairs: NamePairs) -> list[Fault]:
    paired = set(chain.from_iterable(flip_pairs))
    lonely = [_words(pair) for pair in pairs_by_name(keypoints) if not paired & set(pair)]
    turned = [_words(p) for p in flip_pairs if _is_left(p[1]) and _mirrored(p[1]) == p[0]]
    return [
        *fault_of("left and right by their names, in no flip pair", lonely, fatal=False),
        *fault_of("flip_pairs that name the right side first", turned, fatal=False),
    ]


def _words(pair: Sequence[str]) -> str:
    return " and ".join(pair)


def _is_left(name: str) -> bool:
    side = _SIDE.search(name)
    return side is not None and side[0].lower() in {"left", "l"}


def _mirrored(name: str) -> str:
    """Return the name with its first left or right exchanged, in the same case."""

    def other(side: re.Match[str]) -> str:
        word = _OTHER[side[0].lower()]
        if side[0].isupper():
            return word.upper()
        return word.capitalize() if side[0][0].isupper() else word

    return _SIDE.sub(other, name, count=1)
