"""Archives of runs are what their manifest says, or nothing of them is unpacked."""

import hashlib
import json
import stat
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from report.records import record

from hrbench.commands.bundle import bundle
from hrbench.errors import HrbenchError, RunError
from hrbench.report import archive, runs, unpacking
from hrbench.report.record import RunRecord
from hrbench.report.unpacking import MANIFEST

Entries = dict[str, bytes]
PLACE = "coco-pose/20260102T030405Z-{}"


def run(under: Path, seed: int = 0) -> tuple[Path, RunRecord]:
    """The folder of a run, with one of each sort of file."""
    one = record(seed=seed)
    folder = under / PLACE.format(one.id[:8])
    (folder / "checkpoints").mkdir(parents=True)
    (folder / "spec.toml").write_text("name = 'coco-pose'\n", "utf-8")
    np.savez_compressed(folder / "predictions.npz", scores=np.arange(5))
    for name in ("log.csv", "curve.csv", "curve.png", "predictions.png", "checkpoints/best.pt"):
        (folder / name).write_bytes(name.encode())
    one.write(folder)
    return folder, one


@pytest.fixture
def packed(tmp_path: Path) -> Path:
    folder, _ = run(tmp_path / "runs")
    path = tmp_path / "results.zip"
    bundle((str(folder),), path, weights=False, pictures=False, force=False)
    return path


def entries(path: Path) -> Entries:
    with zipfile.ZipFile(path) as content:
        return {name: content.read(name) for name in content.namelist()}


def rewrite(path: Path, content: Entries) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as target:
        for name, data in content.items():
            target.writestr(name, data)


