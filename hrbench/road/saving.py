"""A network's tensors written as a file, with what is known of them."""

import os
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import save_file
from torch import Tensor

from hrbench.backbone import about
from hrbench.backbone.contents import LAYOUT, TENSORS, hashed
from hrbench.backbone.weights import Checkpoint
from hrbench.errors import WeightsError

SAFETENSORS = ".safetensors"  # how the name of such a file ends; of others torch writes them


def save(tensors: dict[str, Tensor], target: Path, checkpoint: Checkpoint, *, plain: bool) -> None:
    """Write a checkpoint's tensors, by the names they are to have; a whole file or none.

    `plain`: without what is known of them, as where the names are not ours.

    Raises:
        WeightsError: it cannot be written.
    """
    if not target.parent.is_dir():
        raise WeightsError(f"-o {target}: there is no folder {target.parent}")
    draft = target.with_name(f".{target.name}.{os.getpid()}")
    said = {} if plain else {LAYOUT: checkpoint.layout}
    known = checkpoint.about
    try:
        draft.touch()  # the libraries below say less well why they cannot
        mode = draft.stat().st_mode  # safetensors lets nobody else read it
        if target.suffix == SAFETENSORS:
            words = {} if known is None else {about.KEY: known.text()}
            save_file(tensors, draft, {"format": "pt", TENSORS: hashed(tensors)} | said | words)
        else:
            content = {} if known is None else {about.KEY: known.content()}
            torch.save(tensors if plain else {**said, **content, "network": tensors}, draft)
        draft.chmod(mode)
        draft.replace(target)
    except (OSError, RuntimeError, SafetensorError) as error:
        draft.unlink(missing_ok=True)
        reason = getattr(error, "strerror", None) or str(error).splitlines()[0]
        raise WeightsError(f"-o {target} cannot be written: {reason}") from error
