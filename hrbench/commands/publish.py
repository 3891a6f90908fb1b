"""A run's network as a folder to put on the hub: card, weights, record, task."""

import shlex
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hrbench import catalog
from hrbench.begun import folder as run_folder
from hrbench.errors import HrbenchError, RunError
from hrbench.fetching import names
from hrbench.report import archive, card, published, runs, verifying
from hrbench.report.licences import require_licence
from hrbench.report.record import RunRecord
from hrbench.report.run_folders import DATASET, FILE, SPEC
from hrbench.road import again
from hrbench.road.given import PUBLISHED_TASK, weights_of
from hrbench.road.saving import save
from hrbench.spec import DatasetSpec, TaskSpec
from hrbench.whole import whole_folder

CARD = "README.md"
FILES = {  # in the order in which a card tells of them
    names.FILE: "the network",
    PUBLISHED_TASK: "its task: network, protocol and recipe, resolved",
    DATASET: "the dataset that it was measured on: keypoints, edges, splits",
    FILE: "the record of the run: every figure, and all that made it",
}


@dataclass(frozen=True, slots=True)
class Published:
    """A folder that was written."""

    folder: Path
    files: tuple[str, ...]
    record: RunRecord
    repository: str

    def content(self) -> dict[str, Any]:
        """Return it as plain JSON values."""
        run, headline = self.record.id, self.record.headline
        return {"folder": str(self.folder), "files": self.files, "run": run, "headline": headline}

    def text(self) -> str:
        """Return it in lines, with what comes next."""
        place = f"hf:{self.repository}"
        lines = (
            f"{self.folder}: {', '.join(self.files)}",
            f"look at {self.folder / CARD}, then: "
            + shlex.join(("hf", "upload", self.repository, str(self.folder))),
            f'from there it is hrbench.load("{place}"), or {place} after --weights',
        )
        return "\n".join(lines)


def publish(name: str, target: Path, *, repository: str = "", licence: str = "") -> Published:
    """Write the network of a run that has ended into a new folder, all of it or nothing.

    Raises:
        HrbenchError: there is no such run, it was changed, its weights are gone, the folder
            cannot be made, or the hub has no such names.
    """
    if repository:
        _require_name(repository)
    if licence:
        require_licence(licence)
    folder = archive.find(name)
    record, (spec, dataset, _) = _ended(folder), run_folder.read(folder)
    with whole_folder(target) as draft:
        _fill(draft, folder, record)
        _write_card(draft, record, spec, dataset, repository=repository, licence=licence)
    there = tuple(sorted(path.name for path in target.iterdir()))
    return Published(target, there, record, repository or card.PLACE)


def _require_name(repository: str) -> None:
    """Refuse what the hub does not take as ORG/REPO."""
    from huggingface_hub.errors import HFValidationError  # noqa: PLC0415  slow
    from huggingface_hub.utils import validate_repo_id  # type: ignore[attr-defined]  # noqa: PLC0415

    try:
        validate_repo_id(repository)  # older versions of which let other letters pass
    except HFValidationError as error:
        raise HrbenchError(f"--repo {repository}: the hub takes no such name: {error}") from error
    if not repository.isascii():
        raise HrbenchError(f"--repo {repository}: the hub takes no such name: only plain letters")
    if "/" not in repository:
        raise HrbenchError(f"--repo {repository}: say whose it is: ORG/{repository}")


def _ended(folder: Path) -> RunRecord:
    """Return the record of a run, if that and its files are as they were."""
    record = runs.read(folder)
    for fault in verifying.of_files(folder, record.content()):
        raise RunError(f"{folder}: {fault}; `hrbench verify {folder}` says all of it")
    return record


def _fill(draft: Path, folder: Path, record: RunRecord) -> None:
    """Put down all but the card."""
    spec, _, state = run_folder.read(folder)
    place, sha256 = again.weights_of(folder, state)
    if sha256 is None or sha256 != record.weights.sha256:
        raise RunError(f"{folder}: the weights that it measured are gone (they were in {place})")
    trained = state.options.weights is None
    checkpoint = weights_of(str(folder / place) if trained else place).read(spec=spec)
    tensors = {name: tensor.contiguous() for name, tensor in checkpoint.tensors.items()}
    save(tensors, draft / names.FILE, checkpoint, plain=False)
    shutil.copyfile(folder / SPEC, draft / PUBLISHED_TASK)
    shutil.copyfile(folder / FILE, draft / FILE)
    if spec.dataset == DATASET:
        shutil.copyfile(folder / DATASET, draft / DATASET)


def _write_card(
    draft: Path,
    record: RunRecord,
    spec: TaskSpec,
    dataset: DatasetSpec,
    *,
    repository: str,
    licence: str,
) -> None:
    text = card.card(
        record,
        dataset,
        published.load(catalog.published_results()),
        network=spec.model.words,
        files={name: words for name, words in FILES.items() if (draft / name).is_file()},
        repository=repository,
        licence=licence,
    )
    (draft / CARD).write_text(text, "utf-8")
