"""Columns that tell of promotions and of events, in tables of their own and beside the units of a table of sales."""

from __future__ import annotations

from collections.abc import Sequence

from .source import shown
from .usual_names import plain, words_of

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
_MOST_FILLED = 0.05  # of the product-days: a table with more of them missing tells of sales, not of days


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


def plans_beside(names: Sequence[str], product_days: int, filled: int) -> list[str]:
    """Sentences on the columns of a table of sales that `--promotions` or `--events` would take from it.

    Where a row stands for a sale, and not for a day, a flag would tell of the sale itself: there is nothing to say.

    Args:
        names: of the columns that nobody needs. filled: of the `product_days` those without a row.
    """
    if filled > _MOST_FILLED * product_days:
        return []
    signals = [name for name in names if sounds_like_signal(name) and may_be_signal(name)]
    events = [name for name in names if plain(name).startswith(tuple(_EVENTS.split())) and may_be_event(name)]
    return [
        f"Not used: {', '.join(map(shown, found))}; to have {kind} known, give this table as {option}, too."
        for found, kind, option in ((signals, "promotions", "--promotions"), (events, "events", "--events"))
        if found
    ]
