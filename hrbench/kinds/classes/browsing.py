"""Pictures to be looked at: whole, and the parts that a training takes of them."""

from typing import Any

import numpy as np

from hrbench.data.image_crops import read_rgb
from hrbench.draw.browsed import EPOCHS, Browsed, Shown
from hrbench.kinds.classes.task import Classification

PARTS = (
    "Of an epoch is shown what the network gets there: a part of the picture, resized, and perhaps "
    "mirrored. Its target is the class."
)


def browsed(task: Classification) -> Browsed:
    """Return the pictures that a task of classes is trained on."""
    feed: Any = task.parts().feed
    pictures, names = feed.pictures, list(task.dataset.classes.values())

    def show(row: int) -> Shown:
        path, name = pictures.images[row], names[int(pictures.labels[row])]
        shown = {name: np.asarray(read_rgb(path))[..., ::-1]}
        for epoch in EPOCHS:
            batch = next(feed.batches([np.array([row])], epoch, workers=0, pin=False))
            shown[f"epoch {epoch + 1}: {name}"] = batch.images[0].numpy()[..., ::-1]
        return Shown(str(pictures.ids[row]), f"{path.parent.name}/{path.name}", shown)

    def called(name: str) -> list[int]:
        return np.flatnonzero(pictures.ids.astype(str) == name).tolist()

    return Browsed(len(pictures), "pictures", called, show, (PARTS,))
