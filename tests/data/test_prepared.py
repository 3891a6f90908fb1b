import os
import pickle
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from hrbench.data import prepared, remarks
from hrbench.data.cutting import AffineCutting, OfficialFaceCutting
from hrbench.data.images import NO_END, read_image, write_png
from hrbench.data.parts import Region
from hrbench.data.prepared import INDEX, PIXELS, UnfitError, Wanted
from hrbench.data.prepared_fit import grown, opened
from hrbench.data.preparing import planned, require_space, write
from hrbench.data.sample import People, unlabelled
from hrbench.errors import DataError
from hrbench.geometry import crop_of_boxes

SIZES = ((60, 40), (50, 50), (30, 70))  # width, height
BOXES = np.array([[10.0, 5, 25, 25], [40, 30, 10, 12.5], [25, 25, 10, 10], [0, 0, 30, 70]])


def noise(folder: Path) -> list[Path]:
    """Images of noise as PNG files."""
    rng = np.random.default_rng(0)
    paths = [folder / f"{number}.png" for number in range(len(SIZES))]
    for path, (width, height) in zip(paths, SIZES, strict=True):
        write_png(path, rng.integers(0, 256, (height, width, 3), dtype=np.uint8))
    return paths


def people(folder: Path) -> People:
    """Two boxes in the first image, one in each of the others."""
    return unlabelled(
        noise(folder), np.array([0, 0, 1, 2]), BOXES, crop_of_boxes(BOXES, 1.0, padding=1.0), 1
    )


def wanted(of: People, folder: Path) -> Wanted:
    cutting = AffineCutting((16, 16))
    return Wanted("noise", of, cutting.read, cutting.reach(of, None), folder)


def written(images: Wanted, folder: Path, workers: int = 0) -> Path:
    list(write(images, planned(images), folder, workers))
    return folder


@pytest.fixture
def images(tmp_path: Path) -> Wanted:
    return wanted(people(tmp_path), tmp_path)


def test_what_is_stored_is_what_the_file_holds_between_the_edges_of_the_crops(
    images: Wanted, tmp_path: Path
) -> None:
    found = opened(written(images, tmp_path / "ready"), images)
    # Squares (10, 5) to (35, 30) and (38.75, 30) to (51.25, 42.5), and 4 px around, in 60 x 40.
    assert found.index.edges[0].tolist() == [6, 1, 57, 40]
    for image, path in enumerate(images.people.images):
        stored = found.opened(image)
        (left, top), (height, width) = stored.corner, stored.pixels.shape[:2]
        part = read_image(path)[top : top + height, left : left + width]
        assert stored.size == SIZES[image]
        assert np.array_equal(stored.pixels, part)


def test_a_crop_that_looks_beyond_what_is_stored_gets_nothing_wrong(
    images: Wanted, tmp_path: Path
) -> None:
    stored = opened(written(images, tmp_path / "ready"), images).opened(0)  # from (6, 1) on
    assert np.array_equal(stored.part(Region(6, 1, 9, 3)).pixels, stored.pixels[:2, :3])
    for region in (Region(5, 1, 9, 3), Region(6, 0, 9, 3), Region(50, 30, 58, 40)):
        with pytest.raises(ValueError, match="is not within what is stored"):
            stored.part(region)


def test_it_is_as_large_as_was_said_and_two_files(images: Wanted, tmp_path: Path) -> None:
    plan, folder = planned(images), written(images, tmp_path / "ready")
    assert sorted(path.name for path in folder.iterdir()) == [INDEX, PIXELS]
    assert len(np.load(folder / PIXELS)) == plan.bytes
    assert plan.whole_bytes == 3 * (60 * 40 + 50 * 50 + 30 * 70)


def test_any_number_of_processes_writes_the_same_bytes(images: Wanted, tmp_path: Path) -> None:
    alone, together = (written(images, tmp_path / str(n), workers=n) for n in (0, 2))
    assert (alone / PIXELS).read_bytes() == (together / PIXELS).read_bytes()


