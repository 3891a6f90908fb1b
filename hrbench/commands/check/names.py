"""What a dataset's file says of its keypoints, before the rest of it is looked at."""

from typing import Any

import pydantic

from hrbench.data.faults import Fault
from hrbench.lints import keypoint_names
from hrbench.spec import NamePairs, Names, Table


class Named(Table):
    """The keys that name keypoints."""

    keypoints: Names
    flip_pairs: NamePairs = ()
    edges: NamePairs = ()
    sigmas: list[float] | None = None


def faults_of_file(raw: dict[str, Any]) -> list[Fault]:
    """Return all that is wrong with what a dataset's file says of its keypoints, and what is odd.

    Nothing where it says it in a form that no dataset's file has: reading it says that.
    """
    try:
        said = Named.model_validate({key: raw[key] for key in Named.model_fields if key in raw})
    except pydantic.ValidationError:
        return []
    return keypoint_names.names_faults(said.keypoints, said.flip_pairs, said.edges, said.sigmas)
