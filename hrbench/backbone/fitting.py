"""Checkpoints into networks: every tensor, or a sentence about those that do not fit."""

from collections.abc import Mapping
from dataclasses import dataclass

from torch import Size, Tensor, nn

from hrbench.backbone.layouts import by_name
from hrbench.backbone.weights import Checkpoint
from hrbench.errors import WeightsError

PREFIX = "backbone."  # of a network's tensors that are not its head's
CLASSES = "head.classifier.weight"  # only a network that classifies has it
PARTIAL = "--allow-partial"


@dataclass(frozen=True, slots=True)
class Fit:
    """How a file's tensors fit a network, or its backbone; the names are the network's."""

    matched: tuple[str, ...]
    missing: tuple[str, ...] = ()  # of the file
    left_over: tuple[str, ...] = ()  # of the network
    reshaped: tuple[tuple[str, Size, Size], ...] = ()  # name, the file's shape, the network's

    @property
    def total(self) -> int:
        """The number of the network's tensors."""
        return len(self.matched) + len(self.missing) + len(self.reshaped)

    @property
    def whole(self) -> bool:
        """Whether every tensor has its place, and every place its tensor."""
        return not (self.missing or self.left_over or self.reshaped)

    def words(self, what: str) -> str:
        """Return the counts in words, each with the first name."""
        parts = [f"{len(self.matched)} of {self.total} tensors of {what} match"]
        if self.reshaped:
            name, theirs, ours = self.reshaped[0]
            shapes = f"{name}: file {tuple(theirs)}, network {tuple(ours)}"
            parts.append(f"{len(self.reshaped)} have another shape ({shapes})")
        parts += [
            f"{len(names)} are {how} ({names[0]})"
            for names, how in ((self.missing, "missing"), (self.left_over, "left over"))
            if names
        ]
        return "; ".join(parts)


def fit(tensors: Mapping[str, Tensor], wanted: Mapping[str, Tensor]) -> Fit:
    """Return how tensors fit those that a network has."""
    both = [name for name in wanted if name in tensors]
    same = [name for name in both if tensors[name].shape == wanted[name].shape]
    return Fit(
        matched=tuple(same),
        missing=tuple(name for name in wanted if name not in tensors),
        left_over=tuple(name for name in tensors if name not in wanted),
        reshaped=tuple(
            (name, tensors[name].shape, wanted[name].shape) for name in both if name not in same
        ),
    )


def load_network(checkpoint: Checkpoint, network: nn.Module, *, partial: bool = False) -> Fit:
    """Load every tensor of a network; with `partial`, the backbone may keep some of its own.

    Raises:
        WeightsError: a tensor is missing, left over or of another shape.
    """
    fitted = fit(checkpoint.tensors, network.state_dict())
    optional = partial and all(name.startswith(PREFIX) for name in fitted.missing)
    _require(checkpoint, fitted, "the network", partial=optional)
    network.load_state_dict(checkpoint.tensors, strict=False)
    return fitted


def load_backbone(checkpoint: Checkpoint, backbone: nn.Module, *, partial: bool = False) -> Fit:
    """Load every tensor of a backbone; with `partial`, those that the file has.

    What is left over are the file's head, whatever it is called, and layers that only feed
    branches which this backbone does not have.

    Raises:
        WeightsError: a tensor of the backbone is missing or of another shape.
    """
    inside = {
        name.removeprefix(PREFIX): tensor
        for name, tensor in checkpoint.tensors.items()
        if name.startswith(PREFIX)
    }
    wanted = backbone.state_dict()
    modules = {name.partition(".")[0] for name in wanted}  # a head is in another
    kept = {
        name: tensor
        for name, tensor in inside.items()
        if name in wanted or (name.partition(".")[0] in modules and not _is_last_fuse(name))
    }
    fitted = fit(kept, wanted)
    _require(checkpoint, fitted, "the backbone", partial=partial)
    backbone.load_state_dict(kept, strict=False)
    rest = [name for name in checkpoint.tensors if name.removeprefix(PREFIX) not in kept]
    heads_first = sorted(rest, key=lambda name: _is_last_fuse(name.removeprefix(PREFIX)))
    return Fit(fitted.matched, fitted.missing, tuple(heads_first))


def _is_last_fuse(name: str) -> bool:
    """Whether a layer may only feed branches that do not leave stage 4: its last module does."""
    return name.startswith("stage4.") and "fuse" in name


def _require(checkpoint: Checkpoint, fitted: Fit, what: str, *, partial: bool) -> None:
    if fitted.whole:
        return
    if partial and fitted.matched and not (fitted.left_over or fitted.reshaped):
        return
    raise WeightsError(
        f"{checkpoint.path} ({checkpoint.layout} layout) does not fit: {fitted.words(what)}. "
        f"{_advice(checkpoint, fitted, what)}"
    )


def _advice(checkpoint: Checkpoint, fitted: Fit, what: str) -> str:
    if what == "the network" and by_name()[checkpoint.layout].bottom_up:
        return "It finds all persons at once: start training from its backbone with --init"
    if CLASSES in fitted.left_over:
        return "It classifies images: start training from it with --init"
    gaps = fitted.matched and not (fitted.left_over or fitted.reshaped)
    if gaps and (what == "the backbone" or all(n.startswith(PREFIX) for n in fitted.missing)):
        return f"Name the network that it is of, or let the rest start random with {PARTIAL}"
    said = checkpoint.about
    if said is None or not said.backbone:
        return "Name the task and variant that it was trained for"
    return (
        f"It was trained for {said.name}: name that, with --set model.backbone={said.backbone} if "
        "the variant has another"
    )