def test_official_faces_are_given_as_floats_of_what_pillow_reads(tmp_path: Path) -> None:
    everyone, cutting = people(tmp_path), OfficialFaceCutting((16, 16))
    faces = Wanted("faces", everyone, cutting.read, cutting.reach(everyone, None), tmp_path)
    found = opened(written(faces, tmp_path / "ready"), faces)
    whole = found.whole(2)  # its face is over twice the crop
    assert whole.dtype == np.float32
    assert np.array_equal(whole, cutting.read(everyone.images[2]))


def test_another_process_maps_the_file_anew_and_takes_no_pixel_with_it(
    images: Wanted, tmp_path: Path
) -> None:
    found = opened(written(images, tmp_path / "ready"), images)
    sent = pickle.dumps(found)
    assert len(sent) < found.index.bytes
    prepared._mapped.cache_clear()
    assert np.array_equal(pickle.loads(sent).whole(1), found.whole(1))  # noqa: S301  our own


def test_what_was_odd_in_a_file_is_said_where_its_pixels_are_taken(
    images: Wanted, tmp_path: Path
) -> None:
    path = tmp_path / "cut.jpg"
    _, content = cv2.imencode(".jpg", read_image(images.people.images[0]))
    path.write_bytes(content.tobytes()[:-2])  # without the marker at its end
    people = replace(images.people, images=(path, *images.people.images[1:]))
    odd = wanted(people, tmp_path)
    remarks.taken()
    found = opened(written(odd, tmp_path / "ready"), odd)
    remarks.taken()
    found.opened(1)
    assert remarks.taken() == {}
    found.opened(0)
    again = remarks.taken()
    read_image(path)
    assert again == remarks.taken() == {NO_END: {str(path): ""}}


def edited(path: Path) -> None:
    """Write other pixels into an image file."""
    write_png(path, 255 - read_image(path))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda of: edited(of.people.images[1]), "1 of the images have changed since, as 1.png"),
        (lambda of: of.people.images[2].unlink(), "1 of the images have changed since, as 2.png"),
        (lambda of: os.utime(of.people.images[0], (1, 1)), "have changed since, as 0.png"),
    ],
    ids=["edited", "removed", "touched"],
)
def test_images_whose_files_have_changed_are_not_used(
    change: object, words: str, images: Wanted, tmp_path: Path
) -> None:
    folder = written(images, tmp_path / "ready")
    assert callable(change)
    change(images)
    with pytest.raises(UnfitError, match=words):
        opened(folder, images)


def test_images_are_not_used_where_crops_reach_further(images: Wanted, tmp_path: Path) -> None:
    folder = written(images, tmp_path / "ready")
    larger = replace(images.people, scales=images.people.scales * np.float32(1.3))
    with pytest.raises(UnfitError, match=r"reach further in 2 of the images, as in 0\.png"):
        opened(folder, wanted(larger, tmp_path))
    smaller = replace(images.people, scales=images.people.scales * np.float32(0.9))
    assert opened(folder, wanted(smaller, tmp_path)).index.bytes == planned(images).bytes


def test_a_folder_of_fewer_images_is_not_used_and_one_of_more_is(
    images: Wanted, tmp_path: Path
) -> None:
    few = wanted(images.people.rows(np.array([0, 1, 2])), tmp_path)
    with pytest.raises(UnfitError, match=r"2\.png is not among them"):
        opened(written(few, tmp_path / "few"), images)
    rows = opened(written(images, tmp_path / "all"), few).rows
    assert rows.tolist() == [0, 1, -1]


def test_what_another_task_has_prepared_is_kept_where_it_is_written_anew(
    images: Wanted, tmp_path: Path
) -> None:
    people = images.people
    left = wanted(replace(people, centers=people.centers - np.float32(8)), tmp_path)
    right = wanted(replace(people, centers=people.centers + np.float32(8)), tmp_path)
    folder = written(left, tmp_path / "ready")
    with pytest.raises(UnfitError):
        opened(folder, right)
    written(grown(folder, right), folder)
    assert opened(folder, left).index.bytes == opened(folder, right).index.bytes


