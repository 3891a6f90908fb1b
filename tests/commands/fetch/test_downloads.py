"""What a dataset's TOML says of where its files are from: the tables [[downloads]]."""

from typing import Any

import pytest

from hrbench import catalog
from hrbench.errors import SpecError
from hrbench.spec import DatasetSpec
from hrbench.spec.validation import validate


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"steps": ["ask"]}, "downloads: 0: name an address or steps, one of them"),
        ({"address": ""}, "downloads: 0: name an address or steps, one of them"),
        ({"file": ""}, "downloads: 0: the key 'file' is missing"),
        ({"file": "../a.zip"}, "downloads: 0: file: '../a.zip' does not lie below the folder"),
        ({"hash": "md5:1"}, "downloads: 0: hash: write md5: and 32 hex digits, or sha256: and 64"),
        ({"splits": ["tests"]}, "downloads: splits: no split is 'tests'"),
        (
            {"gives": [{"place": "a"}, {"place": "b", "entry": "b"}]},
            "downloads: 0: gives: say what entry of the archive 'a' is",
        ),
        ({"gives": [{"place": "/a"}]}, "gives: 0: place: '/a' does not lie below the folder"),
    ],
)
def test_a_table_of_downloads_that_leads_nowhere_is_refused(
    change: dict[str, Any], words: str
) -> None:
    raw = catalog.load_dataset("coco").plain()
    raw["downloads"][0] |= change
    with pytest.raises(SpecError) as caught:
        validate(DatasetSpec, raw, "mine.toml")
    assert words in str(caught.value)


@pytest.mark.parametrize("name", catalog.names("datasets"))
def test_all_that_a_split_names_has_an_address_or_steps(name: str) -> None:
    dataset = catalog.load_dataset(name)
    for key, split in dataset.splits.items():
        given = {
            place.place
            for about in dataset.downloads
            if not about.splits or key in about.splits
            for place in about.gives
        }

        def known(*places: str | None, given: set[str] = given) -> bool:
            return any(place.startswith(g) for g in given for place in places if place)

        assert known(split.annotations, *split.release) or not split.annotations, (name, key)
        assert known(*split.images, *split.release) or not split.images, (name, key)
        for place in (split.detections, split.heads, split.synsets):
            assert known(place) or not place, (name, place)
        assert all(known(f"{s}/MyPoseFeatures/D3_Positions") for s in split.subjects)


@pytest.mark.parametrize("name", catalog.names("datasets"))
def test_an_address_is_one_and_a_hash_has_all_its_digits(name: str) -> None:
    lengths = {"md5": 32, "sha256": 64}
    for about in catalog.load_dataset(name).downloads:
        assert about.address.startswith(("http://", "https://")) or not about.address
        if about.hash:
            algorithm, _, digits = about.hash.partition(":")
            assert len(digits) == lengths[algorithm]
        if about.address.startswith("http://"):  # nothing else vouches for it on the way
            assert about.hash
