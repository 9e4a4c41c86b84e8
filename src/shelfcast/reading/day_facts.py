"""Columns of a table of days that are no product: they describe the day, or a product beside its own column."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

from .exclude import is_total
from .months import WEEK
from .usual_names import CUSTOMER, MONEY, MONTH, QUANTITY, RECEIPT, TIME_OF_DAY, YEAR, plain, sounds_like_quantity

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
    " guests gaste bons tips trinkgeld tax mwst cash card waste labor labour dayofyear doy"
)
_DERIVED = (  # of a product's own column, beside it
    "forecast forecasts predicted prediction pred yhat expected prognose plan planned budget target soll lag ma rolling"
)
_COUNTED = (  # which leave no doubt, where `Tea sales` beside it must be money
    "quantity qty sold units pieces pcs count menge anzahl stuck stk stuckzahl cantidad unidades quantite quantita"
)
_CURRENCY = re.compile("[€$£¥₹]")
_BESIDE = "avg mean min max is has the of per unit state school public local name no nr c f mm eur usd"
_NUMBERS = "no nr number code"
_KEYS = frozenset("id nr no num number code".split())  # noqa: SIM905
_STATE = "ca"  # of the words for money, also California


def facts_of_days(names: Sequence[str]) -> set[str]:
    """The columns that describe the day by a usual name (`temp`, `Unit price`), or another one of them: beside `A`, or
    `QTY_A`, `PROMO_A` and `A_forecast` are no products, and beside `A units` `A sales` is money.
    """
    facts, beside = _facts(), _beside()
    words = {name: _words(name) for name in names}
    said = {name: beside.intersection(of) for name, of in words.items()}
    others = {_bare(of) for name, of in words.items() if not said[name]}
    found = paid_beside(names)
    for name, of in words.items():
        rest = tuple(word for word in of if word not in said[name])
        whole = facts.intersection(of) and all(word in facts or word in _BESIDE.split() for word in of)
        if plain(name) in facts or whole or (said[name] and rest and {rest, _bare(of)} & others):
            found.add(name)
    return found


def paid_beside(names: Sequence[str]) -> set[str]:
    """Those that are what was paid for another one's units: `A sales`, `A revenue` or `A (€)` beside `A units`."""
    counted = {_bare(of) for of in map(_words, names) if not _counted().isdisjoint(of)}
    money = _quantity().union(MONEY.split())
    found = set()
    for name in names:
        of = _words(name)
        if not _counted().isdisjoint(of):
            continue
        bare = tuple(word for word in of if word not in money)
        if bare in counted and (len(bare) < len(of) or _CURRENCY.search(name)):
            found.add(name)
    return found


def tells_facts(name: str) -> bool:
    """Whether a word of the name is one for what describes the day, as in `Sale price`, or for a number of receipts."""
    known = _facts().union(" ".join((*RECEIPT, *CUSTOMER, _NUMBERS)).split())
    return plain(name) in known or any(plain(word) in known for word in re.split(r"[\W_]+", name))


def may_number_keys(name: str) -> bool:
    """Whether whole numbers of a column called so may be of stores or items, as those of a `Lager ID` or a `Channel`;
    those of a price, a stock or a quantity are none.
    """
    if not _KEYS.isdisjoint(_words(name)):
        return True
    return not facts_of_days([name]) and not sounds_like_quantity(name)


@cache
def _facts() -> frozenset[str]:
    usual = " ".join((_FACTS, MONEY, *MONTH, *YEAR, *WEEK, *TIME_OF_DAY)).split()
    return frozenset(word for word in usual if word != _STATE and not is_total(word))


@cache
def _beside() -> frozenset[str]:
    return _facts().union(_DERIVED.split())


@cache
def _counted() -> frozenset[str]:
    return frozenset(_COUNTED.split())


@cache
def _quantity() -> frozenset[str]:
    return frozenset(" ".join((*QUANTITY, _COUNTED)).split())


def _words(name: str) -> list[str]:
    return [_word(part) for part in re.split(r"[\W_]+", name) if plain(part)]


def _bare(words: Sequence[str]) -> tuple[str, ...]:
    return tuple(word for word in words if word not in _quantity())


def _word(part: str) -> str:
    """As it is compared: without the number of days in `ma7` and `lag1`."""
    word = plain(part)
    bare = word.rstrip("0123456789")
    return bare if bare in _DERIVED.split() else word
