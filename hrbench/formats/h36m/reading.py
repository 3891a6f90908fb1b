"""Human3.6M as people have it: in which form it lies in a folder, and what that says.

Of several, the first of `FORMS` counts. Cameras are those of a file in the folder, and where
there is none those of hrbench's own table.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from hrbench import catalog
from hrbench.cameras import PROJECTIONS, Cameras
from hrbench.data import clips as making
from hrbench.data.clips import Motion, Positions
from hrbench.errors import DataError
from hrbench.formats.contract import SplitClips
from hrbench.formats.h36m import camera_files, cdf, martinez, mmpose, videopose
from hrbench.formats.location import DataRoot, require, split_of
from hrbench.lints import plausible_motion
from hrbench.spec import DatasetSpec, LiftingProtocol

GROUND_TRUTH = "gt"
CAMERAS = ("cameras.pkl", "cameras.h5", "metadata.xml", "annotation_body3d/cameras.pkl")
TABLE = "h36m_cameras.csv"
FILES = (".npz", ".npy")  # of detections
OfSubject = tuple[str, str]  # subject, name


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is looked for in a folder."""

    root: Path
    split: str
    subjects: Sequence[str]
    keypoints: str  # gt, a name, or a file
    projection: str
    joint_map: str
    excluded: frozenset[OfSubject]  # that are not read


def read(
    protocol: LiftingProtocol,
    dataset: DatasetSpec,
    data_root: DataRoot,
    split: str,
    keypoints: str,
) -> SplitClips:
    """Return the clips of a split with the keypoints named.

    Raises:
        MissingDatasetError: no form of Human3.6M is in the folder.
        DataError: a file is missing or not right.
    """
    root = data_root.folder / dataset.folder
    of_form = _form(root)
    if of_form is None:
        require(dataset, data_root.folder, *(mark for mark, _ in FORMS))  # none is: it says so
        of_form = FORMS[0][1]
    subjects = split_of(dataset, split).subjects
    wanted = Wanted(
        root,
        split,
        subjects,
        keypoints,
        protocol.projection,
        protocol.joint_map,
        frozenset(map(sequence_of, protocol.excluded)),
    )
    return of_form(wanted)


def unread(dataset: DatasetSpec, data_root: DataRoot, keypoints: Sequence[str]) -> dict[str, str]:
    """Return the keys of the protocol that none of some 2D keypoints needs, each with the reason.

    Joints are projected where no file has the ground truth; keypoints of a file in
    VideoPose3D's form are what joints can be mapped of.
    """
    root = data_root.folder / dataset.folder
    if _form(root) is _mmpose:
        words = "mmpose's annotations have their own keypoints"
        return {"projection": words, "joint_map": words}
    files = {name: _file(root, name).exists() for name in keypoints}
    reasons = {}
    if files.get(GROUND_TRUTH, True):
        reasons["projection"] = f"the 2D keypoints '{', '.join(keypoints)}' are read, not projected"
    if not any(files.values()):
        reasons["joint_map"] = f"the 2D keypoints '{', '.join(keypoints)}' are of the 17 joints"
    return reasons


def _form(root: Path) -> Callable[[Wanted], SplitClips] | None:
    return next((of_form for mark, of_form in FORMS if any(root.glob(mark))), None)


def _file(root: Path, keypoints: str) -> Path:
    """Return where a file of 2D keypoints lies, by its name or its path."""
    given = Path(keypoints)
    return given if given.suffix in FILES else root / videopose.KEYPOINTS_FILE.format(keypoints)


def sequence_of(name: str) -> OfSubject:
    """Return subject and sequence of what protocol.excluded names, "S11/Directions"."""
    subject, _, sequence = name.partition("/")
    return subject, sequence


def name_of(given: str) -> str:
    """Return how a protocol names detections: without folder, prefix and suffix of their file."""
    path = Path(given)
    if path.suffix in FILES:
        return path.stem.removeprefix(videopose.KEYPOINTS_FILE.partition("{")[0])
    return given


def _videopose(wanted: Wanted) -> SplitClips:
    file = wanted.root / videopose.JOINTS_FILE
    return _from_motions(videopose.motions(file, wanted.subjects), [file], wanted)


def _martinez(wanted: Wanted) -> SplitClips:
    motions = martinez.motions(wanted.root, wanted.subjects)
    files = sorted(wanted.root.glob("S*/MyPoses/3D_positions/*.h5"))
    return _from_motions(motions, files, wanted)


def _release(wanted: Wanted) -> SplitClips:
    motions = cdf.motions(wanted.root, wanted.subjects)
    files = sorted(wanted.root.glob("S*/MyPoseFeatures/D3_Positions/*.cdf"))
    return _from_motions(motions, files, wanted)


