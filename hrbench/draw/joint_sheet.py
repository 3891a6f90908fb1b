"""A few frames of a lifting run: the keypoints, and the joints found from them, from two sides.

Letters: F frames, J joints. A view has x to the right and y down, as the camera has them.
"""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from hrbench.arrays import Floats, Pixels
from hrbench.draw.drawing import (
    DARK,
    LEFT,
    MIDDLE,
    RIGHT,
    WHITE,
    Color,
    color,
    dot,
    limb_color,
    line,
)
from hrbench.metrics.joint_errors import mpjpe

Edges = Sequence[tuple[int, int]]

PANEL = 260  # pixels, of a view's square
GAP = 6  # pixels of white around it
WIDE = PANEL + 2 * GAP
SHARE = 0.8  # of a view: how far what it shows extends
BAND = 26  # pixels: the height of a line of words
TRUTH = (165, 165, 165)
FRAME = (225, 225, 225)
LETTERS = 0.42  # of OpenCV's font size
LIMB, JOINT = 2, 3.5  # pixels: width and radius
BAR = 500  # mm, shown as a line
TALL = 2000.0  # mm, that a view of a frame alone shows at least
FRONT, SIDE = [0, 1], [2, 1]  # the axes that run to the right and down
HEADS = ("keypoints given", "joints, as the camera sees them", "joints, from the camera's right")
LEGEND = {"left": LEFT, "right": RIGHT, "middle": DARK, "truth": TRUTH}


def sheet(
    keypoints: NDArray[np.floating],
    joints: NDArray[np.floating],
    predicted: NDArray[np.floating] | None,
    edges: Edges,
    sides: Sequence[str],
    titles: Sequence[str],
) -> Pixels:
    """Return a BGR picture with a row for each frame.

    A row has the keypoints, and the true joints in grey below the predicted ones, as the camera
    sees them and from its right, where what is farther away is to the right. All views of joints
    have one scale, that of the largest true pose; a prediction far off may lie outside.

    Args:
        keypoints: (F, J, 2) pixels.
        joints: (F, J, 3) mm in the camera's frame, from the hip.
        predicted: (F, J, 3) likewise; their mean distance is written above the row. None: the
            true ones are drawn in colours.
        edges: positions of the ends of limbs.
        sides: of each joint 'left', 'right' or something else; a name that says so will do.
        titles: what each frame is called.
    """
    factor = SHARE * PANEL / max(float(np.ptp(joints, axis=1).max(initial=0)), 1.0)
    rows = [legend(factor)]
    answers = joints if predicted is None else predicted
    for points, truth, answer, title in zip(keypoints, joints, answers, titles, strict=True):
        error = "" if predicted is None else f": MPJPE {mpjpe(answer[None], truth[None])[0]:.0f} mm"
        middle = midpoint(truth)
        seen, given = (answer - middle) * factor, (truth - middle) * factor
        shown = [
            keypoint_view(points, edges, sides),
            *(joint_view(given[:, side], seen[:, side], edges, sides) for side in (FRONT, SIDE)),
        ]
        rows += [heading(f"{title}{error}"), np.hstack([framed(view) for view in shown])]
    return np.vstack(rows)


def views(
    keypoints: NDArray[np.floating], joints: Floats, edges: Edges, names: Sequence[str]
) -> Pixels:
    """Return a row of one frame: (J, 2) keypoints, (J, 3) joints from the camera and its right."""
    return np.ascontiguousarray(np.hstack(panels(keypoints, joints, edges, names)))


def panels(
    keypoints: NDArray[np.floating], joints: Floats, edges: Edges, names: Sequence[str]
) -> list[Pixels]:
    """Return the pictures of such a row, as `HEADS` calls them."""
    factor = SHARE * PANEL / max(TALL, float(np.ptp(joints, axis=0).max()))
    seen = (joints - midpoint(joints)) * factor
    shown = [
        keypoint_view(keypoints, edges, names),
        *(joint_view(seen[:, side], seen[:, side], edges, names) for side in (FRONT, SIDE)),
    ]
    return [framed(view) for view in shown]


