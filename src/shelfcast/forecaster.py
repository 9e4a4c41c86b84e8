"""The pipeline as an estimator: from sales to a scored, saved, forecasting model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, Unpack

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray

from .ahead import closures
from .checkpoint import Checkpoints
from .errors import NotFittedError, RecipeError, SalesError
from .evaluation.backtest import Backtest
from .evaluation.cumulated import CumulatedErrors
from .fits import fit_all_days, fit_and_score
from .forecast import forecast_ahead, forecast_table, require_plans
from .kept_model import KeptModel, KeptScores
from .models import Model
from .models.catalog import CatalogModel
from .panel import DAY, Floats, Panel
from .reading import ReadingReport, Source, read_sales
from .recipe import DEFAULT_RECIPE, make_recipe, recipe_to_json
from .store import new_version, open_version
from .tables import TableArguments, Tables, add_tables
from .training import TrainingRun, choose_device

if TYPE_CHECKING:
    from .report.page import ReportContent

Sales = str | Path | pd.DataFrame | Source | Panel

_DAYS_TO_DRAW = 120  # kept in the model folder beyond what a forecast needs, for the pictures


class Forecaster:
    """Forecasts the demand of every product with one network.

        forecaster = Forecaster().fit("receipts.csv")
        days_ahead = forecaster.predict(horizon=28)
        forecaster.save("model")

    Sales are a file, a data frame, what `open_source` gave (such as a table of a database) or a `Panel`; for
    columns that are not found by their names, read them first:
    `panel, report = read_sales("receipts.csv", id_cols=["store", "item"])`. What is known besides them are
    `Tables`: `fit("receipts.csv", prices="prices.csv", holidays="DE", fill_prices="last")`.

    Args:
        recipe: `catalog`, which forecasts any of the next 90 days and their intervals, or `classic`: tomorrow.
        device: `auto`, `cpu`, `cuda` or `mps`.
        settings: of the recipe, such as `effort="fast"` or `seed=1`.

    Attributes:
        recipe: everything that decides a training run.
        result: the `Backtest` of the last `fit`: what was forecast for each test day the day before, and the scores.
        ahead: the same of the horizon task, all days from the one origin before them, the recipe's horizon at most;
            None of a recipe that forecasts one day, or with one test day.
        run: the training run that was scored: its loss curves and the epoch that was kept.
        refitted: the forecasting model has seen all days; False after Ctrl-C.
        reading: what was done to the sales on their way in.
        said: what the last forecast took from tables, and what it filled, as sentences.
        cumulated: errors of forecasts of several days together, on the test days, from the model that was scored;
            None for a recipe that forecasts one day.

    Raises:
        RecipeError: no such recipe, setting, value or device.
    """

    result: Backtest | None
    ahead: Backtest | None
    run: TrainingRun | None

    def __init__(self, recipe: str = DEFAULT_RECIPE, *, device: str = "auto", **settings: Any) -> None:
        self.recipe = make_recipe(recipe, **settings)
        self.device = choose_device(device)
        self.result = self.ahead = self.run = None
        self.refitted = False
        self._model: Model | None = None
        self._recent: Panel | None = None
        self.reading: ReadingReport | None = None
        self.cumulated: CumulatedErrors | None = None
        self.said: tuple[str, ...] = ()
        self._rules = Tables()

    def backtest(self, sales: Sales, test_days: int | None = None, **tables: Unpack[TableArguments]) -> Backtest:
        """Fits on the days before the test days and forecasts each test day from the days before it.

        Changes nothing in the forecaster.

        Args:
            test_days: the last days of the sales; by default a fifth of them.
            tables: as for `fit`.
        """
        panel, reading = read_sales(sales)
        panel, _ = self._with_tables(panel, Tables(**tables), reading)
        return fit_and_score(panel, self.recipe, self.device, test_days)[0]

    def fit(
        self,
        sales: Sales,
        test_days: int | None = None,
        reading: ReadingReport | None = None,
        checkpoints: Checkpoints | None = None,
        **tables: Unpack[TableArguments],
    ) -> Self:
        """Backtests on the last days, then fits on all days with the number of epochs that was chosen.

        Ctrl-C ends training cleanly: the best epoch so far is kept and scored, and is what forecasts.

        Args:
            sales: at least `recipe.context_days` and some more days of each product.
            test_days: held out for the scores; by default a fifth of the days.
            reading: the report of `read_sales`, if `sales` is a panel from there.
            checkpoints: where both trainings are kept while they run, and go on from after a kill.
            tables: what is known besides the sales, as `Tables`; holidays and rules hold for the forecasts, too.

        Raises:
            SalesError: the sales or a table cannot be used, or are too few.
            ModelFolderError: a checkpoint is of other sales or settings, or cannot be written.
        """
        panel, own_reading = read_sales(sales)
        reading, self._rules = reading or own_reading, Tables(**tables).rules
        panel, said = self._with_tables(panel, Tables(**tables), reading)
        scored = everything = None
        if checkpoints is not None:
            decides = [recipe_to_json(self.recipe), str(test_days), str(self.device), str(torch.get_num_threads())]
            about = checkpoints.about(panel, *decides)
            scored, everything = about.stage("scored"), about.stage("all-days")
        self.result, self.ahead, model, self.run = fit_and_score(panel, self.recipe, self.device, test_days, scored)
        self.refitted = False
        further = isinstance(model, CatalogModel)
        self.cumulated = (
            CumulatedErrors.of(panel, partial(forecast_ahead, model), len(self.result.dates)) if further else None
        )
        if not self.run.interrupted:
            refit, second_run = fit_all_days(
                panel, self.recipe, self.device, self.run.best_epoch, checkpoint=everything
            )
            if not second_run.interrupted:
                model, self.refitted = refit, True
        new = tuple(line for line in said if line not in reading.tables)
        self.reading = replace(reading, tables=(*reading.tables, *new))
        self._model, self._recent = model, self._tail(panel)
        return self

    def predict(
        self, sales: Sales | None = None, *, horizon: int | None = None, **tables: Unpack[TableArguments]
    ) -> pd.DataFrame:
        """The days ahead: a row a product and day, from the kept days or from newer sales, in one forward pass.

        Args:
            sales: newer days, which follow the kept ones or overlap them.
            horizon: days ahead; by default the recipe's: 1 (tomorrow) for `classic`, 28 for `catalog`.
            tables: newer ones, and the plans for the days ahead, as `Tables`. Products of the products table, or
                of the newer sales, that the model does not know are forecast by `catalog` without training.

        Returns:
            `unique_id`, the parts of its key, `ds` (tomorrow and so on), `cutoff` (the last known day), `mean`
            (units), from a recipe that has them `median, lo-80, hi-80, lo-95, hi-95` (intervals calibrated on
            the last days of training), `on_sale` (whether the product is offered by the cutoff), `status` (`on
            sale`, `closed`, `not on sale`, `unknown`: what the day is expected to be; on closed days, and on days
            on which a price list lacks the product, nothing is sold), `cold_start` (fewer than 28 days are known
            since the product came on sale, or came back).

        Raises:
            NotFittedError: `fit` or `load` comes first.
            SalesError: the newer sales leave a gap, end earlier, or hold products that `classic` does not know; or
                a price or promotion of a day ahead is not known and no rule to fill it was chosen.
            HistoryError: the recipe cannot forecast so many days ahead.
        """
        given = Tables(**tables)
        model, recent, self.said = self._moved_on(sales, given)
        horizon = horizon if horizon is not None else self.recipe.horizon
        if self.recipe.uses_covariates:
            self.said += require_plans(recent, horizon, given.with_rules(self._rules))
        return forecast_table(recent, forecast_ahead(model, recent, horizon))

    def read_newer(self, sales: Sales) -> Panel:
        """Newer sales as a panel, read by the columns that the first ones were read by.

        Raises:
            SalesError: the sales cannot be used.
        """
        return self._read_newer(sales, least_days=1)[0]

    def follow(self, newer: Panel, **tables: Unpack[TableArguments]) -> Self:
        """Moves on to newer days without any training: forecasts go on from the last of them.

        Products that the model does not know are left out; scores stay those of the last `fit`.

        Args:
            tables: newer ones, as for `predict`.

        Raises:
            HistoryError: the newer days leave a gap, or end before the known ones.
            SalesError: a table cannot be used.
        """
        recent = self._fitted()[1].followed_by(newer)
        self._recent = self._tail(self._told(recent, Tables(**tables), newer.dates[0], self._fitted()[0])[0])
        return self

    def rolling(self, days: int) -> Floats:
        """`[N, days]` units: what the model as it is says of each of the last kept days, by the days before it.

        A score of days that it was trained on tells nothing.
        """
        model, recent = self._fitted()
        known = recent.until(recent.dates[-2])
        units = model.next_days(known, days)["mean"] * ~closures(recent, ahead=0, back=days)
        return units.astype(np.float32)

    def extend(
        self,
        sales: Sales,
        *,
        drop: bool = False,
        epochs: int | None = None,
        **tables: Unpack[TableArguments],
    ) -> Self:
        """Takes in products that the model does not know, and goes on training from the weights it has.

        A `classic` model has to be trained on. Before that, the forecasts of the known products are what they
        were (to float32 rounding). A `catalog` model forecasts new products without any training; as they
        count in the totals that it is told of, the forecasts of the others may move a little.
        The extended model has no scores: its weights may have seen every day there is to score it on.

        Args:
            sales: whole history, known and new products.
            drop: let go of known products that the sales lack. The others' forecasts may move by it.
            epochs: of training on all days from here on; by default as many as were chosen in `fit`, for
                `catalog` none.
            tables: as for `fit`; those that the model was fitted with are needed again.

        Raises:
            SalesError: the sales lack known products and `drop` is False.
            RecipeError: `epochs` of further training for `catalog`.
        """
        model, _ = self._fitted()
        if not self.recipe.learns_by_epochs and epochs not in (None, 0):
            raise RecipeError(
                f"A {self.recipe.name} model takes new products in without training, not with {epochs} epochs of it.",
                "Leave the epochs out, or train again.",
            )
        panel, reading = self._read_newer(sales, least_days=2)
        given = Tables(**tables)
        given = given.with_rules(self._rules) if self.recipe.uses_covariates else given
        panel, said = self._with_tables(panel, given, reading)
        self.reading = replace(reading, tables=(*reading.tables, *said))
        gone = model.products[~np.isin(model.products, panel.products)]
        if len(gone) and not drop:
            raise SalesError(
                f"The sales lack {len(gone)} of the model's products: {', '.join(map(repr, gone[:5].tolist()))}"
                f"{' ...' if len(gone) > 5 else ''}.",
                "Add them, or ask for them to be dropped (drop=True, --drop); the others' forecasts may move.",
            )
        model = model.extended(panel)
        if epochs is None and self.run is not None:
            epochs = self.run.best_epoch
        if self.recipe.learns_by_epochs and epochs != 0:
            model, _ = fit_all_days(panel, self.recipe, self.device, epochs, start=model)
        self._model, self._recent = model, self._tail(panel)
        self.result = self.ahead = self.run = None
        return self

    @property
    def recent(self) -> Panel:
        """The days that forecasts go on from.

        Raises:
            NotFittedError: `fit` or `load` comes first.
        """
        return self._fitted()[1]

    @property
    def rules(self) -> Tables:
        """What it was fitted with that goes on to hold: holidays, and how days ahead are filled."""
        return self._rules

    @property
    def products(self) -> NDArray[np.str_]:
        """`[N]` names, sorted, as in every table."""
        return self._fitted()[0].products

    @property
    def model(self) -> Model:
        """The fitted model itself."""
        return self._fitted()[0]

    def report_content(
        self, beside: Forecaster | None = None, ahead: Mapping[str, Floats] | None = None
    ) -> ReportContent | None:
        """What a report tells of this forecaster; None without scores.

        Args:
            beside: as of `save`.
            ahead: `[N, H]` of the days after the last known one, where they have been forecast already.
        """
        from .report.page import Beside, ReportContent

        model, recent = self._fitted()
        if self.result is None or self.run is None:
            return None
        return ReportContent(
            title=Path(self.reading.source).name if self.reading else "Sales",
            recipe=self.recipe,
            reading=self.reading,
            run=self.run,
            result=self.result,
            ahead=self.ahead,
            recent=recent.tail(max(self.recipe.kept_days or 0, _DAYS_TO_DRAW)),
            tomorrow=forecast_table(
                recent,
                forecast_ahead(model, recent, 1) if ahead is None else {n: said[:, :1] for n, said in ahead.items()},
            ),
            refitted=self.refitted,
            beside=None
            if beside is None or beside.result is None or beside.run is None
            else Beside(beside.result, beside.run),
        )

    def save(self, folder: str | Path, *, beside: Forecaster | None = None) -> Path:
        """Writes a new version into a model folder and puts it in force; returns the version's folder.

        Args:
            beside: fitted on the same sales with the same test days; its scores stand in the report, too.

        Raises:
            NotFittedError: there is nothing to save.
            ModelFolderError: it cannot be written; what was in force before still is.
        """
        model, recent = self._fitted()
        kept = KeptModel(self.recipe, model, recent, self._rules, self.reading, self.cumulated)
        with new_version(Path(folder)) as version:
            content = self.report_content(beside, kept.write(version))
            if content is not None:
                from .report.page import write_report  # loads matplotlib, which no forecast needs

                KeptScores(content.result, content.ahead, content.run, self.refitted).write(version)
                write_report(version, content)
        return open_version(Path(folder))

    @classmethod
    def load(cls, folder: str | Path, *, device: str = "auto") -> Self:
        """The forecaster that was saved, with the same forecasts bit for bit; any device loads what any saved.

        Raises:
            ModelFolderError: no model there, damaged, or of a later format.
        """
        version = open_version(Path(folder))
        forecaster = cls.of_version(version, device=device)
        forecaster.read_scores(version)
        return forecaster

    @classmethod
    def of_version(cls, version: Path, *, device: str = "auto") -> Self:
        """As `load`, of one version, whose folder `open_version` gave, without the scores: no forecast needs them.

        Raises:
            ModelFolderError: its files do not belong together.
        """
        kept = KeptModel.read(version, choose_device(device))
        forecaster = cls(kept.recipe.name, device=device, **asdict(kept.recipe))
        forecaster._model, forecaster._recent, forecaster._rules = kept.model, kept.recent, kept.rules
        forecaster.reading, forecaster.cumulated = kept.reading, kept.cumulated
        return forecaster

    def read_scores(self, version: Path) -> None:
        """Takes `result`, `ahead`, `run` and `refitted` from the version that this was made of, if it has scores.

        Raises:
            ModelFolderError: its files do not belong together.
        """
        kept = KeptScores.read(version, self.recipe, self.recent)
        if kept is not None:
            self.result, self.ahead, self.run, self.refitted = kept.result, kept.ahead, kept.run, kept.refitted

    def _with_tables(
        self, panel: Panel, tables: Tables, reading: ReadingReport | None, since: int = 0, model: Model | None = None
    ) -> tuple[Panel, tuple[str, ...]]:
        """The panel with what the tables say, as far as the recipe can use it, and what was taken."""
        known = None if model is None else (model.products, panel.covariate_names)
        panel, said = add_tables(panel, tables, () if reading is None else reading.key_columns, since, known)
        if said and panel.covariates is not None and not self.recipe.uses_covariates:
            panel = replace(panel, covariates=None)
            said += (f"The recipe {self.recipe.name} knows no prices, promotions and events: they are left.",)
        return panel, said

    def _moved_on(self, sales: Sales | None, tables: Tables) -> tuple[Model, Panel, tuple[str, ...]]:
        """The model and the kept days, with newer sales and tables, and what was taken."""
        model, recent = self._fitted()
        since = recent.last_day + DAY
        if sales is not None:
            newer, _ = self._read_newer(sales, least_days=1)
            unknown = ~np.isin(newer.products, recent.products)
            facts = {name: values[unknown] for name, values in newer.attributes.items()}
            recent = recent.with_products(newer.products[unknown], facts) if unknown.any() else recent
            recent = recent.followed_by(newer)
        recent, said = self._told(recent, tables, since, model)
        unknown = ~np.isin(recent.products, model.products)
        if unknown.any():
            if not isinstance(model, CatalogModel):
                names = recent.products[unknown]
                raise SalesError(
                    f"The model does not know {len(names)} of the products:"
                    f" {', '.join(map(repr, names[:5].tolist()))}{' ...' if len(names) > 5 else ''}.",
                    "Teach them to it with `shelfcast extend`, or train again.",
                )
            model = model.extended(recent)
        return model, recent, said

    def _told(self, recent: Panel, tables: Tables, since: np.datetime64, model: Model) -> tuple[Panel, tuple[str, ...]]:
        """The days with what newer tables say of those from `since` on, and what was taken."""
        if recent.covariates is not None:  # holidays go on by themselves
            tables = tables.with_rules(self._rules)
        first = int(np.searchsorted(recent.dates, since))
        return self._with_tables(recent, tables, self.reading, first, model)

    def _read_newer(self, sales: Sales, least_days: int) -> tuple[Panel, ReadingReport]:
        """Reads sales by the columns that the first ones were read by."""
        known = self.reading is not None and not isinstance(sales, Panel)
        columns = self.reading.column_options if self.reading and known else {}
        return read_sales(sales, **columns, least_days=least_days)

    def _fitted(self) -> tuple[Model, Panel]:
        if self._model is None or self._recent is None:
            raise NotFittedError("This forecaster has not been fitted.", "Call fit(sales), or load(folder).")
        return self._model, self._recent

    def _tail(self, panel: Panel) -> Panel:
        """The days that are kept with the model."""
        days = self.recipe.kept_days
        return panel if days is None else panel.tail(max(days, _DAYS_TO_DRAW))
