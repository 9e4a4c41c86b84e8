from __future__ import annotations

import pytest
import torch

from shelfcast.networks.classic import ClassicNetwork


@pytest.mark.parametrize("products", [1, 43])
@pytest.mark.parametrize("seq_len", [1, 3, 14])
def test_one_pass_gives_a_forecast_for_every_product(products: int, seq_len: int) -> None:
    network = ClassicNetwork(products * 3 + 3, products, filters=8, kernel_size=3, conv_layers=2, hidden=8)
    assert network(torch.rand(5, seq_len, products * 3 + 3)).shape == (5, products)


def test_the_layers_are_the_textbooks() -> None:
    network = ClassicNetwork(132, 43, filters=64, kernel_size=3, conv_layers=2, hidden=64)
    shapes = {name: tuple(weight.shape) for name, weight in network.named_parameters()}
    assert shapes["convolutions.0.weight"] == (64, 132, 3)
    assert shapes["convolutions.1.weight"] == (64, 64, 3)
    assert shapes["lstm.weight_ih_l0"] == (4 * 64, 64)
    assert shapes["dense.weight"] == (43, 64)


def test_the_forward_pass_equals_its_definition() -> None:
    """Convolution, ReLU and LSTM cell by cell, in slow words."""
    torch.manual_seed(0)
    network = ClassicNetwork(4, 2, filters=3, kernel_size=3, conv_layers=1, hidden=5)
    window = torch.rand(1, 3, 4)
    weight, bias = network.convolutions[0].weight, network.convolutions[0].bias
    padded = torch.cat([torch.zeros(1, 4), window[0], torch.zeros(1, 4)])
    convolved = torch.stack(
        [torch.relu(bias + sum(weight[:, :, k] @ padded[day + k] for k in range(3))) for day in range(3)]
    )
    lstm = network.lstm
    hidden, cell = torch.zeros(5), torch.zeros(5)
    for day in range(3):
        gates = lstm.weight_ih_l0 @ convolved[day] + lstm.bias_ih_l0 + lstm.weight_hh_l0 @ hidden + lstm.bias_hh_l0
        i, f, g, o = gates.chunk(4)
        cell = torch.sigmoid(f) * cell + torch.sigmoid(i) * torch.tanh(g)
        hidden = torch.sigmoid(o) * torch.tanh(cell)
    expected = network.dense.weight @ hidden + network.dense.bias
    assert torch.allclose(network(window)[0], expected, atol=1e-6)
