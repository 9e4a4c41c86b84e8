"""The sales that a model folder keeps: the panel that its forecasts go on from, as two files and back again.

products.json        {"products": [name, ...], "attributes": {name: [value a product, ...], ...}}
sales.safetensors    first_day [1] int64, sales [N, T] float32, status [N, T] uint8, covariates.* as they are named
                     by `Covariates.to_arrays`
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from .covariates import Covariates
from .errors import ModelFolderError, SalesError
from .panel import Panel, Status
from .store import read_json, read_tensors, write_json, write_tensors

_PRODUCTS = "products.json"
_SALES = "sales.safetensors"
_COVARIATES = "covariates."
_MOST_TEXT = 4 * 2**30  # bytes of an array of names, all as long as the longest
_LAST_DAY = 3_000_000  # days from 1970 on that a date may lie away
_KINDS = {  # of the covariates: their type and dimensions
    "prices": (np.float32, 2),
    "signal_values": (np.float32, 2),
    "signal_rows": (np.int64, 1),
    "known": (np.int64, 1),
    "lists": (np.bool_, 1),
    "event": (np.bool_, 1),
}


def write_kept_sales(version: Path, panel: Panel) -> None:
    """Writes both files into a version's folder."""
    attributes = {name: values.tolist() for name, values in panel.attributes.items()}
    write_json(version / _PRODUCTS, {"products": panel.products.tolist(), "attributes": attributes})
    days = {"first_day": panel.dates[:1].astype(np.int64), "sales": panel.sales, "status": panel.status}
    if panel.covariates is not None:
        told = panel.covariates.to_arrays()  # copied: signals may share memory, a file's tensors may not
        days |= {_COVARIATES + name: array.copy() for name, array in told.items()}
    write_tensors(version / _SALES, {name: torch.from_numpy(array) for name, array in days.items()})


def read_kept_sales(version: Path) -> Panel:
    """The panel that was written, each name, shape and type of it checked.

    Raises:
        ModelFolderError: they are not what `write_kept_sales` writes; the message names the file.
    """
    path = version / _PRODUCTS
    stored = read_json(path)
    if not isinstance(stored, dict) or stored.keys() != {"products", "attributes"}:
        raise ModelFolderError(f"{path} must hold products and attributes, and nothing else.")
    if not isinstance(stored["attributes"], dict):
        raise ModelFolderError(f"{path}: attributes must be lists by name.")
    products = _texts(path, "products", stored["products"])
    attributes = {name: _texts(path, name, values) for name, values in stored["attributes"].items()}
    path = version / _SALES
    days = {name: tensor.numpy() for name, tensor in read_tensors(path).items()}
    told = {name.removeprefix(_COVARIATES): days.pop(name) for name in list(days) if name.startswith(_COVARIATES)}
    N, T = len(products), days["sales"].shape[-1] if "sales" in days and days["sales"].ndim else 0
    expected = {"first_day": (np.int64, (1,)), "sales": (np.float32, (N, T)), "status": (np.uint8, (N, T))}
    found = {name: (array.dtype.type, array.shape) for name, array in days.items()}
    wrong = {name for name in expected.keys() | found.keys() if expected.get(name) != found.get(name)}
    wrong |= {_COVARIATES + name for name in told if not _is_covariate(name, told)}
    if wrong:
        raise ModelFolderError(f"{path} holds other names, shapes or types than sales have: {sorted(wrong)[:5]}.")
    if abs(days["first_day"][0]) > _LAST_DAY or days["status"].max(initial=0) > max(Status):
        raise ModelFolderError(f"{path} holds a day or a status that there cannot be.")
    dates = np.datetime64(int(days["first_day"][0]), "D") + np.arange(T)
    try:
        return Panel(days["sales"], days["status"], dates, products, attributes, Covariates.from_arrays(told))
    except SalesError as error:
        raise ModelFolderError(f"{path} holds no sales that can be: {error.problem}") from error


def _texts(path: Path, name: str, values: Any) -> NDArray[np.str_]:
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise ModelFolderError(f"{path}: {name} must be a list of texts.")
    if 4 * len(values) * max(map(len, values), default=0) > _MOST_TEXT:
        raise ModelFolderError(f"{path}: {name} has a text that is too long for so many.")
    return np.array(values, dtype=np.str_)


def _is_covariate(name: str, told: Mapping[str, NDArray[Any]]) -> bool:
    """Whether `Covariates` has such an array; a signal has values and rows, and what is known has one number."""
    kind, dot, of = name.partition(".")
    array = told[name]
    if (array.dtype.type, array.ndim) != _KINDS.get(kind) or bool(dot) == (kind in ("prices", "lists")):
        return False
    if kind in ("signal_values", "signal_rows"):
        return {f"signal_values.{of}", f"signal_rows.{of}"} <= told.keys()
    return kind not in ("known", "lists") or array.shape == (1,)
