"""Runs compared from their folders: what is printed, and what is refused."""

import json
from pathlib import Path

from cli.command import called, refused
from report.kept_runs import kept
from report.records import of_task

from hrbench.report import archive

RUNS = Path("results", "runs")


def test_runs_are_named_as_elsewhere(tmp_path: Path) -> None:
    first, second = kept(tmp_path / RUNS)
    ended = called(tmp_path, "compare", first.name, "latest", "--json")
    assert ended.status == 0, ended.err
    assert [Path(run["folder"]).name for run in json.loads(ended.out)["runs"]] == [
        first.name,
        second.name,
    ]
    assert not ended.new
    table = called(tmp_path, "compare", str(first), str(second), "--metric", "top-1")
    assert "B is better than A on these 300 images" in table.out


def test_another_protocol_is_refused_but_with_force(tmp_path: Path) -> None:
    protocol = {**of_task("imagenet", {"top-1": 1.0}).protocol, "tta": "ten-crop"}
    first, second = kept(tmp_path / RUNS, protocol=protocol)
    refused(
        called(tmp_path, "compare", first.name, second.name),
        ["were not measured alike: tta none and ten-crop", "--force"],
    )
    ended = called(tmp_path, "compare", first.name, second.name, "--force")
    assert ended.status == 0, ended.err
    assert "Not measured alike: tta none and ten-crop." in ended.out


def test_a_run_that_has_not_kept_its_images_says_how_to_make_them(tmp_path: Path) -> None:
    first, second = kept(tmp_path / RUNS)
    (second / "outcomes.npz").unlink()
    refused(called(tmp_path, "compare", first.name, "latest"), ["`hrbench score "])


def test_a_run_of_an_archive_is_named_by_its_place_there(tmp_path: Path) -> None:
    first, second = kept(tmp_path / RUNS)
    content = {f"{first.name}/{file.name}": file for file in first.iterdir()}
    archive.write(tmp_path / "results.zip", content)
    ended = called(tmp_path, "compare", "results.zip", second.name, "--json")
    assert ended.status == 0, ended.err
    named = json.loads(ended.out)["runs"][0]["folder"]
    assert named.endswith(f"results.zip/{first.name}")


def test_a_run_beside_itself_is_refused(tmp_path: Path) -> None:
    _, second = kept(tmp_path / RUNS)
    refused(called(tmp_path, "compare", "latest", second.name), ["is named twice"])


def test_a_figure_or_a_format_that_is_not_there_is_refused(tmp_path: Path) -> None:
    first, _ = kept(tmp_path / RUNS)
    asked = ("compare", first.name, "latest")
    refused(called(tmp_path, *asked, "--metric", "top-2"), ["no figure is called 'top-2'"])
    refused(called(tmp_path, *asked, "--format", "xml"), ["no format is called 'xml'"])


def test_a_sheet_that_is_there_or_no_png_is_refused_before_anything_is_said(
    tmp_path: Path,
) -> None:
    first, _ = kept(tmp_path / RUNS)
    (tmp_path / "mine.png").write_bytes(b"mine")
    asked = ("compare", first.name, "latest", "--sheet")
    refused(called(tmp_path, *asked, "mine.png"), ["mine.png: is there already; name another file"])
    refused(called(tmp_path, *asked, "sheet.txt"), ["write a name that ends in .png"])
    assert (tmp_path / "mine.png").read_bytes() == b"mine"


def test_one_run_is_not_enough(tmp_path: Path) -> None:
    kept(tmp_path / RUNS)
    assert called(tmp_path, "compare", "latest").status == 2