def keypoint_view(keypoints: NDArray[np.floating], edges: Edges, sides: Sequence[str]) -> Pixels:
    """Return a view of (J, 2) keypoints, scaled to fill it; of those that are NaN nothing."""
    canvas, known = blank(PANEL, PANEL), keypoints[there(keypoints)]
    if len(known):
        factor = SHARE * PANEL / max(float(np.ptp(known, axis=0).max()), 1.0)
        places = (keypoints - midpoint(known)) * factor
        skeleton(canvas, places, edges, [color(side) for side in sides])
    return canvas


def joint_view(truth: Floats, joints: Floats, edges: Edges, sides: Sequence[str]) -> Pixels:
    """Return a view of (J, 2) joints in pixels from its middle, with the truth below them."""
    canvas = blank(PANEL, PANEL)
    skeleton(canvas, truth, edges, [TRUTH] * len(truth))
    skeleton(canvas, joints, edges, [color(side) for side in sides])
    return canvas


def skeleton(canvas: Pixels, places: Floats, edges: Edges, colors: Sequence[Color]) -> None:
    """Draw limbs and joints at (J, 2) places in pixels from the middle of a canvas."""
    places, known = places + (PANEL - 1) / 2, there(places)
    for start, end in edges:
        if known[start] and known[end]:
            shade = ink(limb_color(colors[start], colors[end]))
            line(canvas, places[start], places[end], shade, LIMB)
    for index in np.flatnonzero(known).tolist():
        dot(canvas, places[index], ink(colors[index]), JOINT)


def there(places: NDArray[np.floating]) -> NDArray[np.bool_]:
    """Return which of (J, 2) places are known: detections may lack a joint."""
    return np.asarray(np.isfinite(places).all(axis=1))


def ink(shade: Color) -> Color:
    """Return what is seen on white: dark for the colour of what has no side."""
    return DARK if shade == MIDDLE else shade


def midpoint(places: NDArray[np.floating]) -> Floats:
    """Return the middle of the box around (J, D) places."""
    return np.asarray((places.min(axis=0) + places.max(axis=0)) / 2, dtype=np.float64)


def legend(factor: float) -> Pixels:
    """Return the lines above all rows: what colours and columns are, and the scale of joints."""
    colors = blank(BAND, len(HEADS) * WIDE)
    place = GAP
    for name, shade in LEGEND.items():
        start, stop = np.array([place, BAND / 2]), np.array([place + 24, BAND / 2])
        line(colors, start, stop, shade, 2 * LIMB)
        place = write(colors, name, place + 30) + 18
    left, right, y = 2.0 * WIDE + GAP, 2.0 * WIDE + GAP + BAR * factor, BAND / 2
    ticks = (((x, y - 4), (x, y + 4)) for x in (left, right))
    for one, other in (((left, y), (right, y)), *ticks):
        line(colors, np.array(one), np.array(other), DARK, 1)
    write(colors, f"{BAR} mm", round(right) + 8)
    heads = blank(BAND, len(HEADS) * WIDE)
    for column, head in enumerate(HEADS):
        write(heads, head, column * WIDE + GAP)
    return np.vstack([colors, heads])


def heading(words: str) -> Pixels:
    """Return the line above a row."""
    canvas = blank(BAND, len(HEADS) * WIDE)
    write(canvas, words, GAP)
    return canvas


def write(canvas: Pixels, words: str, x: int) -> int:
    """Write words into a line from x pixels on; return where they end."""
    font = cv2.FONT_HERSHEY_SIMPLEX
    cv2.putText(canvas, words, (x, BAND - 8), font, LETTERS, DARK, 1, cv2.LINE_AA)
    return x + int(cv2.getTextSize(words, font, LETTERS, 1)[0][0])


def framed(view: Pixels) -> Pixels:
    """Return a view with a thin line and white around it."""
    view[[0, -1]] = FRAME
    view[:, [0, -1]] = FRAME
    return np.pad(view, ((0, GAP), (GAP, GAP), (0, 0)), constant_values=WHITE[0])


def blank(height: int, width: int) -> Pixels:
    """Return a white picture."""
    return np.full((height, width, 3), WHITE, dtype=np.uint8)
