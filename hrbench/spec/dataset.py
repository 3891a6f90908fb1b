"""What a dataset's file may say: what its points or classes are called, where its files lie."""

from collections.abc import Callable
from fnmatch import fnmatchcase
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from hrbench.spec.division import OF_ONE_SHARE, Division
from hrbench.spec.download import Download
from hrbench.spec.tables import Count, FromList, NamePairs, Names, Sizes, Table


class Split(Table):
    """The files of a split, below the dataset's folder."""

    annotations: str = ""  # the file that says what is in the images
    images: Names = ()  # folders, of which the first that exists counts
    release: Names = ()  # of faces: what the original release has instead of `annotations`
    attribute: str | None = None  # of faces: the flag in that release that chooses them
    subset_of: str | None = None  # of faces: the split whose record has this one's figures besides
    part: Literal["training", "validation", "test"] | None = None  # of the file's images
    heads: str | None = None  # of MPII: the .mat file with the truth to score against
    subjects: Names = ()  # of Human3.6M, whose files are not divided by split
    synsets: str | None = None  # of ImageNet: the .mat file that numbers the classes
    solution: str | None = None  # of ImageNet: Kaggle's table, which does for the two others
    detections: str | None = None
    num_images: Count | None = None  # of the real dataset
    num_samples: Count | None = None  # persons or faces of the real dataset
    annotated: bool = True  # False: the truth is hidden, as on test-dev


FaceGroups = Annotated[tuple[Names, Names], FromList]


class Turn(Table):
    """The points that tell how far a face is turned to a side."""

    eyes: Annotated[tuple[str, str], FromList]  # the outer corners, the person's right one first
    nose: str  # its tip


