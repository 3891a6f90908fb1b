"""What a checkpoint of hrbench's says of its network beside the tensors."""

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

KEY = "hrbench.about"  # in the dictionary of a .pt, as JSON in the metadata of a safetensors file
SPELLING = re.compile(r"[\W_]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """Where weights come from, and what their outputs mean."""

    task: str
    variant: str
    outputs: tuple[str, ...]  # names of keypoints, joints or classes, in the network's order
    color: str | None  # the order of an image's planes; None for what takes no image
    seen_datasets: tuple[str, ...]  # "dataset/split", of the training and of what it began with
    init: str  # what the training started from
    synthetic: bool = False  # those data sets were hrbench's own
    backbone: str = ""  # its name, where it has one
    mean: tuple[float, float, float] | None = None  # of images, where they are not the backbone's
    std: tuple[float, float, float] | None = None
    division: str = ""  # how the images were chosen that it was not trained on, where a seed did

    @property
    def name(self) -> str:
        """The task and its variant, as `hrbench run` takes them."""
        return f"{self.task}@{self.variant}" if self.variant else self.task

    def content(self) -> dict[str, Any]:
        """Return it as plain values, which torch.load builds without any code."""
        content: dict[str, Any] = json.loads(self.text())  # lists in place of tuples
        return content

    def text(self) -> str:
        """Return it as JSON."""
        return json.dumps(asdict(self), ensure_ascii=False)


def read(content: object) -> About | None:
    """Return what `content` or `text` of an `About` was; None for anything else."""
    try:
        said = json.loads(content) if isinstance(content, str) else content
        if not isinstance(said, Mapping):
            return None
        outputs, seen = (tuple(map(str, said[key])) for key in ("outputs", "seen_datasets"))
        return About(
            task=str(said["task"]),
            variant=str(said["variant"]),
            outputs=outputs,
            color=said["color"] if said["color"] in {"rgb", "bgr"} else None,
            seen_datasets=seen,
            init=str(said["init"]),
            synthetic=said.get("synthetic") is True,
            division=str(said.get("division", "")),
            backbone=str(said.get("backbone", "")),
            mean=_colors(said.get("mean")),
            std=_colors(said.get("std")),
        )
    except (ValueError, KeyError, TypeError):
        return None


def _colors(said: Any) -> tuple[float, float, float] | None:
    if said is None:
        return None
    red, green, blue = map(float, said)
    return red, green, blue


def same(ours: tuple[str, ...], theirs: tuple[str, ...]) -> bool:
    """Whether two lists name the same outputs: left_eye is Left-Eye, and leftEye."""
    spelled = [[SPELLING.sub("", name).lower() for name in names] for names in (ours, theirs)]
    return spelled[0] == spelled[1]
