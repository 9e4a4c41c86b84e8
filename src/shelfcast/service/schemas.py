"""What requests hold and answers look like."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from ..recipe import LONGEST_HORIZON
from .settings import MOST_DAYS, MOST_PRODUCTS

ProductId = Annotated[str, Field(min_length=1, max_length=500, pattern=r"^[^\x00]+$")]  # PostgreSQL keeps no NUL
Units = Annotated[float, Field(ge=0, le=1e9, allow_inf_nan=False)]
MOST_ROWS = MOST_PRODUCTS * MOST_DAYS


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Sold(_Strict):
    """Units sold of a product on a day."""

    unique_id: ProductId
    ds: date
    y: Units


class LiveRequest(_Strict):
    """Recent sales, from which forecasts are made."""

    sales: Annotated[list[Sold], Field(min_length=1, max_length=MOST_ROWS)]
    horizon: Annotated[int, Field(ge=1, le=MOST_DAYS, strict=True)] | None = Field(
        None, description="days ahead; by default the model's"
    )


class SalesRequest(_Strict):
    """Sales to keep; a product and day that is known already is corrected."""

    sales: Annotated[list[Sold], Field(min_length=1, max_length=MOST_ROWS)]


Amount = Annotated[float, Field(ge=0, le=1e9, allow_inf_nan=False)]


class InStock(_Strict):
    """What is in stock of a product, and how it is ordered. What is left out has the defaults of `shelfcast order`."""

    unique_id: ProductId
    on_hand: Amount | None = None
    on_order: Amount | None = None
    lead_time: Annotated[int, Field(ge=0, le=LONGEST_HORIZON - 1)] | None = Field(None, description="days")
    review_period: Annotated[int, Field(ge=1, le=LONGEST_HORIZON)] | None = Field(None, description="days")
    pack_size: Annotated[float, Field(ge=1e-6, le=1e9, allow_inf_nan=False)] | None = None
    min_order: Amount | None = None
    service_level: Annotated[float, Field(ge=1e-6, le=1 - 1e-6, allow_inf_nan=False)] | None = None
    unit_cost: Amount | None = None
    price: Amount | None = None
    salvage: Annotated[float, Field(ge=-1e9, le=1e9, allow_inf_nan=False)] | None = None


class OrdersRequest(_Strict):
    """The stock of the products to be ordered."""

    stock: Annotated[list[InStock], Field(min_length=1, max_length=MOST_PRODUCTS)]


class OrderRow(BaseModel):
    """What to order of a product; the columns are those of `shelfcast order`."""

    model_config = ConfigDict(extra="allow")

    unique_id: str
    order: float = Field(description="units, in whole packs")
    worth: float
    days_of_cover: float
    sell_out_probability: float
    reason: str


class Orders(BaseModel):
    """The order list, what is worth most first."""

    model: str
    cutoff: date
    defaults: dict[str, float] = Field(description="what was taken for what was left out")
    orders: list[OrderRow]


class Kept(BaseModel):
    """What was kept."""

    kept: int = Field(description="products and days, safe on the disk")


class ForecastRow(BaseModel):
    """A product on a day ahead, in units."""

    model_config = ConfigDict(populate_by_name=True)

    unique_id: str
    ds: date
    cutoff: date
    mean: float
    median: float | None = None
    lo80: float | None = Field(None, alias="lo-80")
    hi80: float | None = Field(None, alias="hi-80")
    lo95: float | None = Field(None, alias="lo-95")
    hi95: float | None = Field(None, alias="hi-95")


class Forecasts(BaseModel):
    """A page of forecasts."""

    model: str = Field(description="the version in force")
    cutoff: date = Field(description="the last known day")
    products: int = Field(description="that the question fits, on all pages")
    page: int
    pages: int
    forecasts: list[ForecastRow]


class LiveForecasts(BaseModel):
    """Forecasts of the sales that were sent."""

    model: str
    cutoff: date
    forecasts: list[ForecastRow]


class ProductAnswer(BaseModel):
    """A product: what it sold, what is forecast, and how good its forecasts were."""

    model: str
    unique_id: str
    attributes: dict[str, str]
    sales: list[dict[str, str | float]]
    forecasts: list[ForecastRow]
    score: dict[str, str | float | None] | None


class Evaluation(BaseModel):
    """Scores on the test days, the model first, then the baselines."""

    model: str
    test_days: list[date]
    summary: str
    scores: list[dict[str, str | float | None]]


class ModelVersion(BaseModel):
    """A version of the model folder."""

    version: str
    in_force: bool


class Models(BaseModel):
    """The versions that there are, and what is in service."""

    recipe: str
    products: int
    last_day: date
    horizon: int
    versions: list[ModelVersion]


class ProblemAnswer(BaseModel):
    """RFC 9457."""

    type: str
    title: str
    status: int
    detail: str
    request_id: str
    errors: list[dict[str, str]] = []
