"""Columns that tell of promotions and of events, in tables of their own and beside the units of a table of sales."""

from __future__ import annotations

from collections.abc import Sequence

from .source import Source, shown
from .usual_names import names_of, plain, words_of

_SIGNALS = (  # what their names begin with
    "promo onpromo ispromo discount campaign offer feature display coupon markdown onsale snap flag signal aktion"
    " rabatt nachlass angebot werbung remise reduction descuento oferta sconto offerta promozione rabat desconto"
)
_SIGNAL_WORDS = ("ad", "ads", "deal", "deals")  # the same, as a whole word
_NO_SIGNAL = ("id", "nr", "no", "number", "code", "price", "preis", "prix", "precio", "prezzo", "cena", "date", "datum")
_EVENTS = (  # what their names begin with
    "event holiday occasion isholiday ispublicholiday isschoolholiday isevent publicholiday bankholiday stateholiday"
    " schoolholiday feiertag schulferien ferien anlass ereignis veranstaltung jourferie ferie vacances evenement"
    " festivo feriado fiesta vacaciones evento festivita festa vacanze swieto wydarzenie"
)
_NAMES = "name subject summary bezeichnung"  # the same, in a table of events alone
_DESCRIPTIONS = ("description", "title")  # the same, where there is none of the others
_NO_NAME = ("type", "locale", "transferred", "id", "country", "region", "code")  # of an event, but not its name
_PROMOTION = (  # exact names, where nobody has said that the table is one of promotions
    "promo promos promotion promotions onpromotion onpromo ispromo isonpromotion promoflag promotionflag discount"
    " discounts aktion rabatt angebot promocion promocao promozione sconto descuento desconto remise oferta offerta"
)
_EVENT = (  # the same for events
    "holiday holidays isholiday holidayflag stateholiday schoolholiday publicholiday bankholiday event events isevent"
    " eventname feiertag schulferien ferien festivo feriado"
)
_MOST_MISSING = 0.05  # of the product-days: a table that lacks more of them tells of sales, not of days


def sounds_like_signal(name: str) -> bool:
    """Whether the column is called like a promotion, its id or its price."""
    return plain(name).startswith(tuple(_SIGNALS.split())) or words_of(name.casefold())[0] in _SIGNAL_WORDS


def may_be_signal(name: str) -> bool:
    """Whether the column is not called like an id, a price or a day."""
    return not plain(name).endswith(_NO_SIGNAL)


def event_columns(names: Sequence[str]) -> list[str]:
    """Those that are called like an event, of a table of events."""
    free = [name for name in names if may_be_event(name)]
    called = [name for name in free if plain(name).startswith((*_EVENTS.split(), *_NAMES.split()))]
    return called or [name for name in free if plain(name).startswith(_DESCRIPTIONS)]


def may_be_event(name: str) -> bool:
    """Whether the column is not called like the kind, the place or the id of an event."""
    return not plain(name).rstrip("0123456789").endswith(_NO_NAME)


def plans_beside(table: Source, free: Sequence[str], product_days: int, cells: int) -> list[str]:
    """Sentences on the columns of daily sales that `--promotions` or `--events` would take from the same table.

    Where a row stands for a sale, and not for a day, a flag would tell of the sale itself: there is nothing to say.

    Args:
        free: columns that nobody needs. cells: of the `product_days`, on which products were there, those with a row.
    """
    if cells < (1 - _MOST_MISSING) * product_days:
        return []
    said = []
    for kind, option, called in (("promotions", "--promotions", _PROMOTION), ("events", "--events", _EVENT)):
        named = [name for name in free if plain(name).rstrip("0123456789") in names_of(called)]
        found = [name for name in named if len(table.read([name])[name].values.unique()) > 1]
        if found:
            names = ", ".join(map(shown, found))
            said.append(f"Beside the units: {names}; to learn from {kind}, train with this table as {option}, too.")
    return said
