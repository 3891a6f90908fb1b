import pytest

from hrbench.boxes.names import told

PATHS = ("photos/a/1.jpg", "photos/b/1.jpg", "photos/b/2.jpg", "photos/three.png")


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("photos/b/1.jpg", "photos/b/1.jpg"),
        ("b/1.jpg", "photos/b/1.jpg"),
        ("b\\1.jpg", "photos/b/1.jpg"),
        ("/home/me/photos/b/2.jpg", "photos/b/2.jpg"),  # longer than the path, and ends like it
        ("2.jpg", "photos/b/2.jpg"),
        ("three", "photos/three.png"),
        ("b/2", "photos/b/2.jpg"),
        ("c/2.jpg", "photos/b/2.jpg"),  # elsewhere, and the only one of that name
    ],
)
def test_a_name_means_the_file_that_ends_as_it_does(name: str, path: str) -> None:
    found = told([name], PATHS)
    assert {name: PATHS[index] for name, index in found.place.items()} == {name: path}
    assert not found.faults
    assert found.elsewhere == ((name,) if name.startswith("c/") else ())


@pytest.mark.parametrize("name", ["c/1.jpg", "1.jpg", "1"])
def test_a_name_that_two_files_have_is_unclear(name: str) -> None:
    found = told([name], PATHS)
    assert found.place == {}
    words = f"names of images that several files have: 1 ({name} is {PATHS[0]} or {PATHS[1]})"
    assert [str(fault) for fault in found.faults] == [words]


def test_a_file_that_has_two_names_is_unclear_and_the_nearer_of_two_names_is_its() -> None:
    found = told(["a/1.jpg", "b/1.jpg"], ["1.jpg"])
    assert found.place == {}
    assert "1.jpg is a/1.jpg or b/1.jpg" in str(found.faults[0])
    assert told(["a/1.jpg", "b/1.jpg"], ["b/1.jpg"]).place == {"b/1.jpg": 0}


def test_names_in_folders_that_no_file_lies_in_mean_nothing() -> None:
    """Two pictures of other folders are called alike: none of them is the one in `c`."""
    found = told(["a/1.jpg", "b/1.jpg"], ["c/1.jpg"])
    assert (found.place, found.faults) == ({}, [])
    assert told(["4.jpg"], PATHS).place == {}
