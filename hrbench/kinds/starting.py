"""What tasks of images have in common before their training: a backbone that may be timm's."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from hrbench.backbone import timm_weights
from hrbench.backbone.input import Input
from hrbench.backbone.timm_networks import BEGINS, is_of_timm, own_name, statistics
from hrbench.backbone.weights import Checkpoint
from hrbench.begun import provenance
from hrbench.begun.options import Options
from hrbench.engine.step import Plan
from hrbench.kinds.kind import Refusal
from hrbench.spec import ClassificationTask, ImageModel, ImageRecipe, LandmarkTask

RELEASED = "timm:"  # weights by timm's name


def read(path: Path, spec: LandmarkTask | ClassificationTask) -> Checkpoint:
    """Read a file of weights for a task's network; for a backbone of timm's, by timm's loader.

    Raises:
        WeightsError: it cannot be read, or is of another network.
    """
    model = spec.model
    if not is_of_timm(model.backbone):
        return provenance.read(path)
    pooled = isinstance(spec, ClassificationTask)
    return provenance.identified(
        timm_weights.read(path, model.backbone, model.input, pooled=pooled)
    )


def settled(model: ImageModel, options: Options, checkpoint: Checkpoint | None) -> list[str]:
    """Return the keys that say how images are normalised, where the task leaves it open.

    Given weights say it; else, of a backbone of timm's, the release that training starts from, or
    the backbone's name.
    """
    if model.mean is not None:
        return []
    about = None if checkpoint is None else checkpoint.about
    if about is not None and about.mean is not None and about.std is not None:
        given = Input(about.mean, about.std, "rgb")
    elif is_of_timm(model.backbone):
        given = statistics(_release(own_name(model.backbone), options))
    else:
        return []
    return [f"model.mean={list(given.mean)}", f"model.std={list(given.deviation)}"]


def _release(name: str, options: Options) -> str:
    """Return the name of the weights of a network of timm's: those named, or those of `--init`."""
    if options.init is None or not options.init.startswith(RELEASED):
        return name
    started = own_name(f"{BEGINS}{options.init.removeprefix(RELEASED)}")
    same = started.partition(".")[0] == name.partition(".")[0]
    return started if same else name


def refusals(model: ImageModel, recipe: ImageRecipe) -> Iterator[Refusal]:
    """Yield the keys of a recipe that only backbones of timm's have a use for."""
    if is_of_timm(model.backbone):
        return
    for key in ("layer_decay", "drop_path"):
        if getattr(recipe, key) is not None:
            words = (
                f"recipe.{key} is of timm's backbones, and '{model.backbone}' is none; leave it out"
            )
            yield (f"recipe.{key}", "model.backbone"), words


def planned(plan: Plan, recipe: ImageRecipe) -> Plan:
    """Return the plan of a training with what only recipes of images say."""
    return replace(plan, max_norm=recipe.max_norm or "none", layer_decay=recipe.layer_decay)
