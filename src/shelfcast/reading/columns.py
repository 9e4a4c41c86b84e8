"""Which column is the product, the day, the quantity: by the names that shops usually give them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache, lru_cache

from ..errors import ColumnError
from ..status import STORE
from .source import Source, shown
from .texts import distinct_texts

# Names in rank order, compared without case, space, punctuation and accents (the mark that makes ト a ド is one).
# Two columns of the same rank are ambiguous; a column of a lower rank is mentioned and left. Codes rank before names:
# a name may be shared.
PRODUCT = (
    "uniqueid",
    "itemid itemcode itemnbr itemno itemnumber stockcode sku skuid skucode skuno productdetail"
    " articleid articlecode articleno articlenumber artikelnummer artikelnr artikelid artikelcode artnr artno"
    " materialnummer materialnr plu plucode pluno codearticle refarticle codigoarticulo codarticulo idarticulo"
    " codicearticolo codigodelarticulo"
    " lineitemsku partnumber partno partnr"
    " 商品コート 商品编码 商品编号 商品番号 kodtowaru kodproduktu urunkodu stokkodu",
    "productid productcode productno productnumber productkey prodid prodcode productsku produktid produktnummer"
    " produktnr produktcode idproduit produitid codeproduit refproduit idproducto productoid codigoproducto"
    " codproducto codigodelproducto idprodotto codiceprodotto codigoproduto codigodoproduto codproduto",
    "codigo codice",
    "item product article menuitem artikel produkt produit producto articulo articolo prodotto produto ware menu"
    " reference ref dish dishname 商品 产品 товар urun towar vara",
    "itemname productname articlename itemtitle producttitle artikelname artikelbezeichnung artikelbez bezeichnung"
    " produktname produktbezeichnung nomproduit designation libelle nombreproducto description productdescription"
    " itemdescription descripcion descrizione descricao lineitemname 商品名 商品名称",
    "ean upc gtin barcode ean13 codebarre codigobarras",
)
GROUP = (  # sold together where a table knows no product: Favorita's families, Walmart's departments
    "family productfamily productline category productcategory itemcategory warengruppe kategorie categorie categoria"
    " department dept deptid departmentid categoryid",
)
DAY = (
    "ds",
    "date datetime timestamp transactiondate transactiondatetime transactiontimestamp transdate trandate invoicedate"
    " saledate salesdate saledatetime orderdate orderdatetime orderpurchasetimestamp receiptdate purchasedate"
    " purchasedatetime businessdate ticketdate billdate bookingdate postingdate calendardate dateofsale datesold dt"
    " datum belegdatum verkaufsdatum buchungsdatum rechnungsdatum bestelldatum kassendatum bondatum verkaufstag"
    " datevente datedevente datefacture dateheure datecommande dateticket fecha fechaventa fechafactura fechapedido"
    " fechahora fechadeventa fechadepedido data datavendita datavenda datadavenda datadevenda dataordine auftragsdatum"
    " createdat orderedat soldat 日付 日期 売上日 販売日 注文日 销售日期 订单日期 дата tarih datasprzedazy",
    "day time tag jour dia giorno",
)
MONTH, YEAR = ("month monat mois mes mese",), ("year jahr annee ano anno",)
TIME_OF_DAY = (
    "time transactiontime transtime invoicetime saletime salestime ordertime receipttime uhrzeit zeit heure hora ora",
    "timeofday",
)
QUANTITY = (
    "y target",
    "quantity qty sold transactionqty transactionquantity units unitssold unitsales unitsale quantitysold qtysold"
    " soldquantity soldqty salesqty salesquantity salequantity saleqty salesunits orderquantity orderqty"
    " quantityordered qtyordered itemssold netitemssold numitems itemcount itemcnt itemcntday cnt pieces pcs"
    " menge anzahl stuck stueck stuckzahl stueckzahl absatz verkaufsmenge absatzmenge verkauftemenge mengeverkauft"
    " quantite qte quantitevendue qtevendue unitesvendues cantidad cant cantidadvendida unidades unidadesvendidas uds"
    " quantita qta pezzi quantidade qtd qtde aantal aantalverkocht antal lineitemquantity"
    " 数量 销量 销售数量 販売数 販売数量 売上数量 количество adet miktar ilosc",
    "sales demand saleamount sale volume verkauf verkaufe verkaeufe ventes ventas vendite vendas venta venda"
    " dailysales weeklysales",
)
MONEY = (  # what may be called so holds no units, or sales that are counted in money
    "revenue turnover amount netamount grossamount totalamount totalprice linetotal total value salesvalue netsales"
    " grosssales totalsales umsatz nettoumsatz bruttoumsatz erlos erloes betrag gesamtbetrag chiffredaffaires ca"
    " montant importe ingresos facturacion fatturato importo ricavi receita faturamento omzet omsattning wartosc"
    " выручка сумма ciro 销售额 売上 売上金額"
)
STATUS = (
    "status orderstatus salestatus salesstatus salesorderstatus invoicestatus transactionstatus paymentstatus"
    " financialstatus fulfillmentstatus lineitemstatus itemstatus bestellstatus auftragsstatus belegstatus"
    " zahlungsstatus statut statutcommande etat estado estadopedido stato statoordine situacao статус durum"
    " 状态 订单状态 type transactiontype transtype trantype txntype entrytype receipttype ordertype saletype salereturn"
    " documenttype doctype bonart belegart vorgangsart vorgangstyp",
    "cancelled canceled refund refunded isrefund isrefunded returned isreturned isreturn"
    " iscancelled iscanceled cancelledat canceledat cancelledon void voided isvoid isvoided storno"
    " storniert isstorniert storniertam annule annulee cancelado cancelada annullato annullata",  # yes, or when
)
RECEIPT = (
    "transactionid transactionno transactionnumber transaction receiptid receiptno receiptnumber receipt"
    " invoiceid invoiceno invoicenumber invoice orderid orderno ordernumber ticketid ticketno ticketnumber"
    " ticket billid billno basketid bonnr bonnummer bonid belegnr belegnummer kassenbon rechnungsnummer"
    " rechnungsnr bestellnummer numticket numeroticket numfacture numfactura factura facture pedido",
)
CUSTOMER = (
    "customerid customer customerno customernumber customercode customerkey clientid client userid user memberid"
    " member householdkey loyaltyid cardno cardnumber kundennummer kundennr kundeid kunde idclient codeclient"
    " idcliente cliente",
)


_REMEMBERED = 1 << 17  # names of columns in their plain form, which are asked for again and again
_GUESSED = 100  # columns, the first ones, that are looked at for a near miss
GIVEN = "given by --id-col"
_NO_UNITS = (  # words in the names of numbers that are not what was sold
    "id no nr number code price preis prix precio prezzo preco amount channel person rep rank per pack min max"
    " stock inventory lager bestand onhand available forecast plan planned budget target return returns returned"
    " refunded customer customers transaction transactions ticket tickets visitor visitors hour hours day days week"
    " month year"
)
_OF_A_ROW = frozenset("reference ref codigo codice".split())  # noqa: SIM905 - or of a product
_NEW_ON_NEARLY_EVERY_ROW = 0.9


class EmptyColumnError(ColumnError):
    """A column that was taken by its name holds nothing."""

    def __init__(self, source: Source, name: str) -> None:
        super().__init__(f"{source.name}, column {shown(name)}: all of it is empty.", "Name another with --id-col.")
        self.column = name


@dataclass(frozen=True)
class ColumnChoice:
    """What was taken as one of the roles of a table of sales.

    Attributes:
        role: `product`, `day`, `time of day` or `quantity`.
        columns: the columns taken, in order: several for a product's key, none where none would do.
        why: the reason, as words.
        others: columns that would have fitted too and were left.
    """

    role: str
    columns: tuple[str, ...]
    why: str
    others: tuple[str, ...] = ()


@dataclass(frozen=True)
class Columns:
    """The columns that are read, and how they were found.

    `time_of_day` is a candidate only, and no choice yet: what it holds decides. `quantity` is None where each line
    counts as one unit. `customer` matters for returns only, `status` and `receipt` tell of cancelled rows. `receipts`:
    there are receipt numbers or times of day.
    """

    product: tuple[str, ...]
    day: str
    time_of_day: str | None
    quantity: str | None
    customer: str | None
    status: tuple[str, ...]
    receipt: str | None
    receipts: bool
    choices: tuple[ColumnChoice, ...]

    @property
    def used(self) -> tuple[str, ...]:
        return (*self.product, self.day, *(name for name in (self.time_of_day, self.quantity) if name is not None))


def detect(
    source: Source,
    id_cols: Sequence[str],
    time_col: str | None,
    target_col: str | None,
    count_lines: bool = False,
    empty: Sequence[str] = (),
) -> Columns:
    """The columns of `source` that hold the product, the day and the quantity; what is given decides.

    A store's column is part of the product's key where the rows are no receipts (there is neither a column of
    receipt numbers nor one of times of day): then a row is a product in a store on a day.

    Args:
        empty: columns that hold nothing, and are none of these for it.

    Raises:
        ColumnError: a column is missing, given twice, or more than one would fit.
    """
    if count_lines and target_col is not None:
        raise ColumnError(
            f"Units are to be read from {shown(target_col)}, and lines to be counted.", "Say one of both."
        )
    given = [*id_cols, *(name for name in (time_col, target_col) if name is not None)]
    for name in given:
        _check_given(source, name, given)
    free = [name for name in source.columns if name not in (*given, *empty)]
    day = _choose(source, "day", _after(DAY, 1, source), free, time_col, "--time-col")
    free = [name for name in free if name not in day.columns]
    _check_split_date(source, day, free)
    if count_lines:
        quantity = ColumnChoice("quantity", (), "each line counts as one unit", _others(QUANTITY, free))
    else:
        quantity = _choose(source, "quantity", _after(QUANTITY, 2, source), free, target_col, "--target-col")
    times = [name for rank in _ranked(TIME_OF_DAY, free) for name in rank]
    receipts = bool(times or _ranked(RECEIPT, free))
    product = choose_product(source, free, id_cols, receipts)
    columns = Columns(
        product.columns,
        day.columns[0],
        times[0] if times else None,
        next(iter(quantity.columns), None),
        find(source, CUSTOMER, [name for name in free if name not in product.columns]),
        tuple(name for name in _others(STATUS, free) if source.columns.count(name) == 1),
        _receipt(source, [name for name in free if name not in product.columns]),
        receipts,
        (product, day, quantity),
    )
    for name in columns.used:
        if source.columns.count(name) > 1:
            raise ColumnError(
                f"{source.name} has {source.columns.count(name)} columns called {shown(name)}.",
                "Give each column a name of its own.",
            )
    return columns


def _after(aliases: Sequence[str], ranks: int, source: Source) -> Sequence[str]:
    """The names of forecasters (`ds`, `y`) come first where another of them is there; alone, `y` may be a year and
    `DS` a description, and they come after so many ranks.
    """
    convention = {"uniqueid", "ds", "y"} & set(map(plain, source.columns))
    return aliases if len(convention) > 1 else (*aliases[1 : ranks + 1], aliases[0], *aliases[ranks + 1 :])


def _receipt(source: Source, free: list[str]) -> str | None:
    """The column of the receipt's number; an order's `Name`, as Shopify calls it, is one beside its `Lineitem ...`."""
    lines = any(plain(name).startswith("lineitem") for name in source.columns)
    return find(source, (*RECEIPT, "name") if lines else RECEIPT, free)


def _check_split_date(source: Source, day: ColumnChoice, free: list[str]) -> None:
    """A day of the month, beside columns of the year and the month, is no date of its own."""
    month, year = find(source, MONTH, free), find(source, YEAR, free)
    if month and year and (plain(day.columns[0]) in DAY[-1].split() or _are_days_of_a_month(source, day.columns[0])):
        raise ColumnError(
            f"{source.name} spreads the date over the columns {_listed([year, month, day.columns[0]])}.",
            "Write it into one column, as 2024-12-31.",
        )


def _are_days_of_a_month(source: Source, name: str) -> bool:
    if source.columns.count(name) > 1:
        return False
    texts = distinct_texts(source.read([name])[name])[1].to_pylist()
    return 0 < len(texts) <= 31 and all(text.strip().isdecimal() and int(text) <= 31 for text in texts)


def choose_product(source: Source, free: list[str], id_cols: Sequence[str], receipts: bool) -> ColumnChoice:
    """The columns of the product's key among the `free` ones; a store's is one of them where there are no receipts.

    Raises:
        ColumnError: there is none, or more than one would fit.
    """
    if id_cols:
        return ColumnChoice("product", tuple(id_cols), GIVEN, _others(PRODUCT, free))
    stores = _ranked(STORE, free)
    if not _ranked(PRODUCT, free) and (stores or _ranked(GROUP, free)):
        return _without_product(source, free, receipts)
    item = _of_a_product(source, _choose(source, "product", PRODUCT, free, None, "--id-col"))
    if receipts or plain(item.columns[0]) == "uniqueid" or not stores:
        return ColumnChoice(item.role, item.columns, item.why, (*item.others, *_others(STORE, free)))
    store = _choose(source, "store", STORE, free, None, "--id-col")
    why = "a row is a product in a store on a day: no receipt numbers, no times of day"
    return ColumnChoice("product", store.columns + item.columns, why, store.others + item.others)


def _of_a_product(source: Source, item: ColumnChoice) -> ColumnChoice:
    """The choice, or the next best column where the values of a `Reference` are new on nearly every row, as those of an
    order are.

    Raises:
        ColumnError: an `Item` counts the lines of a document: 10, 20, 30.
    """
    name = item.columns[0]
    if plain(name) == "item" and any("document" in plain(other) for other in source.columns):
        texts = distinct_texts(source.read([name])[name])[1].to_pylist()
        numbers = sorted({int(text) for text in texts if text.strip().isdecimal()})
        if len(numbers) == len(texts) and numbers == [numbers[0] * step for step in range(1, len(numbers) + 1)]:
            raise ColumnError(
                f"{source.name}, column {shown(name)}: it counts the lines of each document and is no product.",
                "Name the product with --id-col.",
            )
    if plain(name) in _OF_A_ROW and item.others:
        both = source.read([name, item.others[0]])
        (rows, own), (_, others) = (distinct_texts(both[column]) for column in (name, item.others[0]))
        if len(own) > max(_NEW_ON_NEARLY_EVERY_ROW * len(rows), 2 * len(others)):
            why = f"{shown(name)} is new on nearly every row"
            return ColumnChoice(item.role, (item.others[0],), why, (name, *item.others[1:]))
    return item


def _without_product(source: Source, free: list[str], receipts: bool) -> ColumnChoice:
    """A table of what groups of products, or whole stores, sold."""
    groups, stores = _ranked(GROUP, free), _ranked(STORE, free)
    if not groups and receipts:
        return _choose(source, "product", PRODUCT, free, None, "--id-col")  # an error: a receipt is of products
    group = _choose(source, "group of products", GROUP, free, None, "--id-col") if groups else None
    store = _choose(source, "store", STORE, free, None, "--id-col") if stores and not receipts else None
    taken = [choice for choice in (store, group) if choice is not None]
    what = "a group of products" if store is None else "a group in a store" if group else "a whole store"
    return ColumnChoice(
        "product",
        tuple(choice.columns[0] for choice in taken),
        f"no column is known as the product: what is forecast is {what}",
        tuple(other for choice in taken for other in choice.others),
    )


def _choose(
    source: Source, role: str, aliases: Sequence[str], free: list[str], given: str | None, option: str
) -> ColumnChoice:
    if given is not None:
        return ColumnChoice(role, (given,), f"given by {option}", _others(aliases, free))
    ranked = _ranked(aliases, free)
    if not ranked and len(source.columns) == 1:
        raise ColumnError(
            f"{source.name} has one column only, {_listed(source.columns)}.",
            "Separate its fields by a comma, a semicolon, a tab or |.",
        )
    if not ranked:
        raise ColumnError(
            f"{source.name} has no column known as the {role} (such as {_examples(aliases)});"
            f" its columns are {_listed(source.columns)}.",
            f"Name the right one with {option}{_guess(aliases, free, option)}"
            + (", or say --count-lines if each line is one unit sold." if role == "quantity" else "."),
        )
    filled = ranked[0] if len(ranked[0]) == 1 else [name for name in ranked[0] if not _is_empty(source, name)]
    if len(filled) != 1:
        raise ColumnError(
            f"{source.name}: {_listed(ranked[0])} would each do as the {role};"
            f" its columns are {_listed(source.columns)}.",
            f"Name the right one with {option}.",
        )
    others = tuple(name for rank in ranked for name in rank if name != filled[0])
    return ColumnChoice(role, (filled[0],), "a usual name", others)


def _is_empty(source: Source, name: str) -> bool:
    return not any(text.strip() for text in distinct_texts(source.read([name])[name])[1].to_pylist())


def _guess(aliases: Sequence[str], free: Sequence[str], option: str) -> str:
    """The column whose name holds a usual one, or is nearly one."""
    known = [alias for rank in aliases for alias in rank.split() if len(alias) > 3]
    others = _names_of(" ".join((*RECEIPT, *CUSTOMER, MONEY)))
    free = [name for name in free[:_GUESSED] if plain(name) not in others]
    if aliases is not PRODUCT:
        free = [name for name in free if may_count_units(name)]
    near = [name for alias in known for name in free if alias in plain(name)]
    near += [name for name in free if get_close_matches(plain(name), known, 1, 0.75)]
    if not near and len(free) == 1:
        near = free
    return f"; perhaps {option} {shown(near[0])}" if near else ""


def _check_given(source: Source, name: str, given: list[str]) -> None:
    if name not in source.columns:
        raise ColumnError(
            f"{source.name} has no column {shown(name)}; its columns are {_listed(source.columns)}.",
            "Name one of them with --id-col, --time-col or --target-col.",
        )
    if given.count(name) > 1:
        raise ColumnError(
            f"Column {shown(name)} is given {given.count(name)} times.", "Give each column one role, once."
        )


def find(source: Source, aliases: Sequence[str], free: Sequence[str] | None = None) -> str | None:
    """The column called like one of these, the best rank first; among the `free` ones, if given."""
    ranked = _ranked(aliases, source.columns if free is None else free)
    return ranked[0][0] if ranked else None


def _ranked(aliases: Sequence[str], free: Sequence[str]) -> list[list[str]]:
    """The columns of each rank, best first, ranks without one left out."""
    ranks = [[name for name in free if plain(name) in rank] for rank in map(_names_of, aliases)]
    return [rank for rank in ranks if rank]


@cache
def _names_of(rank: str) -> frozenset[str]:
    return frozenset(rank.split())


def may_count_units(name: str) -> bool:
    """Whether no word of a column's name says that its numbers are something else: an id, a stock, a price."""
    return not any(plain(word) in _names_of(_NO_UNITS) for word in _words(re.sub("[0-9]", "", name)))


def sounds_like_quantity(name: str) -> bool:
    """Whether one of the words of a column's name is a usual one for the quantity, as in `Weekly sales`."""
    known = _names_of(" ".join((*QUANTITY, "count")))
    return any(len(word) > 2 and plain(word) in known for word in _words(name))


def _words(name: str) -> list[str]:
    return re.split(r"[\W_]+", name)


def _others(aliases: Sequence[str], free: Sequence[str]) -> tuple[str, ...]:
    return tuple(name for rank in _ranked(aliases, free) for name in rank)


@lru_cache(_REMEMBERED)
def plain(name: str) -> str:
    """A column's name as it is compared: without case, accents, space and punctuation."""
    letters = unicodedata.normalize("NFKD", name.casefold())
    return re.sub(r"[\W_]+", "", "".join(letter for letter in letters if not unicodedata.combining(letter)))


def _examples(aliases: Sequence[str]) -> str:
    return ", ".join(repr(name) for name in [rank.split()[0] for rank in aliases][:3])


def _listed(names: Sequence[str], most: int = 20) -> str:
    more = f" and {len(names) - most:,} more" if len(names) > most else ""
    return (", ".join(map(shown, names[:most])) or "none") + more
