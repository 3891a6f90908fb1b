from pathlib import Path

from hrbench.data.shared_images import in_words, shared


def files(folder: Path, **contents: bytes) -> list[Path]:
    folder.mkdir()
    for name, content in contents.items():
        (folder / name).write_bytes(content)
    return [folder / name for name in contents]


def test_the_same_file_is_shared_though_it_is_inside_of_another() -> None:
    inside = [Path("COFW.mat/0"), Path("COFW.mat/1"), Path("COFW.mat/2")]
    assert shared(inside[:2], inside[1:], renamed=True) == inside[1:2]
    assert shared([], inside, renamed=True) == []


def test_a_copy_is_shared_and_another_image_of_the_same_size_or_name_is_not(tmp_path: Path) -> None:
    training = files(tmp_path / "train", a=b"dog", b=b"cat")
    measured = files(tmp_path / "val", a=b"dog", b=b"cow", c=b"cat", d=b"zebra")
    assert shared(training, measured, renamed=True) == [measured[0], measured[2]]
    assert shared(training, measured, renamed=False) == [measured[0]]


def test_the_sentence_counts_the_measured_images() -> None:
    assert in_words([Path("val/a.png")], 4).startswith(
        "1 of the 4 images that are measured are trained on too, the first is a.png: "
    )
