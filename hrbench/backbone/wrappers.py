"""The network out of what a training script saved around it, in whatever order and depth.

A part is a place in a file: keys of dictionaries, then what all of its tensors' names begin with
(`state_dict`, `ema.module`, `student.backbone`).
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from torch import Tensor

from hrbench.backbone import about
from hrbench.backbone.layouts import BARE, HRBENCH, Layout, layout_of
from hrbench.backbone.unpickling import PutAside

OWN = "network"  # in the files of hrbench's runs
# Keys and beginnings that mean the network and nothing else; of several, the first.
NETWORKS = (
    *(OWN, "state_dict", "model_state_dict", "model", "net", "model_pos", "module"),
    *("_orig_mod", "backbone"),
)
# Those of a copy that is kept beside it: an average over training, a teacher, the best so far.
COPY = re.compile(r"ema|averag|swa|shadow|teacher|best|momentum", re.IGNORECASE)
DEEPEST = 6  # keys and beginnings, one inside the other
ASIDE = ("data_preprocessor.", "ema_", "criterion.", "loss.")  # `ema_`: of mmcv's hook
COUNTERS = {"n_averaged", "steps"}  # of an average, with nothing to say
# mmpose writes the statistics that its images are normalised by.
USUAL = {"data_preprocessor.mean": (123.675, 116.28, 103.53)}
USUAL |= {"data_preprocessor.std": (58.395, 57.12, 57.375)}


@dataclass(frozen=True, slots=True)
class Part:
    """Tensors that are a network of a known layout."""

    place: tuple[str, ...]
    tensors: Mapping[str, Tensor]
    layout: Layout
    words: tuple[str, ...] = ()  # about what beside them is put aside

    @property
    def name(self) -> str:
        """The place, as `--part` takes it."""
        return ".".join(self.place)

    @property
    def is_copy(self) -> bool:
        """Whether the place speaks of a copy of a network that is trained."""
        return any(COPY.search(key) for key in self.place)

    def is_same(self, other: "Part") -> bool:
        """Whether another part holds the very same numbers."""
        return self.tensors.keys() == other.tensors.keys() and all(
            tensor.equal(other.tensors[name]) for name, tensor in self.tensors.items()
        )

    @property
    def rank(self) -> tuple[object, ...]:
        """What sorts the parts of a file: the likeliest to be meant first."""
        known = [NETWORKS.index(key) if key in NETWORKS else len(NETWORKS) for key in self.place]
        return self.is_copy, len(NETWORKS) in known, known


def parts(content: object) -> list[Part]:
    """Return every network in what a file holds, the likeliest to be meant first."""
    return sorted(_parts(content, ()), key=lambda part: part.rank) or _own(content)


def _own(content: object) -> list[Part]:
    """Return the network of a file that a run of hrbench wrote, whatever its layers are called."""
    if not isinstance(content, Mapping) or about.KEY not in content:
        return []
    inside = named(content.get(OWN))
    tensors = {name: value for name, value in inside.items() if isinstance(value, Tensor)}
    return [Part((OWN,), tensors, HRBENCH[0])] if tensors else []


def _parts(content: object, place: tuple[str, ...]) -> Iterator[Part]:
    if len(place) > DEEPEST:
        return
    if isinstance(content, PutAside):
        words = f"Its tensors are those of {content.words}, whose code is not run."
        for part in _peeled(content.tensors(), place):
            yield Part(part.place, part.tensors, part.layout, (words, *part.words))
        return
    inside = named(content)
    yield from _peeled({k: v for k, v in inside.items() if isinstance(v, Tensor)}, place)
    for key, value in inside.items():
        if not isinstance(value, Tensor):
            yield from _parts(value, (*place, key))


def named(content: object) -> dict[str, object]:
    """Return the items of a dictionary or a list, by their keys in words."""
    if isinstance(content, Mapping):
        return {str(key): value for key, value in content.items()}
    if isinstance(content, Sequence) and not isinstance(content, str | bytes):
        return {str(number): value for number, value in enumerate(content)}
    return {}


def _peeled(tensors: Mapping[str, Tensor], place: tuple[str, ...]) -> Iterator[Part]:
    """Yield the networks among tensors, what their names begin with taken away."""
    aside = [name for name in tensors if name in COUNTERS or name.startswith(ASIDE)]
    kept = {name: tensor for name, tensor in tensors.items() if name not in aside}
    layout = layout_of(kept)
    words = _words({name: tensors[name] for name in aside})
    if layout is not None and not (layout is BARE and _has_head(kept)):
        yield Part(place, kept, layout, words)
        return
    if len(place) > DEEPEST:
        return
    for start in dict.fromkeys(name.partition(".")[0] for name in kept if "." in name):
        group = {
            n.removeprefix(f"{start}."): t for n, t in kept.items() if n.startswith(f"{start}.")
        }
        beside = {name: t for name, t in kept.items() if not name.startswith(f"{start}.")}
        for part in _peeled(group, (*place, start)):
            more = _words(beside)
            yield Part(part.place, part.tensors, part.layout, (*words, *more, *part.words))


def _has_head(tensors: Mapping[str, Tensor]) -> bool:
    """Whether a release's whole network, head and all, is called `backbone.` in a file."""
    inner = {name.removeprefix("backbone."): t for name, t in tensors.items()}
    layout = layout_of(inner)
    whole = all(name.startswith("backbone.") for name in tensors)
    return whole and layout is not None and any(layout.ours(n).startswith("head.") for n in inner)


def _words(aside: Mapping[str, Tensor]) -> tuple[str, ...]:
    """Return what is to be said of tensors that are put aside."""
    odd = [
        f"Its {name} is {', '.join(f'{v:g}' for v in aside[name].flatten().tolist())}, and images "
        "are normalised by ImageNet's statistics here."
        for name, usual in USUAL.items()
        if name in aside and not _is_near(aside[name], usual)
    ]
    said = [name for name in aside if name not in COUNTERS and name not in USUAL]
    if said:
        odd.append(f"{len(said)} tensors beside the network are put aside ({said[0]}, …).")
    return tuple(odd)


def _is_near(tensor: Tensor, values: tuple[float, ...]) -> bool:
    numbers = tensor.flatten().tolist()
    return len(numbers) == len(values) and all(
        abs(a - b) < 0.01 for a, b in zip(numbers, values, strict=True)
    )
