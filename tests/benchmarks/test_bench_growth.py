"""The benchmarks of growth, throughput and the GPU, on shops that fit a test."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from benchmarks import gpu, growth, growth_shop, throughput
from benchmarks.growth import own_memory, own_mib
from benchmarks.growth_shop import open_shop, write_shop
from benchmarks.rows import Rows
from shelfcast import sample_shop
from shelfcast.crops import Context, Shelf
from shelfcast.features.feasts import Feasts
from shelfcast.models import catalog
from shelfcast.models.catalog import CatalogModel, by_output, group_rows
from shelfcast.models.catalog_training import next_days
from shelfcast.models.state import NightlyState
from shelfcast.networks.catalog import OUTPUTS
from shelfcast.recipe import CatalogRecipe
from shelfcast.windows import split_days

QUICK = CatalogRecipe(seq_len=14, filters=4, hidden=4, head=4, steps=1, batch_size=4)
CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def model() -> CatalogModel:
    panel = sample_shop(20, 60).panel
    return CatalogModel.fit(panel, QUICK, split_days(60, QUICK, test_days=0).without_validation(), CPU)[0]


def test_a_larger_shop_repeats_the_simulated_one_with_other_sales(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(growth_shop, "SIMULATED", 10)
    write_shop(tmp_path, 25, days=60)
    panel, simulated = open_shop(tmp_path), sample_shop(10, 60)
    assert panel.sales.shape == (25, 60)
    assert (panel.sales[:10] == simulated.panel.sales).all()
    assert (panel.sales[10:20] != panel.sales[:10]).any()
    assert (panel.sales[10:20] <= simulated.stock).all()
    assert (panel.status[20:] == panel.status[:5]).all()
    assert (panel.attributes["store"][20:] == panel.attributes["store"][:5]).all()
    assert isinstance(panel.sales.base, np.memmap) or isinstance(panel.sales, np.memmap)
    assert panel.covariates is not None
    assert panel.covariates.names == simulated.panel.covariate_names
    panel.sales[0, 0] = 99
    assert open_shop(tmp_path).sales[0, 0] != 99


def test_a_part_gives_a_row_and_a_night_of_all_products(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(growth_shop, "SIMULATED", 10)
    monkeypatch.setattr(catalog, "_BLOCK", 8)
    monkeypatch.setattr(growth, "CatalogRecipe", lambda steps: QUICK)
    write_shop(tmp_path, 25, days=60)
    nights = []
    monkeypatch.setattr(
        NightlyState, "forecast", lambda self, horizon: nights.append(by_output([self.tomorrow[:, None]], 25))
    )
    row = growth.measure(open_shop(tmp_path), 16, tmp_path)
    assert (row.products, row.part) == (25, 16)
    assert len(nights[0]["mean"]) == 25
    assert np.isfinite(nights[0]["mean"]).all()
    assert min(row.fit_s, row.forecast_s, row.anchor_s, row.night_s, row.forecast_mib) > 0


def test_a_part_is_of_whole_blocks(tmp_path: Path, model: CatalogModel, capsys: pytest.CaptureFixture[str]) -> None:
    assert model.block == growth.BLOCK
    with pytest.raises(SystemExit):
        growth.main(["--products", "3000", "--part", "1500", "--out", str(tmp_path / "growth.csv")])
    assert "a multiple of 1024" in capsys.readouterr().err


def test_what_was_measured_with_as_many_threads_is_not_run_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = tmp_path / "growth.csv"
    Rows(table).of({"products": 10, "part": 10, "threads": 2}, lambda: [{"fit_s": 2.5}])

    def written(*_: object) -> None:
        raise LookupError("a shop is made")

    monkeypatch.setattr(growth, "write_shop", written)
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        monkeypatch.setenv(name, "1")  # which the benchmark changes
    assert growth.main(["--products", "10", "--threads", "2", "--out", str(table)]) == 0
    with pytest.raises(LookupError, match="made"):
        growth.main(["--products", "10", "--threads", "1", "--out", str(table)])


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the system does not tell")
def test_own_memory_is_the_most_that_was_held_and_mapped_files_do_not_count(tmp_path: Path) -> None:
    np.save(tmp_path / "file.npy", np.ones(2**22))  # 32 MiB
    before = own_mib()
    with own_memory() as peak:
        held = np.ones(2**23)  # 64 MiB
        time.sleep(0.5)
        del held
        assert peak() > before + 40
    with own_memory() as peak:
        np.load(tmp_path / "file.npy", mmap_mode="c").sum()
        assert peak() < before + 20


def test_a_block_holds_the_promotions_of_its_own_products_alone() -> None:
    panel = sample_shop(20, 60).panel
    assert panel.covariates is not None
    values = panel.covariates.signals["promotion"].values
    shelf = Shelf(Context(panel, group_rows(panel), 14, 7, panel.dates[[0, -1]], CPU, Feasts.none()), slice(5, 9))
    kept, rows = shelf.signals[0]
    assert len(kept) == 4
    assert (kept[rows].numpy()[:, -67:] == values[5:9, :67]).all()


def test_blocks_are_put_together_in_their_order() -> None:
    units = torch.arange(3 * 2 * len(OUTPUTS), dtype=torch.float32).view(3, 2, len(OUTPUTS))
    outputs = by_output(iter([units[:2], units[2:]]), 3)
    for q, name in enumerate(OUTPUTS):
        assert (outputs[name] == units[:, :, q].numpy()).all()


def test_the_way_to_a_forecast_makes_no_tensor_on_the_cpu_where_the_model_is_elsewhere(model: CatalogModel) -> None:
    """PyTorch's device without memory stands for a GPU: what meets a tensor of another device there is an error."""
    panel = sample_shop(20, 60).panel
    elsewhere = CatalogModel(
        QUICK,
        model.products,
        model.groups,
        model.covariates,
        model.network,
        model.calibration,
        model.fitted,
        model.feasts,
        torch.device("meta"),
    )
    for crop in elsewhere.crops(panel, 1, 7):
        near, state, _ = next_days(elsewhere.network, crop, 1)
        said = elsewhere.ahead_of_last(crop, near, state, 7)
        assert said.device.type == "meta"
        assert said.shape == (20, 7, len(OUTPUTS))


