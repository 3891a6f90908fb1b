"""On XML as CVAT's documentation has it (docs.cvat.ai, "XML annotation format", 1.1)."""

import zipfile
from pathlib import Path

import pytest
from convert.pictures import edges, objects, picture, usable

from hrbench.convert.detect import convert
from hrbench.errors import DataError, RunError

LABELS = """
<meta><task><labels>
<label><name>mouse</name><type>skeleton</type><svg>{drawing}</svg></label>
<label><name>nose</name><type>points</type><parent>mouse</parent></label>
<label><name>left_ear</name><type>points</type><parent>mouse</parent></label>
<label><name>right_ear</name><type>points</type><parent>mouse</parent></label>
<label><name>cage</name><type>rectangle</type></label>
</labels></task></meta>"""
DRAWING = (
    '&lt;line data-type="edge" data-node-from="1" data-node-to="2"&gt;&lt;/line&gt;'
    '&lt;line data-type="edge" data-node-from="3" data-node-to="1"&gt;&lt;/line&gt;'
    + "".join(
        f'&lt;circle data-type="element node" data-node-id="{n}" data-label-name="{name}"&gt;'
        "&lt;/circle&gt;"
        for n, name in enumerate(("nose", "left_ear", "right_ear"), 1)
    )
)
MOUSE = """
<skeleton label="mouse" source="manual" z_order="0">
  <points label="left_ear" source="manual" outside="0" occluded="1" points="12.50,20.25"></points>
  <points label="nose" source="manual" outside="0" occluded="0" points="10.00,18.00"></points>
  <points label="right_ear" source="manual" outside="1" occluded="0" points="3.00,3.00"></points>
</skeleton>"""
BOX = '<box label="mouse" occluded="0" xtl="8.00" ytl="16.00" xbr="20.00" ybr="30.00"></box>'


def image(name: str, shapes: str, more: str = "") -> str:
    return f'<image id="0" name="{name}" {more} width="64" height="48">{shapes}</image>'


def written(folder: Path, body: str, drawing: str = DRAWING) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    start = '<?xml version="1.0" encoding="utf-8"?><annotations><version>1.1</version>'
    labels = LABELS.format(drawing=drawing)
    (folder / "annotations.xml").write_text(f"{start}{labels}{body}</annotations>", "utf-8")
    return folder / "annotations.xml"


def test_a_skeleton_is_an_object_with_hidden_and_absent_points(tmp_path: Path) -> None:
    picture(tmp_path / "images" / "1.png")
    file = written(tmp_path, image("1.png", MOUSE + BOX))
    made = convert(file, tmp_path / "out")
    assert made.skeleton.keypoints == ("nose", "left_ear", "right_ear")
    assert made.skeleton.flip_pairs == (("left_ear", "right_ear"),)
    assert objects(tmp_path / "out") == [
        ("images/1.png", [8, 16, 12, 14], [10, 18, 2, 12.5, 20.25, 1, 0, 0, 0])
    ]
    assert edges(tmp_path / "out") == (("nose", "left_ear"), ("right_ear", "nose"))
    assert (made.images, made.objects, made.left_out) == (1, 1, ())


def test_what_is_left_out_is_counted(tmp_path: Path) -> None:
    picture(tmp_path / "images" / "1.png")
    cage = '<box label="cage" xtl="40" ytl="40" xbr="60" ybr="45" group_id="3"></box>'
    turned = '<box label="cage" xtl="1" ytl="1" xbr="2" ybr="2" rotation="30.00"></box>'
    outline = '<polygon label="cage" points="1,1;2,2;3,1"></polygon>'
    point = '<points label="nose" points="1,1"></points>'
    body = image("1.png", MOUSE + cage + turned + outline + point) + image("2.png", "")
    made = convert(written(tmp_path, body), tmp_path / "out")
    assert sorted(made.left_out) == [
        "1 boxes that are turned",
        "1 boxes without a keypoint",
        "1 pictures without a keypoint",
        "1 points outside of skeletons",
        "1 shapes 'polygon'",
    ]


