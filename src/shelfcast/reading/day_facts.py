"""Columns of a table of days that are no product: they describe the day, or a product beside its own column."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

from .columns import CUSTOMER, MONEY, MONTH, QUANTITY, RECEIPT, TIME_OF_DAY, YEAR, plain
from .exclude import is_total
from .months import WEEK

_FACTS = (
    "id index instant rowid day dayofweek dow weekday wday dayname monthname workingday weekend quarter season"
    " wochentag quartal jahreszeit saison jour joursemaine diasemana giorno hour hours hr stunde"
    " yr mnth holiday holidays isholiday stateholiday schoolholiday feiertag schulferien ferien ferie festivo event"
    " events open closed isopen geoffnet"
    " price prices unitprice sellprice preis vkpreis stuckpreis prix prixunitaire precio preco prezzo prijs cost costs"
    " kosten profit margin discount rabatt remise descuento sconto"
    " stock stocklevel onhand instock soldout inventory lager bestand lagerbestand stoque estoque existencias scorta"
    " promo promos promotion promotions onpromotion ispromo aktion promocion promocao promozione angebot"
    " weather weathersit wetter meteo clima temp temps temperature temperatur atemp tmax tmin tavg feelslike rain"
    " rainfall precipitation regen niederschlag humidity hum feuchte wind windspeed sunshine sonne sonnenstunden snow"
    " visitors visitor visits visites transactions receipts besucher kunden customers footfall traffic sessions"
    " pageviews clicks staff employees personal fuelprice cpi unemployment"
)
_BESIDE = "avg mean min max is has the of per unit state school public local name no nr c f mm eur usd"
_NUMBERS = "no nr number code"
_STATE = "ca"  # of the words for money, also California


def facts_of_days(names: Sequence[str]) -> set[str]:
    """The columns that describe the day by a usual name (`temp`, `Unit price`), or another one of them: beside `A`, or
    `QTY_A`, `PROMO_A` is no product.
    """
    facts = _facts()
    words = {name: [plain(word) for word in re.split(r"[\W_]+", name) if plain(word)] for name in names}
    said = {name: facts.intersection(of) for name, of in words.items()}
    others = {tuple(word for word in of if word not in _quantity()) for name, of in words.items() if not said[name]}
    found = set()
    for name, of in words.items():
        rest = [word for word in of if word not in said[name]]
        whole = said[name] and all(word in _BESIDE.split() for word in rest)
        if plain(name) in facts or whole or (said[name] and rest and tuple(rest) in others):
            found.add(name)
    return found


def tells_facts(name: str) -> bool:
    """Whether a word of the name is one for what describes the day, as in `Sale price`, or for a number of receipts."""
    known = _facts().union(" ".join((*RECEIPT, *CUSTOMER, _NUMBERS)).split())
    return plain(name) in known or any(plain(word) in known for word in re.split(r"[\W_]+", name))


@cache
def _facts() -> frozenset[str]:
    usual = " ".join((_FACTS, MONEY, *MONTH, *YEAR, *WEEK, *TIME_OF_DAY)).split()
    return frozenset(word for word in usual if word != _STATE and not is_total(word))


@cache
def _quantity() -> frozenset[str]:
    return frozenset(" ".join(QUANTITY).split())
