"""Which images of a file train, validate and are kept for a test.

Where the dataset's file has a table `[split]`, scikit-learn draws them, group by group; else the
share with the lowest hashes of seed and name validates. Neither heeds the order of the file.

Letters: M images, G groups, S strata.
"""

import hashlib
import re
import warnings
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from hrbench.data.divided import TEST, TRAINING, VALIDATION, Divided
from hrbench.errors import DataError
from hrbench.spec import DatasetSpec, Split
from hrbench.spec.division import FOLDER, Division

FEWEST = 2  # images of a file that can be divided
DRAWS = 100  # of groups, of which the one counts that comes nearest to the shares
TOLD = 3  # values that a message names
TELLING = (  # fields whose values images of one video, animal or person share
    *("video", "video_id", "video_name", "clip", "clip_id", "sequence", "sequence_id", "session"),
    *("session_id", "subject", "subject_id", "animal", "animal_id", "individual", "person_id"),
    *("patient", "patient_id"),
)
Values = Mapping[str, Sequence[Sequence[str]]]  # (M,) of a field, those that each image has
NO_VALUES: Values = MappingProxyType({})


def of_part(
    names: Sequence[str], dataset: DatasetSpec, split: Split, values: Values = NO_VALUES
) -> NDArray[np.bool_]:
    """Return which images of a file, by their names, are of a split: all, where it is whole.

    Raises:
        DataError: they cannot be divided as the dataset's file says.
    """
    if split.part is None:
        return np.ones(len(names), dtype=np.bool_)
    return np.asarray(divided(names, dataset, values).part == split.part)


def divided(names: Sequence[str], dataset: DatasetSpec, values: Values = NO_VALUES) -> Divided:
    """Return how a file's images are divided.

    Args:
        names: of the M images.
        dataset: that says how.
        values: of the fields that it names, as far as the file has them.

    Raises:
        DataError: a field is missing, or there are too few groups.
    """
    rule = dataset.split
    if rule is None:
        held_out = in_validation(names, dataset.validation_share, dataset.split_seed)
        part = np.where(held_out, VALIDATION, TRAINING)
        leaking = tuple(_leaking(values, part))
        return Divided(None, tuple(names), part, np.array(names, np.str_), leaking)
    said = {**values, **_of_names(names, rule)}
    if missing := [name for name in rule.fields if name not in said]:
        raise DataError(
            f"split: nothing says '{missing[0]}' of each image; name a field of the annotations, "
            "or a group of `pattern`, which reads names of images"
        )
    group = _groups(names, said[rule.by]) if rule.grouped else np.array(names, np.str_)
    strata = ["+".join(sorted(one)) for one in said[rule.stratify]] if rule.stratify else []
    order = np.argsort(np.array(names, np.str_), kind="stable")
    label = np.array(strata or [""] * len(names), np.str_)
    part = np.full(len(names), TRAINING, dtype="<U10")
    part[order] = _parts(group[order], label[order], rule)
    others = {name: own for name, own in values.items() if name not in rule.fields}
    leaking = () if rule.grouped else tuple(_leaking(others, part))
    return Divided(rule, tuple(names), part, group, leaking)


def _leaking(values: Values, part: NDArray[np.str_]) -> Iterator[str]:
    """Yield in a sentence of each field how many of its values are trained on and measured."""
    for field in (name for name in TELLING if name in values):
        sides: list[set[str]] = [set(), set()]
        for own, where in zip(values[field], part.tolist(), strict=True):
            sides[where == TRAINING].update(own)
        both, every = sorted(sides[0] & sides[1]), sides[0] | sides[1]
        if both and len(every) > 1:
            some = ", ".join(both[:TOLD]) + ", …" * (len(both) > TOLD)
            yield (
                f"{len(both)} of the {len(every)} values of '{field}' are trained on and measured "
                f'too ({some}): by = "{field}" in [split] keeps them apart (docs/splits.md)'
            )


def in_validation(names: Sequence[str], share: float, seed: int) -> NDArray[np.bool_]:
    """Return which images validate: the share with the lowest hashes of seed and name.

    So the order of a file does not matter, and images that are added move few others.
    """
    hashes = [hashlib.sha256(f"{seed}/{name}".encode()).hexdigest() for name in names]
    count = min(max(1, round(share * len(names))), len(names) - 1) if names else 0
    held_out = np.zeros(len(names), dtype=np.bool_)
    held_out[np.argsort(hashes)[:count]] = True
    return held_out


def _of_names(names: Sequence[str], rule: Division) -> dict[str, list[list[str]]]:
    """Return the folder in each name, and what the pattern finds there.

    Raises:
        DataError: it finds nothing in some.
    """
    folders = {FOLDER: [[name.rpartition("/")[0]] for name in names]}
    if rule.pattern is None:
        return folders
    found = [re.search(rule.pattern, name) for name in names]
    odd = [name for name, match in zip(names, found, strict=True) if match is None]
    if odd:
        raise DataError(
            f"split: the pattern finds nothing in {len(odd)} of {len(names)} names of images "
            f"({', '.join(odd[:TOLD])}{', …' * (len(odd) > TOLD)})"
        )
    matches = [match.groupdict() for match in found if match is not None]
    return folders | {
        name: [[said[name]] if said[name] is not None else [] for said in matches]
        for name in rule.of_names - {FOLDER}
    }


