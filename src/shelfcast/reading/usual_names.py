"""The names that shops usually give to their columns, and which columns are called so."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import cache, lru_cache

from .source import Source

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
PLANNED = (  # what was not sold, but thought of
    "forecast forecasts predicted prediction pred yhat expected prognose prevision"
    " plan planned geplant budget target soll"
)
ACTUAL = "actual actuals ist"  # what was sold, beside a plan of it
_NO_UNITS = (  # words in the names of numbers that are not what was sold
    "id no nr number code price preis prix precio prezzo preco amount channel person rep rank per pack min max"
    " stock inventory lager bestand onhand available return returns returned refunded customer customers transaction"
    f" transactions ticket tickets visitor visitors hour hours day days week month year {PLANNED}"
)

_REMEMBERED = 1 << 17  # names of columns in their plain form, which are asked for again and again


def find(source: Source, aliases: Sequence[str], free: Sequence[str] | None = None) -> str | None:
    """The column called like one of these, the best rank first; among the `free` ones, if given."""
    found = by_rank(aliases, source.columns if free is None else free)
    return found[0][0] if found else None


def by_rank(aliases: Sequence[str], free: Sequence[str]) -> list[list[str]]:
    """The columns of each rank, best first, ranks without one left out."""
    ranks = [[name for name in free if plain(name) in rank] for rank in map(names_of, aliases)]
    return [rank for rank in ranks if rank]


@cache
def names_of(rank: str) -> frozenset[str]:
    return frozenset(rank.split())


def sounds_like_quantity(name: str) -> bool:
    """Whether one of the words of a column's name is a usual one for the quantity, as in `Weekly sales`."""
    known = names_of(" ".join((*QUANTITY, "count")))
    return any(len(word) > 2 and plain(word) in known for word in words_of(name))


def may_count_units(name: str) -> bool:
    """Whether no word of a column's name says that its numbers are something else: an id, a stock, a price."""
    return not any(plain(word) in names_of(_NO_UNITS) for word in words_of(re.sub("[0-9]", "", name)))


def words_of(name: str) -> list[str]:
    return re.split(r"[\W_]+", name)


def all_called(aliases: Sequence[str], free: Sequence[str]) -> tuple[str, ...]:
    return tuple(name for rank in by_rank(aliases, free) for name in rank)


@lru_cache(_REMEMBERED)
def plain(name: str) -> str:
    """A column's name as it is compared: without case, accents, space and punctuation."""
    letters = unicodedata.normalize("NFKD", name.casefold())
    return re.sub(r"[\W_]+", "", "".join(letter for letter in letters if not unicodedata.combining(letter)))
