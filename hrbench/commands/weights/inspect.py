"""What a checkpoint file is: its layout, its network, and whether that is a task's."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from hrbench import catalog
from hrbench.backbone.anatomy import Anatomy, anatomy
from hrbench.backbone.fitting import Fit
from hrbench.backbone.input import IMAGENET
from hrbench.backbone.registry import BACKBONES
from hrbench.backbone.weights import Checkpoint
from hrbench.begun import provenance
from hrbench.report.text_table import Table, terminal
from hrbench.road.given import weights_of
from hrbench.road.variants import fitted, fitting_variants, named

SHOWN = 8  # names of a kind, in the table; JSON has all


@dataclass(frozen=True, slots=True)
class Inspection:
    """A checkpoint, the network it is of, and its fit to one task if that was named."""

    checkpoint: Checkpoint
    anatomy: Anatomy
    variants: tuple[str, ...]  # task@variant whose network is of these shapes
    task: str | None
    fit: Fit | None
    other_outputs: str = ""  # in words, how its keypoints or classes are not the task's

    def content(self) -> dict[str, Any]:
        """Return everything, for JSON."""
        tensors, about = self.checkpoint.tensors, self.checkpoint.about
        return {
            "file": str(self.checkpoint.path),
            "origin": self.checkpoint.origin or None,
            "address": self.checkpoint.address or None,
            "sha256": self.checkpoint.sha256,
            "bytes": self.checkpoint.path.stat().st_size,
            "checked": self.checkpoint.checked,
            "layout": self.checkpoint.layout,
            "tensors": len(tensors),
            "parameters": _parameters(self.checkpoint),
            "dtypes": list(self.checkpoint.dtypes),
            "changes": list(self.checkpoint.changes),
            "backbone": list(self.anatomy.backbones),
            "input_channels": self.anatomy.input_channels,
            "head": self.anatomy.head,
            "keypoints": self.anatomy.keypoints,
            "classes": self.anatomy.classes,
            "branches": self.anatomy.branches,
            "preprocessing": _preprocessing(self.checkpoint, self.anatomy),
            "about": None if about is None else about.content(),
            "published": provenance.published(self.checkpoint),
            "variants": list(self.variants),
            "task": self.task,
            "fit": None if self.fit is None else _fit(self.fit),
            "other_outputs": self.other_outputs,
        }

    def text(self, width: int, *, colour: bool) -> str:
        """Return it as tables."""
        content = self.content()
        about = Table(str(self.checkpoint.path), ("", ""), tuple(self._facts(content)))
        tables = [about]
        if self.fit is not None:
            words = "fits" if self.fit.whole and not self.other_outputs else "does not fit"
            rows = tuple(_rows(self.fit))
            title = f"{words} {self.task}{self.other_outputs and f': {self.other_outputs}'}"
            tables.append(
                Table(title, ("", "tensors", "names"), rows, right=frozenset({"tensors"}))
            )
        return terminal(tables, width, colour=colour)

    def _facts(self, content: dict[str, Any]) -> Iterator[tuple[str, str]]:
        if self.checkpoint.origin:
            yield "fetched as", self.checkpoint.origin
            yield "from", self.checkpoint.address
        yield "layout", self.checkpoint.layout
        yield "SHA-256", self.checkpoint.sha256
        yield "checked", self.checkpoint.checked
        yield "tensors", f"{content['tensors']:,} ({content['parameters']:,} parameters)"
        yield "numbers", ", ".join(self.checkpoint.dtypes)
        yield "backbone", " = ".join(self.anatomy.backbones) or "none that is known here"
        if self.anatomy.input_channels is not None:
            yield "input", f"{self.anatomy.input_channels} planes"
        if self.anatomy.keypoints is not None:
            branches = (
                f", of {self.anatomy.branches} branches" if self.anatomy.branches != 1 else ""
            )
            yield "head", f"{self.anatomy.head} of {self.anatomy.keypoints} keypoints{branches}"
        else:
            yield "head", f"{self.anatomy.classes or ''} {self.anatomy.head}".strip()
        if content["preprocessing"]:
            yield "image", _image_words(content["preprocessing"])
        if (about := self.checkpoint.about) is not None:
            synthetic = ", of hrbench's synthetic set" if about.synthetic else ""
            yield "trained for", f"{about.name}, from {about.init}"
            yield "trained on", ", ".join(about.seen_datasets) + synthetic
        for row in content["published"]:
            figure = f"{row['metric']} {row['value']} {row['unit']} on {row['split']}"
            yield "published", f"{row['file']}: {figure} ({row['licence'] or 'no licence read'})"
        yield from (("note", words) for words in self.checkpoint.changes)
        yield "network of", ", ".join(self.variants) or "no variant of a task here"


def inspect(file: str | Path, task: str | None = None) -> Inspection:
    """Return what a checkpoint is, and how it fits a task.

    Raises:
        HrbenchError: it cannot be read, or there is no such task.
    """
    checkpoint = weights_of(str(file)).read(spec=None if task is None else named(task)[0])
    parts = anatomy(checkpoint.tensors, checkpoint.backbone)
    variants = tuple(fitting_variants(checkpoint, parts))
    if task is None:
        return Inspection(checkpoint, parts, variants, None, None)
    chosen = _named(task, variants)
    spec, dataset = named(chosen)
    other = provenance.other_outputs(checkpoint.about, dataset)
    fit = fitted(checkpoint, spec, dataset)
    return Inspection(checkpoint, parts, variants, chosen, fit, other)


def _named(task: str, variants: tuple[str, ...]) -> str:
    """Return a task with a variant: the first that the network is of, or the task's default."""
    if "@" in task or task.endswith(".toml"):
        return task
    known = [name for name in variants if name.startswith(f"{task}@")]
    return (known or [f"{task}@{catalog.variants(task)[0]}"])[0]


