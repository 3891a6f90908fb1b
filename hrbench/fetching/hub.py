"""A file of a repository on the Hugging Face hub, by the hub's own client and in its cache."""

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hrbench.errors import FetchError
from hrbench.fetching.fetched import SHA256, Fetched, offline, require_as_before, require_room

TRIES = 3  # that are cut off


def from_hub(
    repository: str, file: str, revision: str | None = None, *, only_here: bool = False
) -> Fetched:
    """Return a file of ORG/REPO, fetched if it is not in the hub's cache yet.

    $HF_ENDPOINT, $HF_HOME and tokens work as the client has them. The address names the commit.

    Args:
        repository: ORG/REPO.
        file: its path there.
        revision: a branch, tag or commit; main by default.
        only_here: whether to look no further than the cache.

    Raises:
        FetchError: there is no such file, no network, or it may not be read.
    """
    from huggingface_hub import hf_hub_url  # noqa: PLC0415  takes its time
    from huggingface_hub import try_to_load_from_cache as cached  # noqa: PLC0415

    only_here = only_here or offline()
    try:
        if not only_here and not isinstance(cached(repository, file, revision=revision), str):
            _announce(hf_hub_url(repository, file, revision=revision), f"{repository}/{file}")
        with _quiet():
            named = _loaded(repository, file, revision, only_here=only_here)
    except (OSError, ValueError, RuntimeError, _protocol()) as error:
        raise FetchError(_why(repository, file, revision, error)) from error
    path = Path(named)
    commit = path.parents[len(Path(file).parts) - 1].name  # snapshots/COMMIT/FILE
    address = hf_hub_url(repository, file, revision=commit)
    sha256 = _sha256(path)
    stored = path.resolve().name  # of large files the hub says the SHA-256, which names the blob
    if SHA256.fullmatch(stored) and stored != sha256:
        raise FetchError(f"{path.resolve()} is damaged: its SHA-256 is not the hub's; remove it")
    require_as_before(address, sha256, path)
    return Fetched(path, address, sha256)


def _loaded(repository: str, file: str, revision: str | None, *, only_here: bool) -> str:
    """Return where the client has put a file.

    What came before a cut it keeps, and goes on from there when it is asked again; not every
    version does so by itself.
    """
    from huggingface_hub import hf_hub_download  # noqa: PLC0415
    from huggingface_hub.errors import HfHubHTTPError  # noqa: PLC0415

    tries = 0
    while True:
        try:
            return hf_hub_download(repository, file, revision=revision, local_files_only=only_here)
        except _protocol() as error:
            tries += 1
            if tries == TRIES or isinstance(error, HfHubHTTPError):
                raise


def beside(repository: str, file: str, commit: str) -> Path | None:
    """Return a small file of a commit; None where that has none, or offline none is in the cache.

    Raises:
        FetchError: it may be there and cannot be fetched.
    """
    from huggingface_hub import errors, hf_hub_download, try_to_load_from_cache  # noqa: PLC0415

    known = try_to_load_from_cache(repository, file, revision=commit)
    if known is not None:  # there, or known not to be
        return Path(known) if isinstance(known, str) else None
    try:
        with _quiet():
            place = hf_hub_download(repository, file, revision=commit, local_files_only=offline())
    except errors.EntryNotFoundError:
        return None
    except (OSError, ValueError, RuntimeError, _protocol()) as error:
        raise FetchError(_why(repository, file, commit, error)) from error
    return Path(place)


def _announce(address: str, title: str) -> None:
    """Ask for a file's size first: the client tries long where there is no network, or no room."""
    from huggingface_hub import constants, get_hf_file_metadata  # noqa: PLC0415

    sys.stderr.write(f"fetching {title} from {constants.ENDPOINT}\n")
    size = get_hf_file_metadata(address).size
    require_room(Path(constants.HF_HUB_CACHE), size or 0, title, "$HF_HOME names another folder.")


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep the client from warning of each of its tries; what comes of them is said at the end."""
    from huggingface_hub.utils import logging as client  # noqa: PLC0415

    before = client.get_verbosity()
    client.set_verbosity(logging.ERROR)
    try:
        yield
    finally:
        client.set_verbosity(before)


def _protocol() -> type[Exception]:
    """Return what all errors of the client's HTTP library are."""
    from huggingface_hub.errors import HTTPError  # type: ignore[attr-defined]  # noqa: PLC0415

    error: type[Exception] = HTTPError
    return error


def _sha256(path: Path) -> str:
    import pooch  # noqa: PLC0415

    return str(pooch.file_hash(path))


def _why(repository: str, file: str, revision: str | None, error: Exception) -> str:
    """Return in a sentence why a file was not fetched."""
    from huggingface_hub import constants, errors  # noqa: PLC0415

    page = f"{constants.ENDPOINT}/{repository}"
    away = f"{constants.ENDPOINT} is not reached (no network?)"
    if offline() or constants.HF_HUB_OFFLINE:
        away = "HRBENCH_OFFLINE or HF_HUB_OFFLINE forbids to fetch it"
    known = (  # the narrower before the wider
        (errors.LocalEntryNotFoundError, f"it is not in the hub's cache, and {away}"),
        (errors.GatedRepoError, f"sign for it on {page}, then `hf auth login`"),
        (
            errors.RepositoryNotFoundError,
            f"no repository is called {repository}, or it is private (`hf auth login`)",
        ),
        (errors.RevisionNotFoundError, f"{page} has no revision {revision}"),
        (errors.EntryNotFoundError, f"{page} has no such file"),
        (errors.HFValidationError, f"'{repository}' is no ORG/REPO"),
        (errors.HfHubHTTPError, str(error).strip().splitlines()[0]),
        (_protocol(), f"{away}, or was cut off"),
    )
    other = f"it cannot be fetched: {(str(error).strip() or type(error).__name__).splitlines()[0]}"
    why = next((words for kind, words in known if isinstance(error, kind)), other)
    return f"hf:{repository}{f'@{revision}' if revision else ''}/{file}: {why}"