def _from_motions(motions: list[Motion], files: list[Path], wanted: Wanted) -> SplitClips:
    cameras, camera_files = _cameras(wanted)
    names = [f"{motion.subject} {motion.name}" for motion in motions]
    place = files[0].name if len(files) == 1 else "the files of joints"
    step, faults = plausible_motion.unit(names, [motion.joints for motion in motions], place)
    kept = [motion for motion in motions if (motion.subject, motion.name) not in wanted.excluded]
    excluded = frozenset((m.subject, m.name) for m in motions) & wanted.excluded
    in_mm = [
        replace(motion, joints=motion.joints * step) if step != 1 else motion for motion in kept
    ]
    project, used = PROJECTIONS[wanted.projection], [*files, *camera_files]
    clips = making.views(in_mm, cameras, project)
    detected = _detections(wanted, cameras)
    if detected is None:
        return SplitClips(clips, used, faults, excluded)  # as the cameras project the joints
    seen = making.with_keypoints(clips, detected.positions, detected.place)
    faults += plausible_motion.keypoints(seen, project, detected.place)
    return SplitClips(seen, [*used, *detected.files], faults, excluded)


@dataclass(frozen=True, slots=True, eq=False)
class Detections:
    """2D keypoints of every clip."""

    positions: Positions
    place: str  # the file or folder that they are in, for messages
    files: list[Path]


def _detections(wanted: Wanted, cameras: Cameras) -> Detections | None:
    """Return the 2D keypoints that are named; None for the ground truth that no file has."""
    file = _file(wanted.root, wanted.keypoints)
    folder = martinez.HOURGLASSES.get(wanted.keypoints, "")
    if folder and any(wanted.root.glob(f"S*/{folder}")) and not file.exists():
        positions = martinez.keypoints(wanted.root, wanted.subjects, wanted.keypoints)
        return Detections(positions, folder, sorted(wanted.root.glob(f"S*/{folder}/*.h5")))
    if not file.exists():
        if wanted.keypoints == GROUND_TRUTH:
            return None
        raise DataError(
            f"{file} does not exist: 2D keypoints called '{wanted.keypoints}'; fetch them, name "
            "others with --keypoints, or lift the ground truth, --keypoints gt"
        )
    names = [camera.name for camera in next(iter(cameras.values()))]
    positions = videopose.keypoints(
        file, wanted.subjects, names, from_coco=wanted.joint_map != "none"
    )
    return Detections(positions, file.name, [file])


def _mmpose(wanted: Wanted) -> SplitClips:
    folder = wanted.root / mmpose.FOLDER
    places = [folder / name.format(wanted.split) for name in mmpose.FILES]
    file = next((place for place in places if place.exists()), None)
    if file is None:
        raise DataError(f"{places[0]} does not exist; mmpose's converter writes it")
    table = mmpose.read(file)
    keypoints, used = table.keypoints, [file]
    if wanted.keypoints != GROUND_TRUTH:
        detected = Path(wanted.keypoints)
        if not detected.is_file():
            raise DataError(
                f"--keypoints {wanted.keypoints}: beside mmpose's annotations it is gt, or a .npy "
                "file of detections aligned with them"
            )
        keypoints = mmpose.detections(detected, table)
        used.append(detected)
    step, faults = plausible_motion.unit([file.name], [table.joints], file.name)
    if step != 1:
        table = replace(table, joints=table.joints * step)
    cameras, camera_files = _cameras(wanted)
    everything = mmpose.clips(table, keypoints, cameras)
    clips = [clip for clip in everything if clip.key[:2] not in wanted.excluded]
    excluded = frozenset(clip.key[:2] for clip in everything) & wanted.excluded
    faults += plausible_motion.keypoints(clips, PROJECTIONS[wanted.projection], used[-1].name)
    return SplitClips(clips, [*used, *camera_files], faults, excluded)


def _cameras(wanted: Wanted) -> tuple[Cameras, list[Path]]:
    for name in CAMERAS:
        if (wanted.root / name).exists():
            return camera_files.read(wanted.root / name), [wanted.root / name]
    table = catalog.folder("datasets") / TABLE
    return camera_files.builtin(table), [table]


FORMS: tuple[tuple[str, Callable[[Wanted], SplitClips]], ...] = (  # by what tells that one is there
    (videopose.JOINTS_FILE, _videopose),
    (f"S*/{martinez.JOINTS.as_posix()}", _martinez),
    (f"S*/{cdf.JOINTS.as_posix()}", _release),
    (mmpose.FOLDER, _mmpose),
)
