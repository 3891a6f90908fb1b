"""Weights that timm's networks were released with, put in place by timm's own loader.

It knows what older releases called their tensors, and resamples positions to another size of
images. A tensor that is missing, or left over, is refused by it.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from hrbench.backbone import contents, weights, wrappers
from hrbench.backbone.layouts import TIMM
from hrbench.backbone.timm_networks import TimmBackbone, TimmPooled, created, own_name
from hrbench.backbone.weights import Checkpoint
from hrbench.errors import WeightsError

MISFITS = (RuntimeError, LookupError, TypeError, ValueError, AttributeError, AssertionError)
AVERAGES = ("state_dict_ema", "model_ema")  # that timm takes before the network itself
NETWORKS = (*AVERAGES, "state_dict", "model")  # of several, the first
LONGEST = 160  # letters of what timm says


def read(path: Path, backbone: str, size: tuple[int, int], *, pooled: bool) -> Checkpoint:
    """Return the tensors of a file under our names for a backbone of timm's.

    A file of hrbench's own is read as any other. What the backbone does not have is the head's.

    Args:
        path: of the file, or of a run's folder.
        backbone: as a spec names it.
        size: height and width of the images, which positions are resampled to.
        pooled: whether it is read for classes, with the layer that tells them.

    Raises:
        WeightsError: it cannot be read, or is of another network.
    """
    path = path / weights.BEST if (path / weights.BEST).is_file() else path
    content = contents.read(path)
    found = wrappers.parts(content.held)
    if content.about is not None or any(part.layout.name == "hrbench" for part in found):
        return weights.read(path)
    key, stored = _taken(content.held, path)
    model = _loaded(stored, path, own_name(backbone), size)
    weights.require_finite(stored, path)
    full: Mapping[str, Tensor] = model.state_dict()
    names = _ours(full, backbone, size, _classifier(model) if pooled else "")
    absent = set(full) - set(stored) if set(stored) <= set(full) else set()
    dtypes = Counter(weights.name_of(t.dtype) for t in stored.values() if t.is_floating_point())
    return Checkpoint(
        path,
        TIMM.name,
        {names[name]: tensor for name, tensor in full.items() if name not in absent},
        content.sha256,
        changes=(
            *([f"Taken are the weights in {key}, as timm does."] if key in AVERAGES else []),
            *weights.single(stored)[1],
            *_resampled(stored, full, model.pretrained_cfg, size),
        ),
        dtypes=tuple(name for name, _ in dtypes.most_common()),
        checked=content.checked,
        theirs={ours: name for name, ours in names.items()},
    )


def _taken(held: object, path: Path) -> tuple[str, dict[str, Tensor]]:
    """Return the tensors that timm takes of what a file holds, and the key that they lie under.

    timm is not given the file: versions of it run the code of one.
    """
    import timm  # noqa: PLC0415  takes seconds, and is an extra

    whole = held if isinstance(held, Mapping) else {}
    key = next((key for key in NETWORKS if whole.get(key) is not None), "")
    inside = wrappers.named(whole[key] if key else whole)
    stored = timm.models.clean_state_dict(inside)
    if not stored or not all(isinstance(value, Tensor) for value in stored.values()):
        raise WeightsError(f"{path} {contents.without_network(held)}")
    return key, stored


def _loaded(stored: Mapping[str, Tensor], path: Path, name: str, size: Sequence[int]) -> Any:
    """Return a network with its head that timm has put a file's tensors into."""
    import timm  # noqa: PLC0415

    try:
        classes = _classes(stored, timm.models.get_pretrained_cfg(name))
        overlay = {"state_dict": dict(stored), "custom_load": False, "num_classes": classes}
        return created(
            name, size, pretrained=True, pretrained_cfg_overlay=overlay, num_classes=classes
        )
    except MISFITS as error:
        said = " ".join(str(error).split()).removeprefix("Error(s) in loading state_dict for ")
        raise WeightsError(f"{path} is not of timm's {name}: {said[:LONGEST]}") from error


def _classes(stored: Mapping[str, Tensor], known: Any) -> int:
    """Return how many classes a file's network tells apart; 0 where it has no such layer."""
    layer = _first(known.classifier)
    if f"{layer}.weight" in stored:
        return len(stored[f"{layer}.weight"])
    named_otherwise = layer and any(name.startswith(layer.partition(".")[0]) for name in stored)
    return int(known.num_classes) if named_otherwise else 0


def _classifier(model: Any) -> str:
    return _first(model.pretrained_cfg.get("classifier"))


def _first(layers: str | Sequence[str] | None) -> str:
    return layers if isinstance(layers, str) else next(iter(layers or ("",)))


def _ours(
    full: Mapping[str, Tensor], backbone: str, size: tuple[int, int], classifier: str
) -> dict[str, str]:
    """Return what a network's tensors are called here: the head's are what a backbone lacks."""
    make = TimmPooled if classifier else TimmBackbone
    with torch.device("meta"):
        kept = make(own_name(backbone), size).state_dict()
    told = {f"{classifier}.{part}": f"head.classifier.{part}" for part in ("weight", "bias")}
    inside = {name: f"backbone.model.{name}" for name in full if f"model.{name}" in kept}
    return {name: f"head.{name}" for name in full} | (told if classifier else {}) | inside


def _resampled(
    stored: Mapping[str, Tensor],
    full: Mapping[str, Tensor],
    known: Mapping[str, Any],
    size: tuple[int, int],
) -> list[str]:
    """Say which tensors of a file were brought to another shape, as positions are."""
    changed = [
        f"{name} {tuple(stored[name].shape)} to {tuple(tensor.shape)}"
        for name, tensor in full.items()
        if name in stored and stored[name].shape != tensor.shape
    ]
    if not changed:
        return []
    more = f" and {len(changed) - 1} more" if changed[1:] else ""
    sizes = "{} x {} pixels, and not {} x {}".format(*size, *known["input_size"][-2:])
    return [f"timm has resampled {changed[0]}{more}: for images of {sizes}."]