def test_tracks_have_the_pictures_that_cvat_saves_of_their_frames(tmp_path: Path) -> None:
    for number in (0, 6):
        picture(tmp_path / "images" / f"frame_{number:06d}.PNG")
        (tmp_path / "images" / f"frame_{number:06d}.txt").write_text("of another program")

    def skeleton(frame: int, outside: int, keyframe: int) -> str:
        return (
            f'<skeleton frame="{frame}" keyframe="{keyframe}" z_order="0"><points label="nose" '
            f'outside="{outside}" occluded="0" keyframe="{keyframe}" points="{frame + 1},2.50">'
            "</points></skeleton>"
        )

    track = skeleton(0, 0, 1) + skeleton(1, 1, 1) + skeleton(6, 0, 0)
    body = f'<track id="0" label="mouse" source="manual">{track}</track>'
    made = convert(written(tmp_path, body), tmp_path / "out")
    assert [(name, points[:3]) for name, _, points in objects(tmp_path / "out")] == [
        ("images/frame_000000.PNG", [1, 2.5, 2]),
        ("images/frame_000006.PNG", [7, 2.5, 2]),
    ]
    assert made.notes == ("1 objects are interpolated between frames that somebody annotated",)
    (tmp_path / "images" / "frame_000006.PNG").unlink()
    with pytest.raises(DataError, match=r"1 of 2 annotated frames .* frame_000006\.png; export it"):
        convert(tmp_path / "annotations.xml", tmp_path / "other")


def test_points_of_a_group_are_an_object(tmp_path: Path) -> None:
    picture(tmp_path / "1.png")
    shapes = "".join(
        f'<points label="{label}" occluded="0" points="{place}" group_id="{group}"></points>'
        for label, place, group in (
            *(("left_ear", "1,2", 1), ("nose", "3,4", 1)),
            *(("left_ear", "5,6", 2), ("right_ear", "7,8", 2)),
        )
    )
    box = '<box label="mouse" xtl="5" ytl="6" xbr="9" ybr="9" group_id="2"></box>'
    convert(written(tmp_path, image("1.png", shapes + box)), tmp_path / "out")
    assert [row[1:] for row in objects(tmp_path / "out")] == [
        ([5, 6, 4, 3], [5, 6, 2, 0, 0, 0, 7, 8, 2]),
        (None, [1, 2, 2, 3, 4, 2, 0, 0, 0]),
    ]


def test_a_shape_of_several_points_is_an_object(tmp_path: Path) -> None:
    picture(tmp_path / "1.png")
    shapes = (
        '<points label="fish" points="1,2;3,4"></points><points label="fish" points="5,6;7,8"/>'
    )
    made = convert(written(tmp_path, image("1.png", shapes)), tmp_path / "out")
    assert made.skeleton.keypoints == ("point_0", "point_1")
    assert [row[2] for row in objects(tmp_path / "out")] == [[1, 2, 2, 3, 4, 2], [5, 6, 2, 7, 8, 2]]


def test_subsets_are_splits(tmp_path: Path) -> None:
    names = {"a/1.png": "Train", "b/1.png": "Validation", "b/2.png": "Test"}
    body = "".join(image(name, MOUSE, f'subset="{subset}"') for name, subset in names.items())
    for name in names:
        picture(tmp_path / "images" / name)
    convert(written(tmp_path, body), tmp_path / "out")
    for split, name in (("train", "a/1.png"), ("val", "b/1.png"), ("test", "b/2.png")):
        assert [row[0] for row in objects(tmp_path / "out", f"{split}.json")] == [f"images/{name}"]
    assert usable(tmp_path / "out") == ("train", "val", "test")


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (image("1.png", MOUSE.replace("10.00,18.00", "10.00")), "'10.00' is not 2 numbers"),
        (image("1.png", MOUSE.replace("10.00,18.00", "10.00,nan")), "'10.00,nan' is not 2 numbers"),
        (image("1.png", MOUSE.replace("10.00,18.00", "a,b")), "could not convert string"),
        (image("1.png", MOUSE.replace("10.00,18.00", "1,2;3,4")), "'nose' has several places"),
        (image("1.png", MOUSE + MOUSE.replace('label="mouse"', 'label="cage"')), "of one of them"),
        (image("1.png", BOX), "has no skeletons and no points"),
        (image("gone.png", MOUSE), r"gone\.png is neither beside it"),
        (image("1.png", '<points label="a" points="1,2"/>' * 2), "'a' stands twice in one object"),
        (image("1.png", '<points label="a" points="1,2;3,4"/><points label="a" points="1,2"/>'),
         "have 1, 2 points"),
        (image("1.png", MOUSE).replace('"64"', '"100"'), "annotated as 100 x 48 pixels and has 64"),
        ("<image", "is not XML: "),
        ("", "neither images nor tracks"),
        ('<track task_id="1"/><track task_id="2"/>', "frames of 2 tasks"),
        ('<track id="4"><points frame="x"/></track>', "a shape of track 4 is of no frame"),
    ],
)  # fmt: skip
def test_what_is_not_right_is_said_in_a_sentence(body: str, words: str, tmp_path: Path) -> None:
    picture(tmp_path / "images" / "1.png")
    with pytest.raises(DataError, match=words):
        convert(written(tmp_path, body), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_an_encoding_that_nobody_knows_is_said(tmp_path: Path) -> None:
    (tmp_path / "a.xml").write_text('<?xml version="1.0" encoding="mouse"?><annotations/>')
    with pytest.raises(DataError, match="is not XML: unknown encoding"):
        convert(tmp_path / "a.xml", tmp_path / "out")


def test_xml_that_defines_text_of_its_own_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "a.xml").write_text('<!DOCTYPE a [<!ENTITY b "c">]><annotations>&b;</annotations>')
    with pytest.raises(DataError, match="document type of its own"):
        convert(tmp_path / "a.xml", tmp_path / "out")