def color_of(checkpoint: Checkpoint) -> str | None:
    """Return the order of an image's planes: what the file or its run says, or the layout's."""
    before = checkpoint.about
    return (before and before.color) or checkpoint.color


def _parameters(checkpoint: Checkpoint) -> int:
    counters = ("running_mean", "running_var", "num_batches_tracked")
    return sum(t.numel() for n, t in checkpoint.tensors.items() if not n.endswith(counters))


def _preprocessing(checkpoint: Checkpoint, parts: Anatomy) -> dict[str, Any] | None:
    """Return what an image goes through before such a network; None for what takes no image."""
    if parts.input_channels is None:
        return None
    about = checkpoint.about
    known = BACKBONES.get(parts.backbones[0]) if parts.backbones else None
    given = IMAGENET if known is None else known.input
    if about is not None and about.mean is not None and about.std is not None:
        given = replace(given, mean=about.mean, deviation=about.std)
    return {
        "color": color_of(checkpoint),
        "divided_by": 255,
        "mean": given.mean,
        "std": given.deviation,
    }


def _image_words(preprocessing: dict[str, Any]) -> str:
    mean, std = (" ".join(map(str, preprocessing[key])) for key in ("mean", "std"))
    color = (preprocessing["color"] or "").upper() or "colours as model.color says"
    return f"{color} / 255, mean {mean}, std {std}, in this order"


def _fit(fit: Fit) -> dict[str, Any]:
    return {
        "whole": fit.whole,
        "matched": list(fit.matched),
        "missing": list(fit.missing),
        "left_over": list(fit.left_over),
        "reshaped": [
            {"name": name, "file": list(theirs), "network": list(ours)}
            for name, theirs, ours in fit.reshaped
        ],
    }


def _rows(fit: Fit) -> Iterator[tuple[str, str, str]]:
    reshaped = [f"{n} {tuple(theirs)} for {tuple(ours)}" for n, theirs, ours in fit.reshaped]
    yield "matched", str(len(fit.matched)), ""
    kinds = (("missing", fit.missing), ("left over", fit.left_over), ("reshaped", reshaped))
    for kind, names in kinds:
        shown = "\n".join(names[:SHOWN]) + ("\n…" if len(names) > SHOWN else "")
        yield kind, str(len(names)), shown
