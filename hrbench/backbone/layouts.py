"""What published checkpoints call their tensors, and what they are called here.

Ours are `backbone.` and the official names, then `head.` and the head's own.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Layout:
    """How one release names the tensors of its networks."""

    name: str
    marks: tuple[str, ...]  # its files have names that begin with each of these
    beginnings: Mapping[str, str]  # theirs, and ours instead; of those that fit, the first

    def ours(self, name: str) -> str:
        """Return what a tensor of this layout is called here."""
        begins = next(theirs for theirs in self.beginnings if name.startswith(theirs))
        return self.beginnings[begins] + name.removeprefix(begins)

    def fits(self, names: Collection[str]) -> bool:
        """Return whether a file with these names is in this layout."""
        return all(any(name.startswith(mark) for name in names) for mark in self.marks)


OURS = {"": ""}
BACKBONE = {"": "backbone."}
HEAD = {"": "head."}

POSE = Layout("pose", ("conv1.", "stage4."), {"final_layer.": "head.score."} | BACKBONE)
FACE = Layout(
    "face",
    ("conv1.", "stage4.", "head.3."),
    {"head.0.": "head.mix.0.", "head.1.": "head.mix.1.", "head.3.": "head.score."} | BACKBONE,
)
CLASSIFICATION = Layout(
    "classification",
    ("conv1.", "stage4.", "classifier."),
    {
        part: f"head.{part}"
        for part in ("incre_modules.", "downsamp_modules.", "final_layer.", "classifier.")
    }
    | BACKBONE,
)
VIDEOPOSE3D = Layout("videopose3d", ("expand_conv.", "shrink."), HEAD)
MARTINEZ = Layout("martinez", ("w1.", "batch_norm1.", "w2."), HEAD)

# In this order: what a pose network has, the other two have as well.
LAYOUTS = (
    *(Layout("hrbench", (mark,), OURS) for mark in ("backbone.", "head.expand_conv.", "head.w1.")),
    *(CLASSIFICATION, FACE, POSE),
    *(VIDEOPOSE3D, MARTINEZ),
)


def layout_of(names: Collection[str]) -> Layout | None:
    """Return the layout of a file with these names; None if it is not known."""
    return next((layout for layout in LAYOUTS if layout.fits(names)), None)