@pytest.mark.parametrize("pictures", [True, False])
def test_an_archive_is_unpacked_beside_what_is_made_of_it(pictures: bool, tmp_path: Path) -> None:
    export = tmp_path / "export"
    file = written(export, image("1.png", MOUSE))
    image_file = picture(tmp_path / ("" if pictures else "images") / "1.png")
    with zipfile.ZipFile(tmp_path / "task.zip", "w") as archive:
        archive.write(file, "annotations.xml")
        if pictures:
            archive.write(image_file, "images/1.png")
            image_file.unlink()
    convert(tmp_path / "task.zip", tmp_path / "out")
    place = "images/1.png" if pictures else "../../images/1.png"
    assert [row[0] for row in objects(tmp_path / "out")] == [place]
    assert (tmp_path / "out/task/annotations.xml").is_file()
    with pytest.raises(RunError, match="task is there already"):
        convert(tmp_path / "task.zip", tmp_path / "out")


def test_an_archive_that_cannot_be_converted_leaves_nothing(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "task.zip", "w") as archive:
        archive.writestr("annotations.xml", "<annotations/>")
    with pytest.raises(DataError, match="neither images nor tracks"):
        convert(tmp_path / "task.zip", tmp_path / "out")
    assert not (tmp_path / "out").exists()
    (tmp_path / "bad.zip").write_bytes(b"PK")
    with pytest.raises(DataError, match=r"bad\.zip cannot be unpacked"):
        convert(tmp_path / "bad.zip", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_missing_picture_does_not_move_the_others_to_another_session(tmp_path: Path) -> None:
    for name in ("1.png", "2.png"):
        picture(tmp_path / "day1" / name)
    picture(tmp_path / "day2" / "1.png")
    file = written(tmp_path / "day2", image("1.png", MOUSE) + image("2.png", MOUSE))
    with pytest.raises(DataError, match=r"2\.png is neither .* in .*day2, where others are \(1 of"):
        convert(file, tmp_path / "out")
    (tmp_path / "day2" / "1.png").unlink()
    made = convert(file, tmp_path / "out")
    assert made.notes == (f"the images are those of their names in {tmp_path / 'day1'}",)
    for name in ("1.png", "2.png"):
        picture(tmp_path / "day3" / name)
    with pytest.raises(DataError, match=r"in .*day1 or those in .*day3; name their folder"):
        convert(file, tmp_path / "other")


def test_pictures_of_a_folder_that_is_there_are_in_no_other(tmp_path: Path) -> None:
    picture(tmp_path / "day1" / "1.png")
    (tmp_path / "day2").mkdir()
    with pytest.raises(DataError, match=r"day2/1\.png is neither beside it"):
        convert(written(tmp_path, image("day2/1.png", MOUSE)), tmp_path / "out")


def test_a_missing_frame_is_not_taken_from_another_session(tmp_path: Path) -> None:
    for name in ("day1/images/frame_000000.png", "day1/images/frame_000001.png"):
        picture(tmp_path / name)
    picture(tmp_path / "day2/images/frame_000001.png")
    body = "".join(
        MOUSE.replace("<skeleton", f'<skeleton frame="{frame}" keyframe="1"') for frame in (0, 1)
    )
    file = written(tmp_path / "day2", f'<track id="0" label="mouse">{body}</track>')
    with pytest.raises(DataError, match=r"1 of 2 annotated frames .* frame_000000\.png; export it"):
        convert(file, tmp_path / "out")


def test_a_file_without_its_labels_is_said(tmp_path: Path) -> None:
    picture(tmp_path / "1.png")
    file = written(tmp_path, image("1.png", MOUSE))
    said = file.read_text("utf-8")
    file.write_text(said[: said.index("<meta>")] + said[said.index("</meta>") + 7 :], "utf-8")
    with pytest.raises(DataError, match="skeletons of mouse, and its <meta> does not list"):
        convert(file, tmp_path / "out")
