from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from hrbench.data.augment import Draw, draw
from hrbench.data.cutting import AffineCutting, Cutting, OfficialFaceCutting
from hrbench.data.prepared import Stored
from hrbench.data.reach import ALL, MARGIN, Edges, of_faces, of_warps, within
from hrbench.data.sample import People, unlabelled
from hrbench.geometry import crop_of_boxes, udp_matrix
from hrbench.spec import Augment

PEOPLE = 80
SIZE = (90, 70)  # width, height of the images
STILL = Augment(scale=0, rotation=0, rotation_probability=0, flip=0, half_body=0, half_body_above=8)
COCO = STILL.model_copy(
    update={"scale": 0.35, "rotation": 45.0, "rotation_probability": 0.6, "flip": 0.5}
)
HALF = COCO.model_copy(update={"half_body": 0.5, "half_body_above": 3})
UNIFORM = COCO.model_copy(update={"draws": "uniform", "rotation": 30.0})
PORTRAIT = AffineCutting((24, 32), (0, 1, 2), ((1, 2), (4, 5)))
CUTTINGS: dict[str, tuple[Cutting, Augment]] = {
    "crops of persons": (PORTRAIT, COCO),
    "crops of half bodies": (PORTRAIT, HALF),
    "even draws, square crops": (AffineCutting((32, 32), (), ((0, 1),)), UNIFORM),
    "crops that lie edge on edge": (
        AffineCutting((24, 32), (0, 1, 2), ((1, 2), (4, 5)), udp_matrix),
        HALF,
    ),
    "official faces": (OfficialFaceCutting((32, 32), ((0, 1),), 1), COCO),
}


def box(left: float, top: float, width: float, height: float, aspect: float = 1.0) -> People:
    """One box in one image, cropped without padding."""
    boxes = np.array([[left, top, width, height]], dtype=np.float64)
    crops = crop_of_boxes(boxes, aspect, padding=1.0)
    return unlabelled([Path("a.png")], np.zeros(1, np.int64), boxes, crops, num_keypoints=6)


def crowd(rng: np.random.Generator, count: int, aspect: float) -> People:
    """Boxes of all sizes in, over and beyond the edges of as many images, with keypoints."""
    boxes = rng.uniform([-30, -30, 1, 1], [100, 80, 60, 60], (count, 4))
    images = [Path(str(number)) for number in range(count)]
    people = unlabelled(images, np.arange(count), boxes, crop_of_boxes(boxes, aspect), 6)
    points = boxes[:, None, :2] + rng.uniform(-0.2, 1.2, (count, 6, 2)) * boxes[:, None, 2:]
    return replace(people, keypoints=points, visible=rng.random((count, 6)) < 0.8)


@dataclass(frozen=True)
class InMemory:
    """Images that lie in memory, as far as some edges."""

    pixels: NDArray[np.uint8]  # images, height, width, channels
    edges: Edges

    def opened(self, image: int) -> Stored:
        left, top, right, bottom = self.edges[image].tolist()
        return Stored(self.pixels[image, top:bottom, left:right], (left, top), SIZE)

    def whole(self, image: int) -> NDArray[Any]:
        return self.opened(image).whole()


def all_and_reached(people: People, edges: Edges, rng: np.random.Generator) -> list[People]:
    """The people in images of noise: in all of them, and in what is between some edges."""
    count = len(people.images)
    pixels = rng.integers(1, 256, (count, *SIZE[::-1], 3), dtype=np.uint8)
    everything = np.tile([0, 0, *SIZE], (count, 1))
    parts = everything, within(edges, everything[:, 2:])
    return [replace(people, prepared=InMemory(pixels, part)) for part in parts]


@pytest.mark.parametrize("name", CUTTINGS)
def test_nothing_that_is_trained_on_is_cut_from_beyond_the_reach(name: str) -> None:
    cutting, augment = CUTTINGS[name]
    rng = np.random.default_rng(0)
    people = crowd(rng, PEOPLE, cutting.size[0] / cutting.size[1])
    both = all_and_reached(people, cutting.reach(people, augment), rng)
    for row in range(PEOPLE):
        for drawn in draws(augment, int(people.visible[row].sum()), rng):
            true, other = (cutting.augmented(one, row, drawn).pixels for one in both)
            assert np.array_equal(true, other), (row, drawn)


def draws(augment: Augment, visible: int, rng: np.random.Generator) -> list[Draw]:
    """What may be drawn: twelve times at random, and the largest of everything."""
    turn = augment.rotation * (1 if augment.draws == "uniform" else 2)
    half = visible > augment.half_body_above and augment.half_body > 0
    largest = [
        Draw(half, upper, 1 + augment.scale, degrees, flip)
        for upper in (False, half)
        for degrees in (0.0, turn, -turn, turn / 2)
        for flip in (False, True)
    ]
    return [*(draw(augment, visible, rng) for _ in range(12)), *largest]