def listed(content: Entries) -> Entries:
    """Return entries with a manifest of what they are now."""
    said = json.loads(content[MANIFEST])
    said["files"] = {
        name: {"sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)}
        for name, data in content.items()
        if name != MANIFEST
    }
    return content | {MANIFEST: json.dumps(said).encode()}


def test_what_runs_say_comes_out_of_an_archive_as_it_went_in(tmp_path: Path) -> None:
    made = [run(tmp_path / "runs", seed) for seed in (0, 1)]
    path = tmp_path / "results.zip"
    folders = tuple(str(folder) for folder, _ in made)
    done = bundle(folders, path, weights=False, pictures=False, force=False)
    assert (done.runs, done.files) == (2, 12)
    loaded = runs.load([str(path)], tmp_path)
    assert sorted(one.id for one in loaded.records) == sorted(one.id for _, one in made)
    assert all(one in loaded.records for _, one in made)
    assert len(archive.runs_of(str(path))) == 2
    with pytest.raises(RunError, match="has 2 runs; name one of them"):
        archive.find(str(path))
    for rest in ("zzzz", "2026"):
        with pytest.raises(RunError, match="no run in" if rest == "zzzz" else "2 runs begin") as no:
            archive.find(f"{path}/{rest}")
        listed = {line.strip() for line in str(no.value).splitlines()[1:]}
        assert listed == {f"{path}/{one.id[:8]}" for _, one in made}
    second = archive.find(f"{path}/{made[1][1].id[:8]}")
    assert runs.read(second) == made[1][1]
    assert unpacking.shown(second) == f"{path}/{PLACE.format(made[1][1].id[:8])}"


def test_weights_and_pictures_are_asked_for(tmp_path: Path) -> None:
    folder, _ = run(tmp_path / "runs")
    path = tmp_path / "all.zip"
    bundle((str(folder),), path, weights=True, pictures=True, force=False)
    names = {Path(name).name for name in entries(path)}
    assert {"best.pt", "predictions.png"} <= names
    bundle((str(folder),), path, weights=False, pictures=False, force=True)
    names = {Path(name).name for name in entries(path)}
    assert not {"best.pt", "predictions.png"} & names
    assert archive.find(str(path)).is_dir()
    with pytest.raises(HrbenchError, match="is there already"):
        bundle((str(folder),), path, weights=False, pictures=False, force=False)


def test_a_run_that_was_changed_is_not_handed_on(tmp_path: Path) -> None:
    folder, one = run(tmp_path / "runs")
    digest = hashlib.sha256(b"something else").hexdigest()
    one.model_copy(update={"files": {"predictions.npz": digest}}).sealed().write(folder)
    with pytest.raises(RunError, match=r"predictions\.npz: was changed after the run"):
        bundle((str(folder),), tmp_path / "r.zip", weights=False, pictures=False, force=False)


def extra(name: str, data: bytes = b"x") -> Callable[[Entries], Entries]:
    return lambda content: content | {name: data}


def told(name: str, data: bytes = b"x") -> Callable[[Entries], Entries]:
    return lambda content: listed(content | {name: data})


def changed(content: Entries) -> Entries:
    name = next(name for name in content if name.endswith("log.csv"))
    return content | {name: content[name].swapcase()}


def without(content: Entries) -> Entries:
    return {name: data for name, data in content.items() if not name.endswith("log.csv")}


def of_manifest(text: bytes) -> Callable[[Entries], Entries]:
    return lambda content: content | {MANIFEST: text}


@pytest.mark.parametrize(
    ("tamper", "words"),
    [
        (told("../evil.toml"), "'../evil.toml' lies outside of the archive"),
        (told("/etc/record.json"), "'/etc/record.json' lies outside of the archive"),
        (told("C:\\evil\\record.json"), "lies outside of the archive"),
        (told("a/./record.json"), "lies outside of the archive"),
        (told("coco-pose/x/evil.py"), "'coco-pose/x/evil.py' is no file that a run leaves"),
        (told("record.json"), "'record.json' is no file that a run leaves"),
        (told("coco-pose/x/"), "'coco-pose/x/' is a folder, not a file"),
        (extra("coco-pose/x/record.json"), "'coco-pose/x/record.json' is not in the manifest"),
        (told("a/b/log.csv", b"0" * (4 << 20)), "would unpack to 4194304 bytes out of"),
        (changed, "log.csv' is not the file that its manifest says"),
        (without, "log.csv' is missing"),
        (of_manifest(b"{"), "its manifest.json is not JSON"),
        (of_manifest(b'{"schema": 2, "files": {}}'), "is not of schema 1"),
        (of_manifest(b'{"schema": 1, "files": {"a": {"sha256": 1}}}'), "does not say the SHA-256"),
    ],
    ids=lambda value: value.split("'")[-1].strip() if isinstance(value, str) else "",
)
def test_an_archive_that_was_tampered_with_is_refused_by_one_sentence(
    packed: Path, tamper: Callable[[Entries], Entries], words: str
) -> None:
    rewrite(packed, tamper(entries(packed)))
    with pytest.raises(RunError) as refused:
        archive.find(str(packed))
    assert words in str(refused.value)
    assert str(refused.value).startswith(str(packed))
    assert "\n" not in str(refused.value)
    assert not (packed.parent.parent / "evil.toml").exists()


def test_a_link_is_refused(packed: Path) -> None:
    content = entries(packed)
    with zipfile.ZipFile(packed, "a") as target:
        link = zipfile.ZipInfo("coco-pose/x/spec.toml")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        target.writestr(link, "/etc/passwd")
    assert content.keys() < entries(packed).keys()
    with pytest.raises(RunError, match=r"'coco-pose/x/spec\.toml' is a link"):
        archive.find(str(packed))


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("spelled", [str, str.upper])
def test_a_name_that_is_there_twice_is_refused(packed: Path, spelled: Callable[[str], str]) -> None:
    name = next(name for name in entries(packed) if name.endswith("log.csv"))
    with zipfile.ZipFile(packed, "a") as target:
        target.writestr(spelled(name), b"another")
    with pytest.raises(RunError, match="is there twice"):
        archive.find(str(packed))


@pytest.mark.parametrize("share", [0.3, 0.7, 0.99])
def test_a_part_of_an_archive_is_refused(packed: Path, share: float) -> None:
    whole = packed.read_bytes()
    packed.write_bytes(whole[: int(len(whole) * share)])
    with pytest.raises(RunError, match="is no whole archive of runs"):
        archive.find(str(packed))


def test_a_damaged_byte_is_noticed(packed: Path) -> None:
    whole = bytearray(packed.read_bytes())
    whole[len(whole) // 2] ^= 1
    packed.write_bytes(whole)
    with pytest.raises(RunError):
        archive.find(str(packed))


def test_another_zip_is_no_archive_of_runs(tmp_path: Path) -> None:
    path = tmp_path / "photos.zip"
    rewrite(path, {"a.jpg": b"x"})
    with pytest.raises(RunError, match=r"has no manifest\.json: it is no archive"):
        archive.find(str(path))
    path.write_text("not a zip", "utf-8")
    with pytest.raises(RunError, match="is no whole archive"):
        archive.find(str(path))


def test_arrays_that_would_fill_the_memory_are_refused(
    packed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unpacking, "LARGEST_ARRAYS", 10)
    with pytest.raises(RunError, match=r"predictions\.npz' would unpack to more than"):
        archive.find(str(packed))


def test_more_than_fits_is_refused(packed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unpacking, "LARGEST", 10)
    with pytest.raises(RunError, match="would unpack to more than"):
        archive.find(str(packed))
