"""Columns of a table of days that are no product: they describe the day, or a product beside its own column."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

from .exclude import is_total
from .months import WEEK
from .usual_names import (
    ACTUAL,
    CUSTOMER,
    MONEY,
    MONTH,
    PLANNED,
    QUANTITY,
    RECEIPT,
    TIME_OF_DAY,
    YEAR,
    plain,
    sounds_like_quantity,
)

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
    " guests gaste bons kassenbons tips trinkgeld tax mwst vat cash card waste schwund labor labour dayofyear doy"
    " discounts refunds voids"
)
_DERIVED = (  # of a product's own column, beside it
    f"{PLANNED} lag ma rolling rollmean rollingmean mean avg average median ewm ewma ema sma diff trend"
    " ly py last prev previous prior vorjahr returned returns wasted wastage retouren ordered bestellt"
)
_COUNTED = (  # which leave no doubt, where `Tea sales` beside it must be money
    "quantity qty sold units unit pieces pcs count menge anzahl stuck stk stuckzahl cantidad unidades quantite quantita"
)
_PAID = "amt rev eur euro euros usd gbp chf dollar dollars net gross netto brutto"  # beside units
NEARLY_ALL = 0.9  # of the names
_CURRENCY = re.compile("[€$£¥₹]")
_BESIDE = "avg mean min max is has the of per unit state school public local name no nr c f mm eur usd"
_NUMBERS = "no nr number code"
_KEYS = frozenset("id nr no num number code".split())  # noqa: SIM905
_STATE = "ca"  # of the words for money, also California


def facts_of_days(names: Sequence[str]) -> set[str]:
    """The columns that describe the day by a usual name (`temp`, `Unit price`), or another one of them: beside `A`, or
    `QTY_A`, `PROMO_A` and `A_forecast` are no products, and beside `A units` `A sales` is money.
    """
    facts = _facts()
    found = paid_beside(names) | told_beside(names)
    for name in names:
        of = _words(name)
        if plain(name) in facts or (facts.intersection(of) and all(w in facts or w in _BESIDE.split() for w in of)):
            found.add(name)
    return found


def told_beside(names: Sequence[str]) -> set[str]:
    """Those that describe another one: `PROMO_A` and `A_forecast` beside `A`, `QTY_A` or `A actual`."""
    beside = _beside()
    words = {name: _words(name) for name in names}
    said = {name: beside.intersection(of) for name, of in words.items()}
    others = {_bare(of) for name, of in words.items() if not said[name]}
    rest = {name: tuple(word for word in of if word not in said[name]) for name, of in words.items()}
    return {name for name, of in rest.items() if said[name] and of and {of, _bare(of)} & others}


def paid_beside(names: Sequence[str]) -> set[str]:
    """Those that are what was paid for another one's units: `A sales`, `A revenue` or `A (€)` beside `A units`."""
    money = _quantity().union(MONEY.split(), _PAID.split())
    counted = {_bare(of) for of in map(_words, names) if not _counted().isdisjoint(of)}
    found = set()
    for name in names:
        of = _words(name)
        if not _counted().isdisjoint(of):
            continue
        bare = tuple(word for word in of if word not in money)
        if bare in counted and (len(bare) < len(of) or _CURRENCY.search(name)):
            found.add(name)
    return found


def kinds_of_one(names: Sequence[str]) -> list[str]:
    """The first of those that are one product's by all but their word for a kind, as `A forecast` and `A plan`; none
    where not nearly every name is one of several such.
    """
    groups: dict[tuple[str, ...], list[str]] = {}
    for name in names:
        if bare := tuple(word for word in _bare(_words(name)) if word not in _derived()):
            groups.setdefault(bare, []).append(name)
    several = [group for group in groups.values() if len(group) > 1]
    return several[0] if sum(map(len, several)) >= max(1, NEARLY_ALL * len(names)) else []


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
    return _facts() | _derived()


@cache
def _derived() -> frozenset[str]:
    return frozenset(_DERIVED.split())


@cache
def _counted() -> frozenset[str]:
    return frozenset(_COUNTED.split())


@cache
def _quantity() -> frozenset[str]:
    return frozenset(" ".join((*QUANTITY, _COUNTED, ACTUAL)).split())


def _words(name: str) -> list[str]:
    """The words that are compared; the number of days in `ma7`, `lag_1` is none."""
    words = [_word(part) for part in re.split(r"[\W_]+", name) if plain(part)]
    return [word for at, word in enumerate(words) if not (at and word.isdecimal() and words[at - 1] in _derived())]


def _bare(words: Sequence[str]) -> tuple[str, ...]:
    return tuple(word for word in words if word not in _quantity())


def _word(part: str) -> str:
    word = plain(part)
    bare = word.rstrip("0123456789")
    return bare if bare in _derived() else word
