import tomllib

from hrbench.convert.specs import dataset_toml, task_toml

ODD = ('a "quoted" name', "back\\slash", "Schnäuzchen", "line\nbreak\x7f", "{brace}")


def test_any_name_survives_toml() -> None:
    pairs = [(ODD[0], ODD[1])]
    text = dataset_toml(ODD[2], ODD[0], ODD, pairs, pairs, files={"": (ODD[3], ODD[4])})
    said = tomllib.loads(text)
    assert tuple(said["keypoints"]) == ODD
    assert said["flip_pairs"] == said["edges"] == [list(pairs[0])]
    assert said["name"] == ODD[2]
    assert said["splits"]["val"]["annotations"] == ODD[3]
    assert said["splits"]["train"]["images"] == [ODD[4]]
    assert tomllib.loads(task_toml(ODD[2], ODD[1], dataset=ODD[3]))["dataset"] == ODD[3]


def test_without_pairs_and_edges_the_lists_are_empty() -> None:
    said = tomllib.loads(dataset_toml("a", "b", ["c"], [], [], files={"": ("d", "e")}))
    assert said["flip_pairs"] == said["edges"] == []
