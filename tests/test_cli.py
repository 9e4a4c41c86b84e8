"""The commands, run as a user runs them."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from shelfcast.cli import main
from shelfcast.recipe import DEFAULT_RECIPE, FEWEST_STEPS, MOST_STEPS, CatalogRecipe, ClassicRecipe


def run(*arguments: object, cwd: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-W", "error", "-m", "shelfcast", *map(str, arguments)]
    return subprocess.run(
        command, capture_output=True, text=True, cwd=cwd, env={**os.environ, "COLUMNS": "100"}, check=False
    )


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("shop")
    assert main(["sample", "--products", "12", "--days", "120", "--out", str(folder / "shop.csv")]) == 0
    assert main(["train", str(folder / "shop.csv"), "--out", str(folder / "model"), "--epochs", "5"]) == 0
    return folder


def test_train_forecast_and_evaluate_as_a_user_runs_them(tmp_path: Path) -> None:
    main(["sample", "--products", "5", "--days", "90", "--out", str(tmp_path / "shop.parquet")])
    assert pd.read_parquet(tmp_path / "shop.parquet").columns.tolist() == ["unique_id", "ds", "y"]
    options = [
        "--recipe",
        "classic",
        "--lags",
        "1",
        "2",
        "7",
        "--seq-len",
        "4",
        "--epochs",
        "3",
        "--seed",
        "1",
    ]
    options += ["--test-days", "14", "--device", "cpu", "--until", "2023-09-20"]
    done = run("train", "shop.parquet", *options, "--out", "model", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "seasonal_naive" in done.stdout
    done = run("forecast", "model", "--out", "tomorrow.csv", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    table = pd.read_csv(tmp_path / "tomorrow.csv")
    assert table["ds"].unique().tolist() == ["2023-09-21"]
    assert {"unique_id", "cutoff", "mean", "on_sale"} <= set(table.columns)
    done = run("evaluate", "model", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "seasonal_naive" in done.stdout
    assert "classic" in done.stdout


def test_a_reader_that_stops_reading_sees_no_traceback(trained: Path) -> None:
    command = f"{sys.executable} -m shelfcast evaluate {trained / 'model'} | true"
    done = subprocess.run(command, shell=True, capture_output=True, text=True, check=False)
    assert done.stderr == ""


def test_evaluate_shows_what_train_showed(trained: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["train", str(trained / "shop.csv"), "--out", str(trained / "again"), "--epochs", "5"])
    shown = capsys.readouterr().out
    main(["evaluate", str(trained / "again")])
    assert capsys.readouterr().out.strip() in shown


def test_a_key_of_several_columns_is_joined_and_its_parts_are_kept(tmp_path: Path) -> None:
    main(["sample", "--products", "4", "--days", "60", "--out", str(tmp_path / "shop.csv")])
    sales = pd.read_csv(tmp_path / "shop.csv")
    sales["branch"], sales["thing"] = "N" + sales["unique_id"].str[-1], sales["unique_id"]
    sales.drop(columns="unique_id").rename(columns={"y": "pieces", "ds": "when"}).to_csv(
        tmp_path / "own.csv", index=False
    )
    names = ["--id-col", "branch", "--id-col", "thing", "--time-col", "when", "--target-col", "pieces"]
    assert main(["train", str(tmp_path / "own.csv"), *names, "--epochs", "2", "--out", str(tmp_path / "m")]) == 0
    assert main(["forecast", str(tmp_path / "m"), "--out", str(tmp_path / "t.parquet")]) == 0
    table = pd.read_parquet(tmp_path / "t.parquet")
    assert (table["unique_id"] == table["branch"] + "/" + table["thing"]).all()
    newer = ["--sales", str(tmp_path / "own.csv")]  # the names of the columns are remembered
    assert main(["forecast", str(tmp_path / "m"), *newer, "--out", str(tmp_path / "t.parquet")]) == 0


def test_a_database_is_read_and_written_and_its_url_is_kept_nowhere(
    trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with contextlib.closing(sqlite3.connect("hidden-shop.db")) as connection:
        pd.read_csv(trained / "shop.csv").to_sql("sales", connection, index=False)
    url = "sqlite:///hidden-shop.db"
    assert main(["train", url, "--table", "sales", "--limit", "rows=1", "--out", "m", "--epochs", "2"]) == 2
    assert "the limit is 1." in capsys.readouterr().err
    assert main(["train", url, "--table", "sales", "--out", "m", "--epochs", "2"]) == 0
    for _ in range(2):
        newer = ["--sales", url, "--query", "SELECT * FROM sales"]
        assert main(["forecast", "m", *newer, "--to", url, "--to-table", "tomorrow"]) == 0
    told = capsys.readouterr().out
    assert "SQLite database, table 'sales'" in told
    assert "12 rows in table 'tomorrow' of the SQLite database" in told
    assert "hidden" not in told
    with contextlib.closing(sqlite3.connect("hidden-shop.db")) as connection:
        assert connection.execute("SELECT count(*), count(DISTINCT unique_id) FROM tomorrow").fetchone() == (12, 12)
    kept = [path for path in Path("m").rglob("*") if path.is_file()]
    assert kept
    assert not any(b"hidden-shop" in path.read_bytes() for path in kept)


def test_extend_takes_new_products_into_a_model(trained: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sales = pd.read_csv(trained / "shop.csv")
    new = sales[sales["unique_id"] == sales["unique_id"].iloc[0]].assign(unique_id="new")
    pd.concat([sales, new]).to_csv(trained / "more.csv", index=False)
    main(["train", str(trained / "shop.csv"), "--out", str(trained / "grown"), "--epochs", "3"])
    assert main(["extend", str(trained / "grown"), str(trained / "more.csv"), "--epochs", "1"]) == 0
    assert "1 products taken in" in capsys.readouterr().out
    assert main(["forecast", str(trained / "grown"), "--out", str(trained / "t.csv")]) == 0
    assert "new" in pd.read_csv(trained / "t.csv")["unique_id"].tolist()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["train", "absent.csv", "--out", "m"], "absent.csv"),
        (["train", "{shop}", "--out", "m", "--test-days", "500"], "test days"),
        (["train", "{shop}", "--out", "m", "--lags", "0"], "lags"),
        (["train", "{shop}", "--out", "m", "--id-col", "nothing"], "nothing"),
        (["forecast", "absent"], "absent"),
        (["forecast", "{model}", "--out", "tomorrow.pdf"], "tomorrow.pdf"),
        (["evaluate", "absent"], "absent"),
    ],
)
def test_a_mistake_is_explained_without_a_traceback(
    trained: Path,
    tmp_path: Path,
    arguments: list[str],
    said: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    filled = [a.format(shop=trained / "shop.csv", model=trained / "model") for a in arguments]
    assert main(filled) == 2
    assert said in capsys.readouterr().err
    assert not (tmp_path / "m").exists()


def test_the_recipe_is_said_and_settings_that_only_classic_has_choose_it(
    trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shelfcast.recipe.MOST_STEPS", 30)
    for options, recipe in (
        (["--effort", "fast", "--seq-len", "7"], "catalog"),
        (["--lags", "1,2", "--epochs", "1"], "classic"),
    ):
        assert main(["train", str(trained / "shop.csv"), *options, "--out", str(tmp_path / "m")]) == 0
        assert f"recipe {recipe}\n" in capsys.readouterr().out
    assert main(["train", str(trained / "shop.csv"), "--recipe", "catalog", "--epochs", "1", "--out", "m"]) == 2
    assert "Recipe 'classic' has it" in capsys.readouterr().err


def test_help_says_what_the_recipes_say(capsys: pytest.CaptureFixture[str]) -> None:
    for command in ("train", "forecast"):
        with pytest.raises(SystemExit):
            main([command, "--help"])
    said = " ".join(capsys.readouterr().out.split())
    assert f"(classic: {ClassicRecipe.seq_len}, catalog: {CatalogRecipe.seq_len})" in said
    assert f"default: {DEFAULT_RECIPE}" in said
    assert f"{FEWEST_STEPS} to {MOST_STEPS}, by" in said
    assert f"catalog: {CatalogRecipe.horizon} unless" in said
