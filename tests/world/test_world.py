import hashlib
import json
from pathlib import Path

import pytest

from hrbench import world
from hrbench.errors import RunError, UnknownNameError
from hrbench.pools import pool_of
from hrbench.world import making
from hrbench.world.making import Making

SIZE = (96, 128)


def make(root: Path, *, seed: int = 0, processes: int = 1) -> None:
    world.make("coco", root, images=6, seed=seed, size=SIZE, processes=processes)


def digests(root: Path) -> dict[str, str]:
    files = (path for path in sorted(root.rglob("*")) if path.is_file())
    return {
        path.relative_to(root).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in files
    }


def break_the_writer(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    def write_some(folder: Path, _: Making) -> dict[str, dict[str, int]]:
        (folder / "images").mkdir(parents=True)
        raise error

    monkeypatch.setitem(world.WRITERS, "coco", write_some)


def test_the_same_seed_gives_the_same_bytes(tmp_path: Path) -> None:
    make(tmp_path / "a")
    make(tmp_path / "b")
    assert digests(tmp_path / "a") == digests(tmp_path / "b")


def test_another_seed_gives_other_images_of_the_same_names(tmp_path: Path) -> None:
    make(tmp_path / "a", seed=0)
    make(tmp_path / "b", seed=1)
    first, second = digests(tmp_path / "a"), digests(tmp_path / "b")
    assert first.keys() == second.keys()
    assert not any(first[name] == second[name] for name in first if name.endswith(".jpg"))


def test_the_number_of_processes_changes_no_byte(tmp_path: Path) -> None:
    make(tmp_path / "a", processes=1)
    make(tmp_path / "b", processes=2)
    assert digests(tmp_path / "a") == digests(tmp_path / "b")


def test_a_set_takes_a_process_for_every_hundred_images_up_to_all_cores(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(making, "cores", lambda: 8)
    assert [making.worth(images) for images in (1, 99, 100, 350, 10**6)] == [1, 1, 2, 4, 8]


def test_a_process_that_draws_does_not_import_torch() -> None:
    with pool_of(2) as pool:
        assert pool is not None
        look = "__import__('hrbench.world') and [*__import__('sys').modules]"
        loaded = pool.submit(eval, look).result()
    assert "hrbench.world.making" in loaded
    assert "torch" not in loaded


def test_the_mark_says_what_was_made(tmp_path: Path) -> None:
    make(tmp_path, seed=4)
    assert world.is_synthetic(tmp_path / "coco")
    assert not world.is_synthetic(tmp_path)
    mark = json.loads((tmp_path / "coco" / "hrbench-world.json").read_text("utf-8"))
    people = {name: split.pop("people") for name, split in mark["splits"].items()}
    assert mark == {
        "dataset": "coco",
        "synthetic": True,
        "generator_version": world.GENERATOR_VERSION,
        "seed": 4,
        "size": list(SIZE),
        "splits": {"train2017": {"images": 6}, "val2017": {"images": 1}, "test2017": {"images": 1}},
    }
    assert people["train2017"] >= 6


def test_progress_counts_every_image_of_every_split(tmp_path: Path) -> None:
    seen: list[int] = []
    world.make("coco", tmp_path, images=6, size=SIZE, progress=seen.append)
    assert seen == [1, 2, 3, 4, 5, 6, 7, 8]  # 6 + 1 + 1


def test_a_near_miss_of_a_name_is_suggested(tmp_path: Path) -> None:
    with pytest.raises(UnknownNameError, match=r"no synthetic dataset is called 'cocoo'.*'coco'"):
        world.make("cocoo", tmp_path, images=1)


def test_a_folder_with_files_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "coco").mkdir()
    (tmp_path / "coco" / "mine.txt").write_text("precious", "utf-8")
    with pytest.raises(RunError, match="coco is there already and is not empty; name another"):
        make(tmp_path)
    assert [path.name for path in tmp_path.rglob("*")] == ["coco", "mine.txt"]


def test_an_empty_folder_is_filled(tmp_path: Path) -> None:
    (tmp_path / "coco").mkdir()
    make(tmp_path)
    assert world.is_synthetic(tmp_path / "coco")


def test_a_file_in_place_of_the_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("", "utf-8")
    with pytest.raises(RunError, match=r"data/coco cannot be written: .*; name another folder"):
        make(tmp_path / "data")


@pytest.mark.parametrize("error", [KeyboardInterrupt(), OSError(28, "No space left on device")])
def test_what_fails_half_way_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    break_the_writer(monkeypatch, error)
    with pytest.raises((KeyboardInterrupt, RunError)):
        make(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_the_cache_makes_a_set_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HRBENCH_CACHE", str(tmp_path))
    root = world.cached("coco", images=2, seed=0, size=SIZE)
    assert root.is_relative_to(tmp_path)
    assert world.is_synthetic(root / "coco")
    break_the_writer(monkeypatch, AssertionError("made again"))
    assert world.cached("coco", images=2, seed=0, size=SIZE) == root


def test_the_cache_tells_seeds_sizes_counts_and_versions_apart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HRBENCH_CACHE", str(tmp_path))
    roots = {
        world.cached("coco", images=1, seed=0, size=SIZE),
        world.cached("coco", images=2, seed=0, size=SIZE),
        world.cached("coco", images=1, seed=1, size=SIZE),
        world.cached("coco", images=1, seed=0, size=(128, 96)),
    }
    monkeypatch.setattr(world, "GENERATOR_VERSION", world.GENERATOR_VERSION + 1)
    roots.add(world.cached("coco", images=1, seed=0, size=SIZE))
    assert len(roots) == 5


def test_progress_is_told_how_many_images_are_done(tmp_path: Path) -> None:
    told: list[int] = []
    world.make("coco", tmp_path, images=4, size=SIZE, progress=told.append)
    assert told == [1, 2, 3, 4, 5, 6]  # to train on, to measure, to test


def test_of_two_processes_that_fill_the_cache_the_slower_takes_the_fasters(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HRBENCH_CACHE", str(tmp_path))
    write = world.WRITERS["coco"]

    def write_slowly(folder: Path, making: Making) -> dict[str, dict[str, int]]:
        monkeypatch.setitem(world.WRITERS, "coco", write)
        world.cached("coco", images=2, seed=0, size=SIZE)  # the other one finishes meanwhile
        return write(folder, making)

    monkeypatch.setitem(world.WRITERS, "coco", write_slowly)
    root = world.cached("coco", images=2, seed=0, size=SIZE)
    assert world.is_synthetic(root / "coco")
    assert [path.name for path in root.iterdir()] == ["coco"]  # no scratch is left
