"""Checkpoints in the layouts they are published in, brought to our names and loaded loudly.

`backbone.layouts` says which layout a file is in and what its tensors are called here; every
load is strict after it.
"""

import hashlib
import pickle
import struct
import warnings
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from torch import Tensor, nn

from hrbench.backbone import unpickling
from hrbench.backbone.layouts import layout_of
from hrbench.errors import WeightsError

# Keys under which training scripts put the network beside optimisers and counters.
WRAPPERS = ("network", "state_dict", "model", "model_pos")
DATA_PARALLEL = "module."
# What torch.load raises on a file that is no checkpoint, or a part of one.
DAMAGED = (
    *(RuntimeError, ValueError, LookupError, EOFError, AttributeError, TypeError, AssertionError),
    *(struct.error, pickle.UnpicklingError, zipfile.BadZipFile),
)
CLASSES = "head.classifier.weight"  # only a network that classifies has it


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A file's tensors under our names."""

    path: Path
    layout: str  # hrbench | pose | face | classification | videopose3d | martinez
    tensors: dict[str, Tensor]
    sha256: str  # of the file


def read(path: Path) -> Checkpoint:
    """Return the tensors of a checkpoint file; its code, if it has any, is not run.

    Raises:
        WeightsError: there is none, it holds no tensors, or its layout is not known.
    """
    try:
        sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # torch's, on files that are refused below
            content = unpickling.load(path)
    except FileNotFoundError as error:
        raise WeightsError(f"{path} does not exist; --weights and --init take a file") from error
    except OSError as error:
        raise WeightsError(f"{path} cannot be read: {error.strerror}") from error
    except DAMAGED as error:
        raise WeightsError(
            f"{path} is not a whole checkpoint of tensors (a download page saved under that "
            "name, a truncated file, or one that would run code); fetch it again"
        ) from error
    tensors = _unwrapped(content, path)
    spoilt = [n for n, t in tensors.items() if t.is_floating_point() and not t.isfinite().all()]
    if spoilt:
        raise WeightsError(
            f"{path} has NaN or infinity in {len(spoilt)} tensors ({spoilt[0]}); the training "
            "that wrote it had diverged"
        )
    layout = layout_of(tensors)
    if layout is None:
        some = ", ".join(list(tensors)[:3])
        raise WeightsError(f"{path} is in no layout that is known here; its names begin {some}")
    named = {layout.ours(name): tensor for name, tensor in tensors.items()}
    return Checkpoint(path, layout.name, named, sha256)


def load_network(checkpoint: Checkpoint, network: nn.Module) -> None:
    """Load every tensor of a network.

    Raises:
        WeightsError: a tensor is missing, left over or of another shape.
    """
    _require_match(checkpoint, checkpoint.tensors, network.state_dict(), "the network")
    network.load_state_dict(checkpoint.tensors)


def load_backbone(checkpoint: Checkpoint, backbone: nn.Module) -> list[str]:
    """Load every tensor of a backbone; return the names of the file that were not for it.

    Those are the file's head, and layers that only feed branches which this backbone does
    not have.

    Raises:
        WeightsError: a tensor of the backbone is missing or of another shape.
    """
    wanted = backbone.state_dict()
    prefix = "backbone."
    ours = {
        k.removeprefix(prefix): v for k, v in checkpoint.tensors.items() if k.startswith(prefix)
    }
    extra = [name for name in ours if name not in wanted]
    # The last module of stage 4 fuses only to the branches that leave it.
    unexpected = [name for name in extra if not name.startswith("stage4.") or "fuse" not in name]
    matching = {
        name: tensor for name, tensor in ours.items() if name in wanted or name in unexpected
    }
    _require_match(checkpoint, matching, wanted, "the backbone")
    backbone.load_state_dict(matching)
    head = [name for name in checkpoint.tensors if not name.startswith(prefix)]
    return head + [prefix + name for name in extra]


def digest(network: nn.Module) -> str:
    """Return the SHA-256 of a network's tensors with their names, in their order."""
    sha256 = hashlib.sha256()
    for name, tensor in network.state_dict().items():
        sha256.update(name.encode())
        sha256.update(tensor.detach().cpu().contiguous().numpy().tobytes())
    return sha256.hexdigest()


def _unwrapped(content: object, path: Path) -> dict[str, Tensor]:
    for key in WRAPPERS:
        if isinstance(content, Mapping) and isinstance(content.get(key), Mapping):
            content = content[key]
    tensors = {}
    if isinstance(content, Mapping):
        tensors = {str(k): v for k, v in content.items() if isinstance(v, Tensor)}
    if not tensors:
        raise WeightsError(f"{path} holds no tensors by name; it is no checkpoint of a network")
    if all(name.startswith(DATA_PARALLEL) for name in tensors):
        tensors = {name.removeprefix(DATA_PARALLEL): t for name, t in tensors.items()}
    return tensors


def _require_match(
    checkpoint: Checkpoint,
    tensors: Mapping[str, Tensor],
    wanted: Mapping[str, Tensor],
    whole: str,
) -> None:
    missing = [name for name in wanted if name not in tensors]
    extra = [name for name in tensors if name not in wanted]
    reshaped = [n for n in wanted if n in tensors and tensors[n].shape != wanted[n].shape]
    if not (missing or extra or reshaped):
        return
    matched = len(wanted) - len(missing) - len(reshaped)
    parts = [f"{matched} of {len(wanted)} tensors of {whole} match"]
    if reshaped:
        name = reshaped[0]
        theirs, ours = tuple(tensors[name].shape), tuple(wanted[name].shape)
        parts.append(f"{len(reshaped)} have another shape ({name}: file {theirs}, network {ours})")
    parts += [
        f"{len(names)} are {what} ({names[0]})"
        for names, what in ((missing, "missing"), (extra, "left over"))
        if names
    ]
    advice = "Name the task and variant that it was trained for"
    if CLASSES in tensors and CLASSES not in wanted:
        advice = "It classifies images: start training from it with --init"
    raise WeightsError(
        f"{checkpoint.path} ({checkpoint.layout} layout) does not fit: {'; '.join(parts)}. {advice}"
    )