def test_images_that_are_decoded_otherwise_now_are_not_used(images: Wanted, tmp_path: Path) -> None:
    folder = written(images, tmp_path / "ready")

    def brighter(path: Path, inside: object = None) -> NDArray[np.uint8]:
        del inside
        return read_image(path) ^ np.uint8(1)

    with pytest.raises(UnfitError, match=r"0\.png is decoded otherwise now"):
        opened(folder, replace(images, read=brighter))


def spoilt(folder: Path, places: Sequence[int]) -> None:
    """Invert single bytes of stored pixels."""
    stored = np.load(folder / PIXELS, mmap_mode="r+")
    for place in places:
        stored[place] = 255 - stored[place]
    stored.flush()


def test_a_single_wrong_byte_is_found_by_the_checksums(images: Wanted, tmp_path: Path) -> None:
    found = opened(written(images, tmp_path / "ready"), images)
    assert list(found.damage()) == ["", "", ""]
    spoilt(tmp_path / "ready", [int(found.index.starts[1])])
    assert list(found.damage()) == ["", "1.png", ""]


def test_wrong_bytes_stop_a_reader(images: Wanted, tmp_path: Path) -> None:
    found = opened(written(images, tmp_path / "ready"), images)
    start, end = int(found.index.starts[1]), int(found.index.starts[2])
    spoilt(tmp_path / "ready", range(start, end))
    with pytest.raises(DataError, match=r"pixels\.npy is damaged at 1\.png"):
        found.opened(1)


@pytest.mark.parametrize("file", [PIXELS, INDEX])
def test_a_folder_that_is_not_whole_is_not_used(file: str, images: Wanted, tmp_path: Path) -> None:
    place = written(images, tmp_path / "ready") / file
    content = place.read_bytes()
    for part in (content[:-10], b"", None):
        place.unlink() if part is None else place.write_bytes(part)
        with pytest.raises(UnfitError):
            opened(tmp_path / "ready", images)


def test_nothing_is_left_where_an_image_cannot_be_read(images: Wanted, tmp_path: Path) -> None:
    plan = planned(images)
    images.people.images[1].write_bytes(images.people.images[1].read_bytes()[:200])
    with pytest.raises(DataError, match=r"1\.png is not a whole image"):
        list(write(images, plan, tmp_path / "out" / "ready", workers=0))
    assert list((tmp_path / "out").iterdir()) == []


def test_a_disk_that_is_too_small_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    here, there = tmp_path / "not" / "here", tmp_path / "not" / "there"
    with pytest.raises(DataError, match=r"GB free, and 1000000\.0 GB are to be written"):
        require_space({here: 10**15 - 10**6, there: 10**6})
    require_space({here: 1000, there: 1000})


def test_a_little_that_finds_no_room_is_said_in_its_unit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(free=200_000))
    with pytest.raises(DataError, match=r"has 0\.2 MB free, and 2\.5 MB are to be written"):
        require_space({tmp_path / "ready": 2_500_000})


def test_room_that_is_made_by_writing_anew_counts(tmp_path: Path) -> None:
    (tmp_path / "ready").mkdir()
    with (tmp_path / "ready" / PIXELS).open("wb") as file:
        file.truncate(10**12)  # takes no room by itself
    require_space({tmp_path / "ready": 10**12})


def test_what_a_killed_process_has_left_is_removed_and_what_is_written_is_not(
    images: Wanted, tmp_path: Path
) -> None:
    dead, alive = (tmp_path / f".ready-{name}" for name in ("dead", "alive"))
    for draft in (dead, alive):
        (draft / "ready").mkdir(parents=True)
        (draft / "ready" / PIXELS).write_bytes(b"some")
    os.utime(dead / "ready" / PIXELS, (1, 1))
    written(images, tmp_path / "ready")
    assert (dead.exists(), alive.exists()) == (False, True)


def test_of_two_that_write_at_once_both_end_well(images: Wanted, tmp_path: Path) -> None:
    slower = write(images, planned(images), tmp_path / "ready", 0)
    next(slower)
    written(images, tmp_path / "ready")
    list(slower)
    found = opened(tmp_path / "ready", images)
    assert list(found.damage()) == [""] * len(SIZES)
    assert not list(tmp_path.glob(".ready-*"))
