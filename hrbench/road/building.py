"""A task's network, with the weights that are given or with what it will be trained on."""

from dataclasses import dataclass

from torch import nn

from hrbench.backbone.fitting import Fit
from hrbench.backbone.weights import Checkpoint
from hrbench.begun import provenance
from hrbench.data.evaluation import Evaluation
from hrbench.engine.runtime import Runtime
from hrbench.kinds.contract import AnyTask, Training
from hrbench.report.record import BegunFrom, Weights
from hrbench.road.given import weights_of
from hrbench.road.telling import tell, tell_left_out
from hrbench.spec import TaskSpec

FROM_RANDOM = (
    "Training starts from random weights (init: random); the published one starts from an ImageNet "
    "checkpoint (--init)."
)


@dataclass(frozen=True, slots=True, eq=False)
class Built:
    """A network before its training, or with weights that are given."""

    network: nn.Module
    training: Training | None  # None: weights are given, and nothing is trained
    weights: Weights  # for the record; without a hash where they are to be trained
    notes: tuple[str, ...]  # on them, for the record

    @property
    def origin(self) -> str:
        """What the run starts from: the hash of the given weights, or a training's init."""
        return self.weights.sha256 or self.weights.init


def build(
    task: AnyTask, evaluation: Evaluation, start: Checkpoint | Training, runtime: Runtime
) -> Built:
    """Make a task's network, with weights that are given or to be trained.

    Says in the leading process what a user should know before anything takes long.

    Raises:
        HrbenchError: the weights do not fit.
    """
    network = task.network()
    if isinstance(start, Training):
        built = _begun(task, network, start, runtime)
    else:
        built = _given(task, network, start, runtime)
    if runtime.leads:
        _say(task.spec, evaluation, built)
    network.to(runtime.device)
    return built


def _given(task: AnyTask, network: nn.Module, checkpoint: Checkpoint, runtime: Runtime) -> Built:
    """Return a network with the weights of a file."""
    untouched, about = task.load(network, checkpoint).missing, checkpoint.about
    said, rows = (*checkpoint.changes, *_about(task, checkpoint)), provenance.published(checkpoint)
    if runtime.leads and said:
        tell(" ".join((f"{checkpoint.path}:", *said)))
    weights = Weights(
        origin=checkpoint.origin or checkpoint.path.name,
        sha256=checkpoint.sha256,
        address=checkpoint.address or None,
        seen_datasets=() if about is None else about.seen_datasets,
        init="unknown" if about is None else about.init,
        untouched=untouched,
        published=rows[0]["file"] if rows else None,
        trained_for=None if about is None else about.name,
    )
    return Built(network, None, weights, (*partial(untouched), *said))


def _begun(task: AnyTask, network: nn.Module, training: Training, runtime: Runtime) -> Built:
    """Return a network with its initial weights, and what it is trained on."""
    network.load_state_dict(dict(training.buffers), strict=False)
    seen = provenance.trained_on(task.spec, task.dataset)
    if task.options.init is None:
        weights = Weights(origin="trained", sha256=None, seen_datasets=seen, init="random")
        return Built(network, training, weights, from_random(task.spec))
    checkpoint = weights_of(task.options.init).read(spec=task.spec)
    fit = task.initialise(network, checkpoint)
    other = provenance.other_statistics(checkpoint.about, task.spec)
    said = (*checkpoint.changes, *([other] if other else []))
    if runtime.leads:
        tell(" ".join((_loaded(task, checkpoint, fit), *said)))
    before = () if checkpoint.about is None else checkpoint.about.seen_datasets
    weights = Weights(
        origin="trained",
        sha256=None,
        seen_datasets=tuple(dict.fromkeys((*seen, *before))),
        init=f"{checkpoint.layout}:{checkpoint.sha256[:16]}",
        untouched=fit.missing,
        begun_from=BegunFrom(
            origin=checkpoint.origin or checkpoint.path.name,
            sha256=checkpoint.sha256,
            address=checkpoint.address or None,
        ),
    )
    return Built(network, training, weights, (*partial(fit.missing), *said))


def _loaded(task: AnyTask, checkpoint: Checkpoint, fit: Fit) -> str:
    """Return in words what of a file a training starts from."""
    loaded = f"all {fit.total}" if not fit.missing else f"{len(fit.matched)} of {fit.total}"
    words = f"{loaded} tensors of {task.init_part} loaded"
    if fit.missing:
        words += f", {len(fit.missing)} start random ({fit.missing[0]}, …)"
    if fit.left_over:
        first = checkpoint.theirs.get(fit.left_over[0], fit.left_over[0])
        more = ", …" if len(fit.left_over) > 1 else ""
        words += f", {len(fit.left_over)} left over ({first}{more}): our head starts random"
    named = f"--init {task.options.init} ({checkpoint.layout} layout)"
    return f"{named}: {words}."


def _say(spec: TaskSpec, evaluation: Evaluation, built: Built) -> None:
    training = built.training
    allowed = () if training is None else training.allowed
    for words in dict.fromkeys((*allowed, *evaluation.allowed)):
        tell(words)
    if training is not None:
        if built.weights.init == "random":
            for words in from_random(spec):
                tell(words)
        tell_left_out("training", training.left_out)
    tell_left_out("what is measured", evaluation.left_out)


def _about(task: AnyTask, checkpoint: Checkpoint) -> tuple[str, ...]:
    """Return what is to be known of weights that were trained by another run."""
    if checkpoint.about is None:
        return task.of_unknown_weights()
    synthetic = task.data_root.synthetic
    return provenance.notes(checkpoint.about, task.spec, task.dataset, synthetic=synthetic)


def partial(untouched: tuple[str, ...]) -> tuple[str, ...]:
    """Return in a sentence how many tensors a file left random; nothing if none."""
    if not untouched:
        return ()
    are = "is" if len(untouched) == 1 else "are"
    count = len(untouched)
    return (f"{count} of the tensors {are} not in the given file and random (--allow-partial).",)


def from_random(spec: TaskSpec) -> tuple[str, ...]:
    """Return in a sentence that a published training starts from more than random weights."""
    return (FROM_RANDOM,) if spec.recipe.init == "imagenet" else ()