@pytest.mark.parametrize("scales", [(1.0,), (0.5, 1.5)])
def test_nothing_that_is_predicted_on_is_cut_from_beyond_the_reach(
    scales: tuple[float, ...],
) -> None:
    rng = np.random.default_rng(1)
    cuttings: list[Cutting] = [
        AffineCutting((24, 32), scales=scales),
        AffineCutting((24, 32), grid=udp_matrix, scales=scales),
        OfficialFaceCutting((32, 32), counted_from=1),
    ]
    for cutting in cuttings:
        people = crowd(rng, 200, cutting.size[0] / cutting.size[1])
        both = all_and_reached(people, cutting.reach(people, None), rng)
        for row in range(200):
            true, other = (cutting.plain(one, np.array([row])) for one in both)
            assert np.array_equal(true, other), row


def test_a_crop_that_is_not_moved_reaches_as_far_as_its_box() -> None:
    reach = of_warps(box(100, 200, 50, 25, aspect=2), (64, 32), (), (1.0,), None)
    assert reach.tolist() == [[100 - MARGIN, 200 - MARGIN, 151 + MARGIN, 226 + MARGIN]]


def test_a_crop_that_is_turned_by_any_angle_reaches_as_far_as_its_diagonal() -> None:
    turned = STILL.model_copy(update={"rotation": 45.0, "rotation_probability": 0.5})
    people = box(100.25, 200.25, 100, 75, aspect=4 / 3)  # 62.5 px around (150.25, 237.75)
    reach = of_warps(people, (64, 48), (), (1.0,), turned)
    assert reach.tolist() == [[87 - MARGIN, 175 - MARGIN, 214 + MARGIN, 302 + MARGIN]]


def test_a_crop_that_is_turned_a_little_reaches_no_further_than_that_takes() -> None:
    turned = STILL.model_copy(update={"rotation": 15.0, "rotation_probability": 0.5})
    (left, top, _, _) = of_warps(box(100, 100, 100, 100), (64, 64), (), (1.0,), turned)[0]
    # At 30 degrees a square of 100 px is 50 (cos 30 + sin 30) = 68.3 px from its middle.
    assert (left, top) == (81 - MARGIN, 81 - MARGIN)


def test_the_largest_of_several_scales_and_of_the_draws_counts() -> None:
    square = box(100, 100, 100, 100)
    assert of_warps(square, (64, 64), (), (0.5, 1.5), None)[0, 0] == 75 - MARGIN
    larger = STILL.model_copy(update={"scale": 0.25})
    assert of_warps(square, (64, 64), (), (1.0,), larger)[0, 0] == 87 - MARGIN  # 150 - 62.5


def test_a_half_body_that_lies_elsewhere_than_its_box_counts() -> None:
    people = box(100, 100, 25, 25)
    points = np.zeros((1, 6, 2))
    points[0, :2] = (300, 300), (340, 300)  # the upper half: 40 px wide, so 60 px with its padding
    seen = np.array([[True, True, False, False, False, False]])
    people = replace(people, keypoints=points, visible=seen)
    halves = STILL.model_copy(update={"half_body": 0.5, "half_body_above": 1})
    reach = of_warps(people, (64, 64), (0, 1), (1.0,), halves)
    assert reach.tolist() == [[100 - MARGIN, 100 - MARGIN, 351 + MARGIN, 331 + MARGIN]]
    few = halves.model_copy(update={"half_body_above": 2})
    assert of_warps(people, (64, 64), (0, 1), (1.0,), few)[0, 2] == 126 + MARGIN


def test_an_official_face_of_twice_the_crop_takes_the_whole_image() -> None:
    assert of_faces(box(0, 0, 62.5, 62.5), (32, 32), None)[0, 2] == 64 + MARGIN
    assert of_faces(box(0, 0, 64, 64), (32, 32), None).tolist() == [[-ALL, -ALL, ALL, ALL]]


def test_an_image_is_reached_as_far_as_any_of_its_boxes_and_by_one_pixel_at_least() -> None:
    two = np.array([[10.0, 10, 25, 25], [50, 30, 12.5, 12.5]])
    images = [Path("a.png"), Path("empty.png")]
    crops = crop_of_boxes(two, 1.0, padding=1.0)
    reach = of_warps(unlabelled(images, np.zeros(2, int), two, crops, 1), (8, 8), (), (1.0,), None)
    assert reach[0].tolist() == [10 - MARGIN, 10 - MARGIN, 64 + MARGIN, 44 + MARGIN]
    assert within(reach[:1], np.array([[40, 30]])).tolist() == [[6, 6, 40, 30]]
    beyond = np.array([[500, -90, 600, -80]])
    assert within(beyond, np.array([[40, 30]])).tolist() == [[39, 0, 40, 1]]
