"""Weights by name: timm's, a file on the hub, a row of results/weights.csv."""

from functools import cache
from pathlib import Path
from urllib.parse import unquote, urlsplit

from hrbench import cache as kept
from hrbench import catalog
from hrbench.errors import FetchError, suggest
from hrbench.fetching.download import download
from hrbench.fetching.fetched import ELSEWHERE, Fetched, called
from hrbench.fetching.hub import from_hub
from hrbench.report import checkpoints
from hrbench.report.published import Row

TIMM, HUB = "timm:", "hf:"
HUB_HOST = "huggingface.co"
SHARED = {"1drv.ms", "drive.google.com"}  # their addresses are pages, which a browser opens
FILE = "model.safetensors"  # of a repository whose file is not named


def is_name(text: str) -> bool:
    """Whether weights are named so, and not by their path."""
    return text.startswith((TIMM, HUB)) or text in _rows()


def fetched(name: str, *, only_here: bool = False) -> Fetched:
    """Return the file of the weights of a name, fetched if it is not there yet.

    Args:
        name: `timm:NAME`, `hf:ORG/REPO[@REVISION][/FILE]`, or a row of results/weights.csv.
        only_here: whether to look no further than for what was fetched before.

    Raises:
        FetchError: nothing is called so, or it cannot be fetched.
    """
    if name in _rows():
        return _of_row(name, _rows()[name], only_here=only_here)
    if name.startswith(TIMM):
        return _of_timm(name.removeprefix(TIMM), only_here=only_here)
    if name.startswith(HUB):
        return from_hub(*hub_parts(name), only_here=only_here)
    near = suggest(name, _rows())
    hint = near if near.startswith("Did") else "`hrbench list weights` has their names."
    raise FetchError(
        f"no weights are called '{name}': name timm:NAME, hf:ORG/REPO/FILE or a published file. "
        f"{hint}"
    )


def is_repository(name: str) -> bool:
    """Whether a name is one of a whole repository on the hub, and not of a file of it."""
    return name.startswith(HUB) and name.count("/") == 1


def name_of(row: Row) -> str:
    """Return what a row of results/weights.csv is called: its file, or its place on the hub."""
    place = urlsplit(row["url"])
    if place.netloc != HUB_HOST:
        return row["file"] or row["system"]
    organisation, repository = place.path.strip("/").split("/")[:2]
    if organisation == "timm":
        return f"{TIMM}{repository}"
    return f"{HUB}{organisation}/{repository}/{row['file'] or FILE}"


def is_page(address: str) -> bool:
    """Whether an address is one that only a browser gets a file from."""
    return urlsplit(address).netloc in SHARED


def hub_parts(name: str) -> tuple[str, str, str | None]:
    """Return repository, file and revision of `hf:ORG/REPO[@REVISION][/FILE]`.

    A slash of a revision is written %2F, as the hub's own client does.

    Raises:
        FetchError: it is not of that form.
    """
    organisation, _, rest = name.removeprefix(HUB).partition("/")
    repository, _, file = rest.partition("/")
    repository, _, revision = repository.partition("@")
    if not organisation or not repository:
        raise FetchError(f"'{name}': write hf:ORG/REPO/FILE, or hf:ORG/REPO@REVISION/FILE")
    return f"{organisation}/{repository}", file or FILE, unquote(revision) or None


@cache
def _rows() -> dict[str, Row]:
    """Return the rows by their names; of one file, which several figures are of, the first."""
    rows = checkpoints.read(catalog.published_weights())
    return {name_of(row): row for row in reversed(rows)}


def _of_row(name: str, row: Row, *, only_here: bool) -> Fetched:
    address = row["url"]
    if name.startswith(TIMM):
        place = f"timm/{name.removeprefix(TIMM)}", row["file"] or FILE
        return from_hub(*place, only_here=only_here)
    if name.startswith(HUB):
        return from_hub(*hub_parts(name), only_here=only_here)
    if not address:
        raise FetchError(
            f"{name} has no address that it could be fetched from: look for it at "
            f"{row['source_url']}, and name the file by its path"
        )
    if is_page(address):
        raise FetchError(
            f"{name} is given by a web page: open {address} in a browser, save the file, and name "
            "it by its path"
        )
    return _plain(address, row["sha256_prefix"], only_here=only_here)


def _of_timm(name: str, *, only_here: bool) -> Fetched:
    """Return the file that timm's own configuration of a pretrained network names."""
    try:
        from timm.models import get_pretrained_cfg, list_pretrained  # noqa: PLC0415  an extra
    except ImportError as error:
        words = "timm knows where its weights are: pip install 'hrbench[timm]'"
        raise FetchError(f"{TIMM}{name}: {words}") from error
    try:
        named = get_pretrained_cfg(name)
    except RuntimeError:  # it has the network, and not this tag of it
        named = None
    if named is not None and named.hf_hub_id:
        repository, file = str(named.hf_hub_id), named.hf_hub_filename or FILE
        return from_hub(repository, file, only_here=only_here)
    if named is not None and named.url:
        return _plain(str(named.url), "", only_here=only_here)
    asked, known = f"{TIMM}{name}", (f"{TIMM}{one}" for one in list_pretrained())
    hint = suggest(asked, known, "Its `timm.list_pretrained()` has their names.")
    raise FetchError(f"{asked}: timm has no pretrained weights of that name. {hint}")


def _plain(address: str, sha256: str, *, only_here: bool) -> Fetched:
    folder = kept.folder() / "weights" / called(address)  # files of two may be called the same
    path = folder / Path(urlsplit(address).path).name
    return download(address, path, known=sha256, advice=ELSEWHERE, only_here=only_here)