@pytest.mark.parametrize(
    ("layer", "shape", "expected"),
    [
        (nn.Linear(3, 5), (2, 7, 3), 2 * 7 * 15),
        (nn.Conv1d(3, 5, 2), (4, 3, 8), 4 * 7 * 30),
        (nn.LSTM(3, 5), (7, 4, 3), 28 * 160),
    ],
)
def test_multiplications_are_counted(layer: nn.Module, shape: tuple[int, ...], expected: int) -> None:
    with throughput.layers_counted() as forward, torch.no_grad():
        layer(torch.ones(shape))
    with throughput.layers_counted() as learning:
        layer(torch.ones(shape))
    assert forward[0] == 2 * expected
    assert learning[0] == 3 * forward[0]
    layer(torch.ones(shape))
    assert forward[0] == 2 * expected


def test_the_parts_of_a_step_are_the_whole_and_what_was_patched_is_itself_again() -> None:
    own = {(owner, name): getattr(owner, name) for calls in throughput.PARTS.values() for owner, name in calls}
    with throughput.parts_timed() as parts:
        layer = nn.Linear(2, 2)
        layer(torch.ones(400, 2)).sum().backward()
    assert parts["backward"] > 0
    assert parts["crops and features"] == 0
    assert all(getattr(owner, name) is call for (owner, name), call in own.items())


def test_without_a_gpu_it_says_so_and_ends_with_2(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr("sys.argv", ["gpu"])
    assert gpu.main() == 2
    assert "no CUDA device" in capsys.readouterr().err