def _groups(names: Sequence[str], values: Sequence[Sequence[str]]) -> NDArray[np.str_]:
    """Return the group of each image, which shares a value with others of it, by one way or more.

    An image that shows two animals joins those of both; one that shows none is by itself.
    """
    from scipy.sparse import coo_array  # noqa: PLC0415  both take a while
    from scipy.sparse.csgraph import connected_components  # noqa: PLC0415

    distinct = dict.fromkeys(value for own in values for value in own)
    known = {value: place for place, value in enumerate(distinct)}
    image = [row for row, own in enumerate(values) for _ in own]
    value = [len(names) + known[one] for own in values for one in own]
    size = len(names) + len(known)
    links = coo_array((np.ones(len(image)), (image, value)), shape=(size, size))
    _, component = connected_components(links, directed=False)
    of_component: dict[int, list[str]] = {}
    for one, place in known.items():
        of_component.setdefault(int(component[len(names) + place]), []).append(one)
    return np.array(
        [
            "+".join(sorted(of_component[own])) if own in of_component else name
            for name, own in zip(names, component[: len(names)].tolist(), strict=True)
        ],
        np.str_,
    )


def _parts(group: NDArray[np.str_], stratum: NDArray[np.str_], rule: Division) -> NDArray[np.str_]:
    """Return the part of each of M images, sorted by their names."""
    part = np.full(len(group), TRAINING, dtype="<U10")
    _require_groups(group, rule, (rule.folds or FEWEST) + bool(rule.test))
    if rule.test:
        part[_drawn(group, stratum, rule.test, rule.seed)] = TEST
        _require_groups(group[part != TEST], rule, rule.folds or FEWEST, " beside the test")
    rest = np.flatnonzero(part != TEST)
    if rule.folds is None:
        share = rule.validation / (1 - rule.test)
        chosen = _drawn(group[rest], stratum[rest], share, rule.seed)
    else:
        chosen = _fold(group[rest], stratum[rest], rule)
    part[rest[chosen]] = VALIDATION
    return part


def _require_groups(group: NDArray[np.str_], rule: Division, needed: int, where: str = "") -> None:
    count = len(np.unique(group))
    if count < needed:
        parts = f"{rule.folds} folds" if rule.folds else "training and validation"
        parts += " and a test" if rule.test and not where else ""
        first = f" ({group[0]})" if count == 1 else ""
        raise DataError(
            f"split: {count} {rule.by}{'s' * (count != 1)}{first}{where}, and {parts} need "
            f"{needed}: annotate more, or divide by something else"
        )


def _drawn(
    group: NDArray[np.str_], stratum: NDArray[np.str_], share: float, seed: int
) -> NDArray[np.intp]:
    """Return which images are held out: whole groups, and of each stratum nearly its share.

    Of several draws that one whose counts are nearest to the share of each stratum.
    """
    from sklearn.model_selection import GroupShuffleSplit  # noqa: PLC0415  takes a second

    groups, of_group = np.unique(group, return_inverse=True)
    strata, of_stratum = np.unique(stratum, return_inverse=True)
    counts = np.zeros((len(groups), len(strata)))
    np.add.at(counts, (of_group, of_stratum), 1)
    wanted = share * counts.sum(axis=0)
    held_out = min(max(1, round(share * len(groups))), len(groups) - 1)
    splitter = GroupShuffleSplit(DRAWS, test_size=held_out, random_state=seed)
    draws = [test for _, test in splitter.split(groups, groups=groups)]
    off = [np.abs(counts[test].sum(axis=0) - wanted).sum() for test in draws]
    return np.flatnonzero(np.isin(of_group, draws[int(np.argmin(off))]))


def _fold(group: NDArray[np.str_], stratum: NDArray[np.str_], rule: Division) -> NDArray[np.intp]:
    """Return which images validate in a fold."""
    from sklearn.model_selection import StratifiedGroupKFold  # noqa: PLC0415  takes a second

    folds = rule.folds or FEWEST
    if np.unique(stratum, return_counts=True)[1].max() < folds:
        raise DataError(
            f"split: no value of '{rule.stratify}' is that of {folds} images, so that as many "
            "folds cannot share it out; leave stratify out, or take fewer folds"
        )
    splitter = StratifiedGroupKFold(folds, shuffle=True, random_state=rule.seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # of a stratum with fewer than the folds
        held_out = [test for _, test in splitter.split(group, stratum, group)]
    return np.asarray(held_out[(rule.fold or 1) - 1])
