"""Where pages are made of templates: every text from outside is escaped, and a name that is missing is an error."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined
from markupsafe import Markup


@cache
def templates(*packages: str) -> Environment:
    """The templates in the folders `templates` of these packages, and after them those of the report."""
    loaders = [*map(PackageLoader, packages), PackageLoader("shelfcast", "report")]
    return Environment(
        loader=ChoiceLoader(loaders), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )


@cache
def style() -> Markup:
    """The report's style sheet, to stand in a page."""
    return Markup(files(__package__).joinpath("style.css").read_text(encoding="utf-8"))
