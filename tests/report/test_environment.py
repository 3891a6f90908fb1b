import subprocess
import sys
from pathlib import Path

import hrbench
from hrbench.report.environment import code_version, doctor, doctor_text, environment, hardware


def _git(folder: Path, *arguments: str) -> str:
    identity = ["-c", "user.name=a", "-c", "user.email=a@b"]
    command = ["git", "-C", str(folder), *identity, *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def test_a_checkout_knows_its_commit_and_whether_its_sources_changed(tmp_path: Path) -> None:
    package = tmp_path / "hrbench"
    package.mkdir()
    (package / "a.py").write_text("")
    _git(tmp_path, "init")
    _git(tmp_path, "add", ".")
    _git(tmp_path, "commit", "-m", "first")
    clean = code_version(package)
    assert (clean.commit, clean.dirty) == (_git(tmp_path, "rev-parse", "HEAD"), False)
    (tmp_path / "notes.txt").write_text("beside the package")
    assert code_version(package).dirty is False
    (package / "b.py").write_text("")
    assert code_version(package).dirty is True


def test_somebody_elses_repository_around_it_is_not_asked(tmp_path: Path) -> None:
    _git(tmp_path, "init")
    installed = tmp_path / "venv" / "site-packages" / "hrbench"
    installed.mkdir(parents=True)
    code = code_version(installed)
    assert (code.version, code.commit, code.dirty) == (hrbench.__version__, None, None)


def test_the_environment_names_what_computes() -> None:
    versions = environment()
    assert {"python", "numpy", "torch", "opencv", "pycocotools"} <= set(versions)
    assert versions["python"] == ".".join(map(str, sys.version_info[:3]))


def test_hardware_keeps_the_device_as_it_was_named() -> None:
    machine = hardware("cuda:1")
    assert machine["device"] == "cuda:1"
    assert isinstance(machine["cores"], int)
    assert machine["cores"] >= 1


def test_doctor_aligns_its_lines() -> None:
    text = doctor_text({"a": "1", "longer": "2"})
    assert text == "a       1\nlonger  2"


def test_doctor_shows_what_torch_found() -> None:
    facts = doctor({"devices": "cpu"})
    assert facts["devices"] == "cpu"
    assert facts["hrbench"].startswith(hrbench.__version__)


def test_the_report_imports_no_torch() -> None:
    code = (
        "import sys, hrbench.report.environment, hrbench.report.summary\n"
        "sys.exit('torch' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
