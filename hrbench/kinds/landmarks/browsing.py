"""Persons, faces or objects to be looked at: annotated, cut as in a training, with their maps."""

import numpy as np

from hrbench.data.framing import picture
from hrbench.data.images import read_image
from hrbench.draw import annotated_points, landmark_sheets
from hrbench.draw.browsed import EPOCHS, Browsed, Shown
from hrbench.kinds.landmarks.task import Landmarks
from hrbench.lints.swapped_sides import suspects

SIDES = "Left is orange, right is blue, what has no side is green."
NUMBERS = "As annotated, each keypoint has its number, from 1 in the order of the dataset's file."
CROPS = (
    "Of an epoch is shown what the network gets there: the crop with its augmentation, the "
    "keypoints that count in it, and in red its targets."
)
WHY = "left and right are probably swapped"


def browsed(task: Landmarks) -> Browsed:
    """Return what a task of keypoints is trained on; whose sides may be swapped is odd."""
    feed, dataset = task.crops(task.pixels.cutting), task.dataset
    people, codec = feed.people, task.pixels.codec
    pairs, edges = dataset.indices(dataset.flip_pairs), dataset.indices(dataset.edges)
    colors = annotated_points.colors_of(dataset.keypoints, pairs)
    size = annotated_points.size_of(len(dataset.keypoints))

    def show(row: int) -> Shown:
        image, visible = int(people.image[row]), people.visible[row]
        pixels = picture(people, image, read_image)
        drawn = annotated_points.tile(pixels, people.keypoints[row], visible, colors, edges, size)
        pictures = {"as annotated": drawn}
        for epoch in EPOCHS:
            batch = next(feed.batches([np.array([row])], epoch, workers=0, pin=False))
            for words, parts in (("", {"heat": False}), (", its targets", {"points": False})):
                (tile,) = landmark_sheets.crops(dataset, batch, codec, **parts)
                pictures[f"epoch {epoch + 1}{words}"] = landmark_sheets.trimmed(tile, batch)
        return Shown(str(people.ids[row]), people.images[image].name, pictures)

    return Browsed(
        count=len(people),
        what="annotations",
        called=lambda name: np.flatnonzero(people.ids.astype(str) == name).tolist(),
        show=show,
        key=(SIDES, NUMBERS, CROPS),
        odd=np.flatnonzero(suspects(people.keypoints, people.visible, pairs).objects),
        why=WHY,
    )
