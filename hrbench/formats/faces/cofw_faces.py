"""COFW's faces; `readers.cofw` opens the files and knows the images inside of them."""

from pathlib import Path

import numpy as np

from hrbench.data.cofw import damage_in_words, keys, opened
from hrbench.data.inspect import stated
from hrbench.formats.faces.tables import Examined, examined_points

PER_POINT = 3  # numbers: all x, then all y, then whether each is occluded


def examined(path: Path, num_keypoints: int, *, counted_from: int) -> Examined:
    """Return the faces of COFW_train_color.mat or COFW_test_color.mat, and what is wrong with it.

    The file has no crops; they follow from the points. Occluded points count like others.

    Raises:
        DataError: it cannot be read, or lacks the arrays of such a file.
    """
    with damage_in_words(path):
        file = opened(path)
        image_key, point_key = keys(file, path)
        count, found = file[image_key].size, file[point_key]
        numbers = np.asarray(found) if found.dtype.kind in "fiu" else None
    if numbers is None or numbers.ndim != 2:
        return None, [stated(f"'{point_key}' is no table of numbers")]
    width = PER_POINT * num_keypoints
    if len(numbers) != width:
        words = f"not the {width} of {num_keypoints} points"
        return None, [stated(f"'{point_key}' has {len(numbers)} numbers a face, {words}")]
    if numbers.shape[1] != count:
        words = f"{count} images in '{image_key}', {numbers.shape[1]} faces in '{point_key}'"
        return None, [stated(words)]
    if not count:
        return None, [stated("there is no face in it")]
    x, y, _ = numbers.astype(np.float64).reshape(PER_POINT, num_keypoints, count)
    points = np.stack([x.T, y.T], axis=2)
    places = [f"face {row}" for row in range(count)]
    return examined_points(places, [path / str(row) for row in range(count)], points, counted_from)
