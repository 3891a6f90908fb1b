import torch

from hrbench.heads.linear_lift import LinearLifter, ResidualStage


def test_a_frame_goes_in_as_pairs_and_comes_out_as_triples() -> None:
    lifter = LinearLifter(16, 14, width=8, stages=1)
    assert lifter(torch.randn(5, 32)).shape == (5, 42)


def test_parameters_have_the_ports_names() -> None:
    names = {name.rsplit(".", 1)[0] for name, _ in LinearLifter(1, 1, width=2).named_parameters()}
    stages = [
        f"linear_stages.{stage}.{layer}"
        for stage in range(2)
        for layer in ("w1", "batch_norm1", "w2", "batch_norm2")
    ]
    assert names == {"w1", "batch_norm1", "w2", *stages}


def test_a_stage_adds_to_what_it_is_given() -> None:
    stage = ResidualStage(4, dropout=0.5).eval()
    torch.nn.init.zeros_(stage.batch_norm2.weight)  # the layers answer 0
    x = torch.tensor([[1.0, -2, 3, -4]])
    assert stage(x).tolist() == x.tolist()


def test_dropout_is_the_one_asked_for() -> None:
    x = torch.randn(6, 4)
    for dropout, same in ((0.0, True), (0.5, False)):
        lifter = LinearLifter(2, 2, width=64, dropout=dropout)
        assert torch.equal(lifter(x), lifter(x)) == same


def test_weights_start_with_twice_the_variance_over_inputs() -> None:
    torch.manual_seed(0)
    weight = LinearLifter(16, 16, stages=1).state_dict()["linear_stages.0.w1.weight"]
    assert abs(weight.std().item() - (2 / 1024) ** 0.5) < 1e-4
