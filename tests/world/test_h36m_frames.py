from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from hrbench.world.h36m.files import Frame, kept
from hrbench.world.h36m.frames import count, draw_frame, find, paint_set
from hrbench.world.h36m.studio import cameras, human36m, length, motion, takes

SIZE = (192, 256)
SEED, NUMBER = 3, 60
Drawn = tuple[Frame, NDArray[np.float64]]


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> list[Drawn]:
    """Frames of all subjects and cameras with (H, W) by how much each differs from its set."""
    folder = tmp_path_factory.mktemp("images")
    result = []
    for number in np.linspace(0, count(SEED, "train") - 1, NUMBER).astype(int).tolist():
        shot = find(SEED, "train", number)
        (folder / shot.file).parent.mkdir(parents=True)
        frame = draw_frame(folder, "train", SEED, SIZE, number)
        image = cv2.imread(str(folder / shot.file))
        assert image is not None
        assert image.shape == (*SIZE, 3)
        empty = paint_set(shot, SEED, SIZE, cameras(SEED, shot.take.subject, SIZE)[shot.camera])
        result.append((frame, np.abs(image.astype(float) - empty).sum(axis=2)))
    return result


def test_frames_are_counted_through_all_videos() -> None:
    first, second = takes("test")[:2]
    frames = length(SEED, first)
    shots = [find(SEED, "test", number) for number in (0, frames - 1, frames, 4 * frames)]
    assert [(shot.take, shot.camera, shot.frame) for shot in shots] == [
        *((first, 0, 0), (first, 0, frames - 1), (first, 1, 0), (second, 0, 0))
    ]
    assert shots[1].file == (
        f"S9/S9_Directions_1.54138969/S9_Directions_1.54138969_{frames:06d}.jpg"
    )
    assert find(SEED, "test", count(SEED, "test") - 1).camera == 3
    with pytest.raises(ValueError, match="after the last"):
        find(SEED, "test", count(SEED, "test"))


def test_a_frame_says_where_its_sequence_is_then(tmp_path: Path) -> None:
    shot = find(SEED, "test", 1234)
    (tmp_path / shot.file).parent.mkdir(parents=True)
    frame = draw_frame(tmp_path, "test", SEED, SIZE, 1234)
    camera = cameras(SEED, shot.take.subject, SIZE)[shot.camera]
    joints = kept(human36m(motion(SEED, shot.take)))[shot.frame]
    assert frame.name == shot.file
    assert np.array_equal(frame.joints, joints)
    assert np.array_equal(frame.keypoints, camera.project(joints)[0])
    assert np.array_equal(frame.seen, camera.to_camera(joints))


def test_people_are_drawn_where_they_are_annotated_and_nowhere_else(drawn: list[Drawn]) -> None:
    covered, elsewhere = [], []
    for frame, difference in drawn:
        points = frame.keypoints
        x, y = np.rint(points.T).astype(int)
        covered.append(difference[y, x] > 40)
        left, top = np.floor(points.min(axis=0) - 12).astype(int).clip(0)  # fingers and shoes
        right, bottom = np.ceil(points.max(axis=0) + 12).astype(int)
        changed = difference > 90  # JPEG blurs the edges of the set
        changed[top : bottom + 1, left : right + 1] = False
        elsewhere.append(changed.mean())
    assert np.concatenate(covered).mean() > 0.9  # cloth may have the colour of the wall
    assert max(elsewhere) < 0.002


def test_shins_are_drawn_within_a_pixel_of_the_line_between_their_joints(
    drawn: list[Drawn],
) -> None:
    """The run of changed pixels across an upright shin has its middle on the annotated line."""
    offsets = []
    for frame, difference in drawn:
        for knee, ankle in frame.keypoints[[(2, 3), (5, 6)]]:
            axis = ankle - knee
            if axis[1] < 12 or abs(axis[0]) > 0.4 * axis[1]:
                continue
            row = round(knee[1] + axis[1] / 2)
            there = knee[0] + axis[0] * (row - knee[1]) / axis[1]
            run = _run_around(difference[row] > 40, round(there))
            if 2 <= len(run) <= 7:  # else the other leg is beside it
                offsets.append(run.mean() - there)
    assert len(offsets) > 20
    assert abs(np.median(offsets)) < 0.3
    assert np.quantile(np.abs(offsets), 0.8) < 1


def _run_around(row: NDArray[np.bool_], place: int) -> NDArray[np.int64]:
    """Return the numbers of the unbroken run of true values around a place."""
    breaks = np.flatnonzero(~row)
    left = breaks[breaks <= place].max(initial=-1)
    right = breaks[breaks >= place].min(initial=len(row))
    return np.arange(left + 1, right)
