"""Checkpoints in the layouts they are published in, brought to our names.

`backbone.containers` opens a file, `backbone.wrappers` finds the network in it; `backbone.layouts`
says which layout that is in and what its tensors are called here; `backbone.fitting` puts them
into a network.
"""

import hashlib
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import torch
from torch import Tensor, nn

from hrbench.backbone import contents, wrappers
from hrbench.backbone.about import About
from hrbench.backbone.layouts import Layout, by_name
from hrbench.backbone.wrappers import Part
from hrbench.errors import WeightsError

# In a published file's name: torchvision's, timm's and mmpose's end in hyphen and hash.
HASH = re.compile(r"-([0-9a-f]{8}|[0-9a-f]{10}|[0-9a-f]{64})(?=[._])")
BEST = Path("checkpoints", "best.pt")  # of a run


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A file's tensors under our names."""

    path: Path
    layout: str  # the name of one of `layouts.LAYOUTS`
    tensors: dict[str, Tensor]
    sha256: str  # of the file
    changes: tuple[str, ...] = ()  # what is not as in the file, in sentences
    dtypes: tuple[str, ...] = ("float32",)  # of its numbers, the commonest first
    checked: str = ""  # by what it was seen that the file is whole
    about: About | None = None  # what is known of its network; from here what it says itself
    theirs: Mapping[str, str] = field(default_factory=dict)  # ours to what the file calls them
    origin: str = ""  # the name that the file was fetched by; "" of one that a path names
    address: str = ""  # that it was fetched from

    @property
    def backbone(self) -> str:
        """The name of the backbone that the file says it has; nothing where it does not."""
        return "" if self.about is None else self.about.backbone

    @property
    def color(self) -> str | None:
        """The order of an image's planes: as the file says, or as goes with its layout."""
        said = None if self.about is None else self.about.color
        return said or by_name()[self.layout].color


def read(path: Path, part: str = "") -> Checkpoint:
    """Return the tensors of a checkpoint file; its code, if it has any, is not run.

    The folder of a run stands for the best of its checkpoints. Where a file holds several
    networks, `part` names one (`wrappers.Part.name`); the likeliest is taken otherwise, and said.

    Raises:
        WeightsError: there is none, it is damaged, it holds no tensors, or none in a layout that
            is known.
    """
    path = path / BEST if (path / BEST).is_file() else path
    content = contents.read(path)
    taken, chosen = _chosen(wrappers.parts(content.held), content.held, path, part)
    layout = taken.layout
    require_finite(taken.tensors, path)
    dtypes = Counter(name_of(t.dtype) for t in taken.tensors.values() if t.is_floating_point())
    tensors, cast = single(taken.tensors)
    theirs = {layout.ours(name): name for name in tensors}
    named = _counted({ours: tensors[name] for ours, name in theirs.items()})
    named, filled = _filled(named, layout)
    converted = layout.name == "hrbench" and content.layout in by_name()
    return Checkpoint(
        path,
        content.layout if converted else layout.name,
        named,
        content.sha256,
        changes=(*_named_otherwise(path, content.sha256), *chosen, *taken.words, *cast, *filled),
        dtypes=tuple(name for name, _ in dtypes.most_common()),
        checked=content.checked,
        about=content.about,
        theirs=theirs,
    )


def digest(network: nn.Module) -> str:
    """Return the SHA-256 of a network's tensors with their names, in their order."""
    return hashed(network.state_dict())


def hashed(tensors: Mapping[str, Tensor]) -> str:
    """Return the SHA-256 of tensors with their names, in their order."""
    sha256 = hashlib.sha256()
    for name, tensor in tensors.items():
        sha256.update(name.encode())
        sha256.update(tensor.detach().cpu().contiguous().numpy().tobytes())
    return sha256.hexdigest()


def _named_otherwise(path: Path, sha256: str) -> tuple[str, ...]:
    """Return in words that a file's name has the beginning of another SHA-256 than its own."""
    named = [digits for digits in HASH.findall(path.name) if not digits.isdecimal()]  # no date
    if not named or any(sha256.startswith(digits) for digits in named):
        return ()
    words = (
        f"Its name says that its SHA-256 begins with {named[0]}, and it begins with {sha256[:8]}"
    )
    return (f"{words}: it was changed since it was published, or is damaged.",)


def _chosen(
    parts: Sequence[Part], held: object, path: Path, wanted: str
) -> tuple[Part, tuple[str, ...]]:
    """Return the network to take, and what is to be said of that choice.

    Raises:
        WeightsError: there is none, or it is not clear which is meant.
    """
    names = ", ".join(part.name or "(outermost)" for part in parts)
    if not parts:
        raise WeightsError(f"{path} {contents.without_network(held)}")
    if wanted:
        named = next((part for part in parts if part.name == wanted), None)
        if named is None:
            raise WeightsError(f"{path} has no part '{wanted}'; it has {names}")
        return named, ()
    first = parts[0]
    others = [part for part in parts[1:] if not part.is_same(first)]
    how = f"`hrbench weights convert {path} --part NAME -o FILE` writes another"
    if others and first.rank[:2] == others[0].rank[:2] == (False, True):
        raise WeightsError(f"{path} holds several networks ({names}); {how}: name one of them")
    if others:
        rest = ", ".join(part.name for part in others)
        return first, (f"Taken are the weights in {first.name}, not those in {rest}; {how}.",)
    if first.is_copy or first.rank[1]:
        return first, (f"Taken are the weights in {first.name}; there are no others.",)
    return first, ()


def require_finite(tensors: Mapping[str, Tensor], path: Path) -> None:
    """Refuse tensors that have no number somewhere.

    Raises:
        WeightsError: one has.
    """
    spoilt = [n for n, t in tensors.items() if t.is_floating_point() and not t.isfinite().all()]
    if spoilt:
        raise WeightsError(
            f"{path} has NaN or infinity in {len(spoilt)} tensors ({spoilt[0]}); the training "
            "that wrote it had diverged"
        )


def single(tensors: Mapping[str, Tensor]) -> tuple[dict[str, Tensor], list[str]]:
    """Return all numbers in single precision, as networks here have them; and say so."""
    others = Counter(
        name_of(tensor.dtype)
        for tensor in tensors.values()
        if tensor.is_floating_point() and tensor.dtype != torch.float32
    )
    words = [f"{n} tensors of {name} are loaded as float32." for name, n in sorted(others.items())]
    single = {n: t.float() if t.is_floating_point() else t for n, t in tensors.items()}
    return single, words


def _counted(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """Return tensors with the batches that normalisation has seen; torch 0.4 did not count."""
    missing = [
        name.replace("running_mean", "num_batches_tracked")
        for name in tensors
        if name.endswith(".running_mean")
    ]
    return tensors | {name: torch.tensor(0) for name in missing if name not in tensors}


def _filled(tensors: dict[str, Tensor], layout: Layout) -> tuple[dict[str, Tensor], list[str]]:
    """Return tensors with the biases of 0 that a layout leaves out; and say so."""
    zeros = {
        name: torch.zeros(len(tensors[weight]))
        for name in layout.zeros
        if name not in tensors and (weight := name.replace("bias", "weight")) in tensors
    }
    words = [f"{len(zeros)} biases that {layout.name} leaves out are 0."] if zeros else []
    return tensors | zeros, words


def name_of(dtype: torch.dtype) -> str:
    """Return what numbers of a type are called."""
    return str(dtype).removeprefix("torch.")
