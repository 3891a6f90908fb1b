import numpy as np
import pytest
from numpy.typing import NDArray

from hrbench.world.h36m.files import kept
from hrbench.world.h36m.motion import between, joints_over_time, low, seated, upright
from hrbench.world.h36m.studio import (
    ACTIONS,
    SUBJECTS,
    Take,
    body,
    cameras,
    human36m,
    motion,
    takes,
)
from hrbench.world.people.skeleton import INDEX, JOINTS, joint_positions

SEED, SIZE = 3, (256, 256)
SUBJECTS_ALL = (*SUBJECTS["train"], *SUBJECTS["test"])
PARENTS = (-1, 0, 1, 2, 0, 4, 5, 0, 7, 8, 9, 8, 11, 12, 8, 14, 15)
NECK_NOSE = 9
# The neck's turn moves the point between neck and nose against the trunk.
RIGID = [joint for joint in range(1, 17) if joint != NECK_NOSE]
RIGHT, LEFT = (1, 2, 3, 14, 15, 16), (4, 5, 6, 11, 12, 13)
Sequences = dict[Take, NDArray[np.float64]]


@pytest.fixture(scope="module")
def sequences() -> Sequences:
    """(T, 17, 3) mm in the world of every take."""
    return {take: kept(human36m(motion(SEED, take))) for split in SUBJECTS for take in takes(split)}


