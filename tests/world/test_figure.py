import numpy as np
import pytest
from numpy.typing import NDArray

from hrbench.world.camera import Camera, look_at
from hrbench.world.canvas import Canvas, Light
from hrbench.world.people.coco import KEYPOINTS, annotated_keypoints
from hrbench.world.people.figure import Person, draw_people, visible
from hrbench.world.people.outfit import EYE, Outfit, sample_outfit
from hrbench.world.people.picture import Picture
from hrbench.world.people.scene import Scene
from hrbench.world.people.skeleton import INDEX, JOINTS, joint_positions, sample_body

SIZE = (400, 400)
CAMERA = look_at(np.array([-3000.0, 0.0, 900.0]), np.array([0.0, 0.0, 900.0]), SIZE)
LIGHT = Light((0.0, -0.6, -0.8), ambient=0.6)
FRONT, BACK = 180, 0  # degrees of heading before this camera, which looks along x


def somebody(heading: float, *, x: float = 0.0, y: float = 0.0) -> Person:
    """Return a person who stands upright at (x, y) mm and faces `heading` degrees from x."""
    rng = np.random.default_rng(5)
    body = sample_body(rng)
    turn = np.radians(heading)
    angles = np.zeros((len(JOINTS), 3))
    angles[0, 2] = turn
    joints = joint_positions(body.offsets, angles)
    joints += (x, y, 40 - joints[:, 2].min())
    return Person(joints, body.stature, 1.0, sample_outfit(rng))


def painted(*people: Person, camera: Camera = CAMERA) -> Picture:
    """Return a picture of people before a white wall."""
    canvas = Canvas(np.full((*SIZE, 3), 255, np.uint8), camera.focal, LIGHT)
    draw_people(canvas, camera, people)
    return Picture(Scene(camera, LIGHT, list(people)), canvas, canvas.image)


def flags(picture: Picture, person: int = 0) -> dict[str, int]:
    """Return COCO's flag of each of a person's keypoints."""
    values = annotated_keypoints(picture, person)[:, 2].astype(int).tolist()
    return dict(zip(KEYPOINTS, values, strict=True))


def color_at(picture: Picture, joint: str) -> NDArray[np.uint8]:
    """Return the colour at a joint of the only person."""
    pixels, _ = CAMERA.project(picture.scene.people[0].joints[INDEX[joint]])
    x, y = np.rint(pixels).astype(int)
    return np.asarray(picture.image[y, x])


def is_shade(color: NDArray[np.uint8], of: NDArray[np.float32]) -> bool:
    """Tell whether a colour is another one, less bright by no more than ambient light allows."""
    return bool((color <= of + 1).all() and (color >= LIGHT.ambient * of - 1).all())


@pytest.mark.parametrize("heading", range(110, 251, 10))
def test_the_truth_of_a_visible_eye_is_on_pixels_of_the_eye(heading: int) -> None:
    picture = painted(somebody(heading))
    skin = picture.scene.people[0].outfit["skin"]
    seen = [eye for eye in ("left_eye", "right_eye") if flags(picture)[eye] == 2]
    assert seen
    for eye in seen:
        color = color_at(picture, eye)
        assert np.linalg.norm(color - EYE) < 0.3 * np.linalg.norm(color - skin), eye


@pytest.mark.parametrize(
    ("joint", "color"),
    [
        ("nose", "nose"),
        ("left_elbow", "left_forearm"),
        ("right_knee", "right_shin"),
        ("left_fingers", "skin"),
        ("right_toes", "right_shoe"),
    ],
)
def test_limbs_end_at_the_joints_that_are_annotated(joint: str, color: str) -> None:
    person = somebody(FRONT)
    outfit: Outfit = person.outfit
    side = joint.partition("_")[0]
    sleeve = {"left_elbow": f"{side}_sleeve", "right_knee": f"{side}_thigh"}.get(joint, color)
    got = color_at(painted(person), joint)
    assert is_shade(got, outfit[color]) or is_shade(got, outfit[sleeve])


def test_the_left_of_a_person_who_faces_the_camera_is_on_the_right() -> None:
    points = annotated_keypoints(painted(somebody(FRONT)), 0)
    for left, right in zip(points[1::2], points[2::2], strict=True):
        assert left[0] > right[0] + 5


def test_from_the_front_everything_is_visible() -> None:
    assert set(flags(painted(somebody(FRONT))).values()) == {2}


def test_from_behind_eyes_and_nose_are_hidden_and_the_rest_is_not() -> None:
    seen = flags(painted(somebody(BACK)))
    assert [name for name, flag in seen.items() if flag == 1] == ["nose", "left_eye", "right_eye"]


def test_from_the_side_the_far_arm_and_eye_are_hidden() -> None:
    seen = flags(painted(somebody(90)))  # faces the left edge: the left side is near
    assert {seen[f"left_{joint}"] for joint in ("ear", "shoulder", "elbow", "knee")} == {2}
    assert {seen[f"right_{joint}"] for joint in ("eye", "ear", "shoulder", "elbow")} == {1}


def test_somebody_wholly_behind_another_is_occluded_at_every_keypoint() -> None:
    near, far = somebody(FRONT), somebody(FRONT, x=6000)
    camera = look_at(np.array([-3000.0, 0.0, 900.0]), np.array([0.0, 0.0, 900.0]), SIZE)
    wall = Person(near.joints, near.stature, 4.0, near.outfit)  # four times as thick
    picture = painted(wall, far, camera=camera)
    assert set(flags(picture, 1).values()) == {1}
    assert (picture.canvas.owner != 1).all()


def test_what_is_outside_the_picture_is_not_annotated() -> None:
    camera = look_at(np.array([-3000.0, 0.0, 1700.0]), np.array([0.0, 0.0, 1700.0]), SIZE)
    low = somebody(FRONT)
    points = annotated_keypoints(painted(low, camera=camera), 0)
    pixels, _ = visible(painted(low, camera=camera).canvas, camera, low, KEYPOINTS)
    outside = pixels[:, 1] > SIZE[0] - 1
    assert outside[-2:].all()  # the ankles
    assert (points[outside] == 0).all()
    assert (points[~outside, 2] > 0).all()


def test_left_clothes_are_warmer_than_right_ones() -> None:
    outfit = somebody(FRONT).outfit
    for part in ("sleeve", "forearm", "thigh", "shin", "shoe", "cuff"):
        left, right = outfit[f"left_{part}"], outfit[f"right_{part}"]
        assert left[2] - left[0] > right[2] - right[0] + 100  # red over blue