class DatasetSpec(Table):
    """What a dataset's points or classes are called, and where its files lie."""

    name: str
    title: str
    homepage: str = ""
    licence: str = ""
    citation: str = ""
    format: str  # how its files are read: a key of `formats.registry.FORMATS`
    folder: str  # below --data
    complete: bool = False  # COCO's format: every field is there; else boxes, areas are derived
    keypoints: Names = ()
    keypoints_field: str = "keypoints"  # COCO's format: what the annotations call them
    classes: dict[str, str] = Field(default_factory=dict)  # folder: name, as the network counts
    flip_pairs: NamePairs = ()  # left and right, which change places in a mirror
    upper_body: Names = ()  # for the half-body augmentation
    edges: NamePairs = ()  # drawn as limbs
    sigmas: Sizes | None = None  # per keypoint, for OKS; without them there is no AP
    counted_from: Literal[0, 1] = 0  # of faces: the number of the first pixel in the files
    # The distance between the means of two groups of points.
    normalisers: dict[str, FaceGroups] = Field(default_factory=dict)
    regions: dict[str, Names] = Field(default_factory=dict)  # of faces: patterns of points' names
    turn: Turn | None = None  # of faces: what tells their yaw
    validation_share: Annotated[float, Field(gt=0, lt=1)] = 0.2  # of images, where `part` is named
    split_seed: Annotated[int, Field(ge=0)] = 0  # that chooses them
    split: Division | None = None  # which images make those parts, instead of a share by name
    renamed: dict[str, str] = Field(default_factory=dict)  # files: where others put the same ones
    issuers: dict[str, str] = Field(default_factory=dict)  # file or folder: who issues it
    downloads: Annotated[tuple[Download, ...], FromList] = ()  # what `hrbench fetch` gets
    splits: dict[str, Split]

    @model_validator(mode="after")
    def _says_what_it_is_of(self) -> Self:
        if bool(self.keypoints) == bool(self.classes):
            raise ValueError("name keypoints or classes, one of them")
        for name, split in self.splits.items():
            if self.keypoints and not (split.annotations or split.subjects):
                raise ValueError(f"splits: {name}: the key 'annotations' is missing")
        return self

    @model_validator(mode="after")
    def _points_agree(self) -> Self:
        if len(set(self.keypoints)) != len(self.keypoints):
            raise ValueError("keypoints: a name stands twice")
        if self.sigmas is not None and len(self.sigmas) != len(self.keypoints):
            raise ValueError(
                f"sigmas: {len(self.sigmas)} numbers for {len(self.keypoints)} keypoints"
            )
        pairs = {"flip_pairs": self.flip_pairs, "edges": self.edges}
        named = {key: [name for pair in value for name in pair] for key, value in pairs.items()}
        for key, groups in self.normalisers.items():
            named[f"normalisers: {key}"] = [name for group in groups for name in group]
        if self.turn is not None:
            named["turn"] = [*self.turn.eyes, self.turn.nose]
        for key, names in {**named, "upper_body": self.upper_body}.items():
            for name in names:
                if name not in self.keypoints:
                    raise ValueError(f"{key}: no keypoint is called '{name}'")
        if len(set(named["flip_pairs"])) != len(named["flip_pairs"]):
            raise ValueError("flip_pairs: a keypoint has two partners")
        return self

    @model_validator(mode="after")
    def _is_divided_by_one_rule(self) -> Self:
        parts = {split.part for split in self.splits.values()} - {None}
        if self.split is None:
            if "test" in parts:
                raise ValueError('splits: part = "test" needs a table [split] with its share, test')
            return self
        fields = type(self).model_fields  # a run's folder writes all of them
        for key in OF_ONE_SHARE:
            if getattr(self, key) != fields[key].default:
                raise ValueError(f"{key}: the table [split] says validation and seed instead")
        if not parts:
            raise ValueError("split: no split says which part it is: 'training', 'validation'")
        if "test" in parts and not self.split.test:
            raise ValueError("split: the key 'test' is missing, the share of the part 'test'")
        if len(files := self.divided_files) > 1:
            raise ValueError(f"split: it divides the images of one file, not of {len(files)}")
        if odd := [name for name, one in self.splits.items() if one.part and one.release]:
            raise ValueError(f"splits: {odd[0]}: part divides a file, and no original release")
        return self

    @model_validator(mode="after")
    def _parts_are_of_the_whole(self) -> Self:
        owner: dict[str, str] = {}
        for region, patterns in self.regions.items():
            for pattern in patterns:
                points = [name for name in self.keypoints if fnmatchcase(name, pattern)]
                if not points:
                    raise ValueError(f"regions: {region}: no keypoint is called '{pattern}'")
                for point in points:
                    if owner.setdefault(point, region) != region:
                        raise ValueError(f"regions: '{point}' is in {owner[point]} and {region}")
        for name, split in self.splits.items():
            if split.subset_of is not None and split.subset_of not in self.splits:
                raise ValueError(f"splits: {name}: subset_of: no split is '{split.subset_of}'")
        for name in (name for one in self.downloads for name in one.splits):
            if name not in self.splits:
                raise ValueError(f"downloads: splits: no split is '{name}'")
        return self

    @property
    def divided(self) -> bool:
        """Whether some of its splits are parts of one file."""
        return any(split.part is not None for split in self.splits.values())

    @property
    def divided_files(self) -> set[tuple[str, Names]]:
        """The annotations and folders of images whose parts its splits are."""
        parts = (split for split in self.splits.values() if split.part is not None)
        return {(split.annotations, split.images) for split in parts}

    @property
    def grouped(self) -> bool:
        """Whether its images are divided by what some of them have alike."""
        return self.split is not None and self.split.grouped

    def placed(self, place: Callable[[str | None], str | None]) -> Self:
        """Return this dataset with its files of annotations and heads where `place` says."""
        splits = {
            key: split.model_copy(
                update={"annotations": place(split.annotations), "heads": place(split.heads)}
            )
            for key, split in self.splits.items()
        }
        return self.model_copy(update={"splits": splits})

    def indices(self, pairs: NamePairs) -> tuple[tuple[int, int], ...]:
        """Return pairs of names as pairs of positions in `keypoints`."""
        place = {name: index for index, name in enumerate(self.keypoints)}
        return tuple((place[left], place[right]) for left, right in pairs)

    def normaliser_groups(self) -> dict[str, tuple[list[int], list[int]]]:
        """Return the two groups of each normaliser as positions in `keypoints`."""
        place = {name: index for index, name in enumerate(self.keypoints)}
        return {
            name: ([place[point] for point in one], [place[point] for point in other])
            for name, (one, other) in self.normalisers.items()
        }

    def region_groups(self) -> dict[str, list[int]]:
        """Return the positions in `keypoints` of each region's points."""
        return {
            region: [
                index
                for index, name in enumerate(self.keypoints)
                if any(fnmatchcase(name, pattern) for pattern in patterns)
            ]
            for region, patterns in self.regions.items()
        }

    def turn_points(self) -> tuple[int, int, int] | None:
        """Return the positions in `keypoints` of what tells the yaw: right, left, nose."""
        if self.turn is None:
            return None
        right, left, nose = map(self.keypoints.index, (*self.turn.eyes, self.turn.nose))
        return right, left, nose