def views(sequences: Sequences, split: str) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return (N, 17, 3) mm around the hip in the frames of all cameras, and (N, 17, 2) pixels."""
    seen, pixels = [], []
    for take in takes(split):
        for camera in cameras(SEED, take.subject, SIZE):
            seen.append(camera.to_camera(sequences[take]))
            pixels.append(camera.project(sequences[take])[0])
    joints = np.concatenate(seen)
    return joints - joints[:, :1], np.concatenate(pixels)


def test_all_frames_at_once_are_the_skeletons_joints_frame_by_frame() -> None:
    rng = np.random.default_rng(0)
    angles, offsets = rng.normal(size=(4, len(JOINTS), 3)), body(SEED, 1).offsets
    together = joints_over_time(offsets, angles, np.zeros(4))
    alone = [joint_positions(offsets, frame) for frame in angles]
    assert np.abs(together - alone).max() < 1e-9


def test_a_heading_turns_the_whole_body_counterclockwise_seen_from_above() -> None:
    offsets = body(SEED, 1).offsets
    still = np.zeros((1, len(JOINTS), 3))
    ahead = joints_over_time(offsets, still, np.zeros(1))[0]
    turned = joints_over_time(offsets, still, np.array([np.pi / 2]))[0]
    assert np.abs(turned - ahead @ [[0, 1, 0], [-1, 0, 0], [0, 0, 1]]).max() < 1e-9
    nose = turned[INDEX["nose"]]
    assert nose[1] > 50
    assert abs(nose[0]) < 1e-9


def test_between_two_poses_values_follow_a_cubic_that_rests_at_both() -> None:
    values = between(np.array([0.0, 4.0, 8.0]), np.array([0.0, 32.0, 0.0]), 9)
    assert values.tolist() == [0, 5, 16, 27, 32, 27, 16, 5, 0]  # 32 (3 u^2 - 2 u^3)


@pytest.mark.parametrize(
    ("hip", "knee", "stances"),
    [(0, 5, {upright}), (-85, 90, {seated, low}), (-70, 130, {low}), (-40, 60, set())],
)
def test_stances_are_told_by_hips_and_knees(hip: float, knee: float, stances: set[object]) -> None:
    angles = np.zeros((len(JOINTS), 3))
    for side in ("left", "right"):
        angles[INDEX[f"{side}_hip"], 1] = np.radians(hip)
        angles[INDEX[f"{side}_knee"], 1] = np.radians(knee)
    assert {stance for stance in (upright, seated, low) if stance(angles)} == stances


def test_bones_keep_their_length_and_left_is_like_right(sequences: Sequences) -> None:
    thighs = set()
    for subject in SUBJECTS_ALL:
        frames = np.concatenate([s for take, s in sequences.items() if take.subject == subject])
        bones = np.linalg.norm(frames - frames[:, list(PARENTS)], axis=-1)
        assert np.ptp(bones[:, RIGID], axis=0).max() < 1e-6
        assert np.allclose(bones[0, list(RIGHT)], bones[0, list(LEFT)], rtol=0, atol=1e-6)
        thighs.add(round(float(bones[0, 2])))
    assert len(thighs) > 3
    assert 330 < min(thighs) < max(thighs) < 520


def test_somebody_touches_the_floor_and_nobody_leaves_it(sequences: Sequences) -> None:
    ankles = []
    for take in sequences:
        joints = motion(SEED, take)
        sole = 0.02 * body(SEED, take.subject).stature
        assert np.allclose(joints[..., 2].min(axis=1), sole, rtol=0, atol=1e-6)
        assert np.linalg.norm(joints[:, 0, :2], axis=-1).max() < 1400
        places = [INDEX["left_ankle"], INDEX["right_ankle"]]
        ankles.append(joints[:, places, 2].min(axis=1))
    assert np.median(np.concatenate(ankles)) < 110
    assert np.quantile(np.concatenate(ankles), 0.99) < 260  # who crouches is on tiptoe


def test_the_foot_that_bears_the_weight_hardly_slides(sequences: Sequences) -> None:
    speeds = []
    for take in sequences:
        ankles = motion(SEED, take)[:, [INDEX["left_ankle"], INDEX["right_ankle"]]]
        lower = ankles[:-1, :, 2].argmin(axis=1)
        steps = np.linalg.norm(np.diff(ankles[..., :2], axis=0), axis=-1) * 50
        speeds.append(steps[np.arange(len(lower)), lower])
    assert np.median(np.concatenate(speeds)) < 100  # mm/s


def test_people_move_as_fast_and_as_smoothly_as_people_do(sequences: Sequences) -> None:
    for take, frames in sequences.items():
        speeds = np.linalg.norm(np.diff(frames, axis=0), axis=-1) * 50 / 1000
        assert speeds.max() < 12  # m/s, of a hand
        assert speeds.mean() > 0.15
        bend = frames[1:-1] - (frames[2:] + frames[:-2]) / 2
        assert np.abs(bend).max() < 60  # mm from the middle of the neighbouring frames
        if take.name.startswith("Walk"):
            assert 0.6 < speeds[:, 0].mean() < 2.0


def test_those_who_sit_have_bent_hips_and_those_who_walk_have_not(sequences: Sequences) -> None:
    def drop(action: str) -> float:
        """Return how far knees are below hips, over the thighs' length."""
        number = ACTIONS.index(action)
        frames = np.concatenate([s for take, s in sequences.items() if take.action == number])
        thighs = frames[:, [1, 4]] - frames[:, [2, 5]]
        return float((thighs[..., 2] / np.linalg.norm(thighs, axis=-1)).mean())

    assert max(drop("Sitting"), drop("Eating"), drop("Phoning")) < 0.4
    assert min(drop("Walking"), drop("WalkDog")) > 0.85
    assert drop("Discussion") > 0.75


def test_people_are_seen_from_all_sides(sequences: Sequences) -> None:
    for split in SUBJECTS:
        joints, _ = views(sequences, split)
        across = joints[:, 4] - joints[:, 1]  # from the right hip to the left
        angles = np.arctan2(across[:, 2], across[:, 0])
        shares = np.histogram(angles, bins=8, range=(-np.pi, np.pi))[0] / len(angles)
        assert shares.min() > 0.05
        assert shares.max() < 0.25


def test_the_mean_pose_is_a_bad_guess_and_a_linear_map_from_keypoints_a_better_one(
    sequences: Sequences,
) -> None:
    (train, inputs), (test, held_out) = (views(sequences, split) for split in ("train", "test"))
    off = np.linalg.norm(test - train.mean(axis=0), axis=-1).mean()
    assert 200 < off < 350  # mm

    def rows(pixels: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.column_stack((pixels.reshape(-1, 34) / 100, np.ones(len(pixels))))

    weights = np.linalg.lstsq(rows(inputs), train.reshape(-1, 51), rcond=None)[0]
    guessed = (rows(held_out) @ weights).reshape(test.shape)
    assert np.linalg.norm(guessed - test, axis=-1).mean() < 0.75 * off
