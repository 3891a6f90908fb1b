"""The networks that goldens describe: built for the tensors that they list, and watched."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any
from unittest.mock import patch

import torch
from golden import recipe
from golden.ledger import Ledger
from torch import Tensor, nn

from hrbench import network
from hrbench.backbone import fitting, hrnet, layouts, resnet, weights
from hrbench.backbone.input import IMAGENET, Normalisation
from hrbench.backbone.layouts import Layout
from hrbench.backbone.registry import BACKBONES, of_hrnet, of_resnet
from hrbench.heads.classify import ClassificationHead
from hrbench.network import ImageNetwork
from hrbench.spec import HeatmapModel

Shapes = Mapping[str, tuple[int, ...]]  # by the official names
Loaded = tuple[ImageNetwork, Layout]  # of its checkpoint
GOLDEN = "golden"  # the name of a backbone of the size that a golden has


def shapes_of(described: Any) -> dict[str, tuple[int, ...]]:
    return {name: tuple(shape) for name, shape in described["state_dict"]}


def repeats(shapes: Shapes, beginning: str) -> int:
    """Return how many numbered parts there are whose names begin so."""
    rests = [name.removeprefix(beginning) for name in shapes if name.startswith(beginning)]
    return len({rest.split(".")[0] for rest in rests})


def hrnet_size(shapes: Shapes) -> hrnet.Size:
    """Return the width and the depth of an official HRNet."""
    two, three, four = (repeats(shapes, f"stage{number}.") for number in (2, 3, 4))
    return hrnet.Size(
        shapes["stage2.0.branches.0.0.conv1.weight"][0],
        modules=(two, three, four),
        blocks=repeats(shapes, "stage2.0.branches.0."),
        stem_blocks=repeats(shapes, "layer1."),
        stem_width=shapes["layer1.0.conv1.weight"][0],
    )


def resnet_size(shapes: Shapes) -> resnet.Size:
    """Return the width and the depth of an official ResNet."""
    one, two, three, four = (repeats(shapes, f"layer{number}.") for number in (1, 2, 3, 4))
    return resnet.Size(
        (one, two, three, four),
        bottlenecks="layer1.0.conv3.weight" in shapes,
        width=shapes["conv1.weight"][0],
    )


def heatmap_network(described: Any) -> ImageNetwork:
    """Return a network of the described size, that of a pose or of a face, with weights of ours."""
    shapes = shapes_of(described)
    is_face = "head.3.weight" in shapes
    model = HeatmapModel(
        backbone=GOLDEN,
        head="heatmap",
        branches=4 if is_face else 1,
        upsampling="bilinear" if is_face else "nearest",
        momentum=0.01 if is_face else 0.1,
        input=(256, 256),  # no weight depends on it
        sigma=1,
    )
    keypoints = shapes["head.3.weight" if is_face else "final_layer.weight"][0]
    is_hrnet = "stage4.0.branches.0.0.conv1.weight" in shapes
    found = of_hrnet(hrnet_size(shapes)) if is_hrnet else of_resnet(resnet_size(shapes))
    with patch.dict(BACKBONES, {GOLDEN: found}):
        return network.build(model, keypoints, seed=0)


def backbone(described: Any, num_outputs: int) -> hrnet.HRNet:
    return hrnet.HRNet(hrnet_size(shapes_of(described)), num_outputs)


def classifier(shapes: Shapes) -> ImageNetwork:
    """Return a classification network of the described size, with weights of ours."""
    size, classes = hrnet_size(shapes), shapes["classifier.weight"][0]
    head = ClassificationHead(size.channels, num_classes=classes)
    return ImageNetwork(Normalisation(IMAGENET), hrnet.HRNet(size, num_outputs=4), head)


def load(described: Any, into: nn.Module, folder: Path) -> Layout:
    """Give a network the golden weights, by way of a file in the official layout."""
    checkpoint = weights.read(recipe.official_checkpoint(described, folder / "official.pth"))
    fitting.load_network(checkpoint, into)
    return layouts.by_name()[checkpoint.layout]


def loaded(described: Any, built: ImageNetwork, folder: Path) -> Loaded:
    """Return a network with the golden weights, that takes what is normalised already."""
    layout = load(described, built, folder)
    built.normalise = nn.Identity()
    return built.eval(), layout


def check_names(golden: Ledger, file: str, loaded: nn.Module, layout: Layout) -> None:
    """Compare names, their order, shapes and counts with those of a description."""
    described: Any = golden.json(file)
    theirs = lines((layout.ours(name), shape) for name, shape in described["state_dict"])
    ours = lines((name, list(tensor.shape)) for name, tensor in loaded.state_dict().items())
    golden.check_value(file, "state_dict", ours, theirs)
    order = [layout.ours(name) for name in described["parameters_order"]]
    golden.check_value(file, "parameters_order", [n for n, _ in loaded.named_parameters()], order)
    golden.check_value(file, "num_params", count(loaded), described["num_params"])
    golden.check_value(file, "num_state_entries", len(ours), described["num_state_entries"])


def lines(named_shapes: Iterable[tuple[str, list[int]]]) -> list[str]:
    return [f"{name} {list(shape)}" for name, shape in named_shapes]


def count(network: nn.Module) -> int:
    return sum(parameter.numel() for parameter in network.parameters())


def check_maps(golden: Ledger, file: str, prefix: str, maps: Tensor) -> None:
    golden.check(file, prefix + "out_sub", maps[:, :, ::4, ::4].numpy())
    golden.check(file, prefix + "argmax", maps.flatten(2).argmax(2).numpy())
    flat = maps.double().flatten(2)
    parts = (flat.mean(2), flat.std(2, correction=0), flat.amin(2), flat.amax(2))
    golden.check(file, prefix + "map_stats", torch.stack(parts, dim=2).numpy())


def answer(golden: Ledger, file: str, key: str, network: Loaded, images: Tensor) -> Tensor:
    """Return what a network answers; compare what its official modules put out on the way."""
    described: Any = golden.json(file)
    built, layout = network
    seen = watch(built, layout, described[key])
    with torch.inference_mode():
        answered: Tensor = built(images)
    check_statistics(golden, file, key, seen, described[key])
    return answered


def watch(loaded: nn.Module, layout: Layout, names: Iterable[str]) -> dict[str, Tensor]:
    """Return a dict that the next forward fills with the outputs of official modules.

    By the names of goldens, module or module.branch.
    """
    seen: dict[str, Tensor] = {}

    def keep(name: str) -> Any:
        def hook(_module: nn.Module, _inputs: object, output: Any) -> None:
            branches = output if isinstance(output, list) else [output]
            seen.update({f"{name}.{i}": branch.clone() for i, branch in enumerate(branches)})
            seen[name] = seen[f"{name}.0"]

        return hook

    for name in {name.split(".")[0] for name in names}:
        ours = name if name == "head" else layout.ours(f"{name}.").removesuffix(".")
        loaded.get_submodule(ours).register_forward_hook(keep(name))
    return seen


def check_statistics(
    golden: Ledger, file: str, key: str, seen: Mapping[str, Tensor], expected: Any
) -> None:
    """Compare mean, deviation, extremes, and apart from them the far larger sum of |x|."""
    for module, values in expected.items():
        output = seen[module].double()
        parts = (output.mean(), output.std(correction=0), output.min(), output.max())
        golden.check_value(file, key, [part.item() for part in parts], values[:4])
        golden.check_value(file, key, output.abs().sum().item(), values[4])
