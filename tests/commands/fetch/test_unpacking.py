"""`hrbench fetch` unpacks an archive whole or not at all, and nothing of it beside its place."""

import stat
import tarfile
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from commands.fetch.publishers import packed_as

from hrbench.commands.fetch import unpacking
from hrbench.commands.fetch.unpacking import unpack
from hrbench.errors import DataError
from hrbench.spec.download import Place

Pack = Callable[[Path, Mapping[str, bytes]], Path]
FILES = {"val/1.jpg": b"one", "val/2.jpg": b"two", "val/below/3.jpg": b"three", "readme": b"no"}
VAL = [Place(place="images/val", entry="val", files=3)]


def zipped(folder: Path, files: Mapping[str, bytes]) -> Path:
    path = folder / "packed.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("val/", b"")  # zips have their folders as entries too
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def tarred(folder: Path, files: Mapping[str, bytes], ending: str = "tar") -> Path:
    path = folder / f"packed.{ending}"
    path.write_bytes(packed_as(path.name, files))
    return path


def gzipped(folder: Path, files: Mapping[str, bytes]) -> Path:
    return tarred(folder, files, "tar.gz")


def tree(folder: Path) -> dict[str, bytes]:
    """All files below a folder."""
    paths = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


def out_of(archive: Path, data: Path, *places: Place) -> list[str]:
    return unpack(archive, places or VAL, data, data / ".fetch" / "packed")


@pytest.mark.parametrize("pack", [zipped, tarred, gzipped])
def test_what_an_archive_gives_is_put_where_it_is_read_and_nothing_else(
    pack: Pack, tmp_path: Path
) -> None:
    data = tmp_path / "data"
    assert out_of(pack(tmp_path, FILES), data) == []
    assert tree(data) == {
        "images/val/1.jpg": b"one",
        "images/val/2.jpg": b"two",
        "images/val/below/3.jpg": b"three",
    }


def test_what_a_mac_packs_beside_the_files_is_none_of_them(tmp_path: Path) -> None:
    out_of(zipped(tmp_path, {**FILES, "__MACOSX/val/._1.jpg": b"aside"}), tmp_path / "data")
    assert len(tree(tmp_path / "data")) == 3


@pytest.mark.parametrize("around", ["", "./", "annotations/", "release/annotations/"])
def test_a_file_is_found_in_whatever_folder_its_publisher_packed_it(
    around: str, tmp_path: Path
) -> None:
    archive = tarred(tmp_path, {f"{around}truth.json": b"{}", f"{around}not-truth.json": b""})
    out_of(archive, tmp_path / "data", Place(place="json/val.json", entry="truth.json"))
    assert tree(tmp_path / "data") == {"json/val.json": b"{}"}


def test_an_archive_in_an_archive_is_a_folder_of_its_name(tmp_path: Path) -> None:
    inner = {f"n{n}.tar": tarred(tmp_path, {f"n{n}_0.JPEG": b"x"}).read_bytes() for n in (1, 2)}
    out_of(tarred(tmp_path, inner), tmp_path / "data", Place(place="train", entry=".", files=2))
    assert tree(tmp_path / "data") == {"train/n1/n1_0.JPEG": b"x", "train/n2/n2_0.JPEG": b"x"}


@pytest.mark.parametrize("pack", [zipped, tarred, gzipped])
@pytest.mark.parametrize(
    "name", ["val/../../evil", "/evil", "../evil", "val\\..\\evil", "C:evil", "val/.."]
)
def test_a_name_that_leads_out_of_the_folder_stops_all_of_the_archive(
    name: str, pack: Pack, tmp_path: Path
) -> None:
    data = tmp_path / "data"
    with pytest.raises(DataError, match="leads out of the folder; nothing of it is unpacked"):
        out_of(pack(tmp_path, {**FILES, name: b"evil"}), data)
    assert tree(data) == {}
    assert not list(tmp_path.rglob("*evil*"))


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE])
def test_a_link_or_a_device_stops_all_of_the_archive(kind: bytes, tmp_path: Path) -> None:
    path = tarred(tmp_path, FILES)
    with tarfile.open(path, "a") as archive:
        member = tarfile.TarInfo("val/link")
        member.type, member.linkname = kind, "/etc/passwd"
        archive.addfile(member)
    with pytest.raises(DataError, match="'val/link' is a link or a device"):
        out_of(path, tmp_path / "data")
    assert tree(tmp_path / "data") == {}


def test_a_link_in_a_zip_stops_all_of_it(tmp_path: Path) -> None:
    path = zipped(tmp_path, FILES)
    with zipfile.ZipFile(path, "a") as archive:
        member = zipfile.ZipInfo("val/link")
        member.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(member, "/etc/passwd")
    with pytest.raises(DataError, match="'val/link' is a link or a device"):
        out_of(path, tmp_path / "data")
    assert tree(tmp_path / "data") == {}


@pytest.mark.parametrize("pack", [zipped, tarred, gzipped])
def test_an_archive_that_was_cut_off_gives_nothing(pack: Pack, tmp_path: Path) -> None:
    path = pack(tmp_path, {f"val/{n}.jpg": bytes(range(256)) * 8 for n in range(40)})
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(DataError, match=r"is no whole archive|has \d+ files of val, and not 40;"):
        out_of(path, tmp_path / "data", Place(place="images/val", entry="val", files=40))
    assert tree(tmp_path / "data") == {}


def test_an_archive_of_something_else_is_told(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"packed.zip: has 0 files of val, and not 3; nothing"):
        out_of(zipped(tmp_path, {"other/1.jpg": b"one"}), tmp_path / "data")


@pytest.mark.parametrize("pack", [zipped, tarred, gzipped])
def test_unpacking_goes_on_after_a_kill_and_nothing_is_in_place_before_all_is_there(
    pack: Pack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive, data, written = pack(tmp_path, FILES), tmp_path / "data", list[str]()
    write = unpacking._write

    def killed(entry: unpacking.Entry, path: Path, draft: Path) -> None:
        if len(written) == 2:
            draft.write_bytes(b"thr")  # in the midst of a file
            raise KeyboardInterrupt
        written.append(entry.name)
        write(entry, path, draft)

    monkeypatch.setattr(unpacking, "_write", killed)
    with pytest.raises(KeyboardInterrupt):
        out_of(archive, data)
    assert not (data / "images").exists()

    def more(entry: unpacking.Entry, path: Path, draft: Path) -> None:
        written.append(entry.name)
        write(entry, path, draft)

    monkeypatch.setattr(unpacking, "_write", more)
    out_of(archive, data)
    assert written == ["val/1.jpg", "val/2.jpg", "val/below/3.jpg"]  # none of them twice
    assert set(tree(data)) == {f"images/{name}" for name in written}
    assert tree(data)["images/val/below/3.jpg"] == b"three"


def test_what_lies_there_stays_as_it_is_and_is_named_where_it_is_something_else(
    tmp_path: Path,
) -> None:
    data = tmp_path / "data"
    (data / "images/val").mkdir(parents=True)
    (data / "images/val/1.jpg").write_bytes(b"mine, and longer")
    (data / "images/val/2.jpg").write_bytes(b"two")
    (data / "images/val/mine.jpg").write_bytes(b"mine")
    assert out_of(zipped(tmp_path, FILES), data) == ["images/val/1.jpg"]
    assert tree(data) == {
        "images/val/1.jpg": b"mine, and longer",
        "images/val/2.jpg": b"two",
        "images/val/below/3.jpg": b"three",
        "images/val/mine.jpg": b"mine",
    }
