"""Text of another code page is never read as Latin-1 in silence; the encoding can be said."""

from __future__ import annotations

from pathlib import Path

import pytest

from shelfcast.cli import main
from shelfcast.errors import SourceError
from shelfcast.reading import open_source, read_sales

OTHERS = {
    "Czech": ("cp1250", ["žluťoučký kůň", "český sýr", "řízek", "pečivo", "mléko", "víno bílé"]),
    "Czech, no letter that Latin-1 lacks": ("cp1250", ["pečivo", "rohlík", "příloha", "kuře", "sůl", "těsto"]),
    "Polish": ("cp1250", ["masło", "śmietana", "bułka", "kawa ziarnista", "ser żółty", "łosoś"]),
    "Polish, capitals": ("cp1250", ["MASŁO", "BUŁKA", "ŚMIETANA", "PĄCZEK"]),
    "Hungarian": ("cp1250", ["sör", "főzelék", "túró", "kenyér", "paprikás csirke", "szőlő", "gyümölcslé"]),
    "Croatian": ("cp1250", ["čaj", "ćevapi", "šećer", "žitarice"]),
    "Romanian": ("cp1250", ["pâine", "brânză", "țuică".replace("ț", "ţ"), "roşii", "smântână"]),
    "Turkish": ("cp1254", ["çay", "ekmek", "süt", "yoğurt", "şeker", "kıyma", "balık"]),
    "Russian": ("cp1251", ["чай", "хлеб", "сыр"]),
    "Greek": ("cp1253", ["ψωμί", "τυρί"]),
    "DOS": ("cp850", ["Müsli", "Brötchen", "Käse"]),
    "Macintosh": ("mac_roman", ["Müsli", "Brötchen", "Käse", "café"]),
}
LATIN = {
    "German": ["Müsli", "Brötchen", "Käse", "Süßstoff", "ÄPFEL – „Bio“, 1 kg à 5 €"],
    "French": ["café", "crème brûlée", "œufs", "pâte d’amande", "MAÏS DOUX N°5"],
    "Spanish": ["jamón", "piña", "azúcar", "n.º 5", "¡oferta!"],
    "Portuguese": ["pão", "maçã", "limões", "água 1½ l"],
    "Danish": ["rødgrød", "smør", "æble", "å"],
    "Finnish": ["pähkinä", "öljy", "Åbo"],
    "Italian": ["caffè", "tiramisù", "città"],
    "English": ["café au lait", "jalapeño", "müsli", "Kellogg’s®", "£5 voucher"],
}


def write(folder: Path, names: list[str], encoding: str) -> Path:
    path = folder / "sales.csv"
    rows = [f"2024-01-0{day},{name},{day}" for name in names for day in (1, 2)]
    path.write_bytes("\n".join(["date;item;quantity", *rows]).replace(",", ";").encode(encoding))
    return path


@pytest.mark.parametrize("language", OTHERS)
def test_another_code_page_is_asked_for_and_read_as_said(language: str, tmp_path: Path) -> None:
    encoding, names = OTHERS[language]
    path = write(tmp_path, names, encoding)
    with pytest.raises(SourceError, match=r"line 2: .*neither UTF-8 nor, as a whole, Latin-1.*--encoding cp1250"):
        read_sales(path)
    panel, report = read_sales(open_source(path, encoding=encoding))
    assert panel.products.tolist() == sorted(names)
    assert encoding.replace("_", "-") in report.format


@pytest.mark.parametrize("language", LATIN)
def test_latin_is_read_as_it_is_and_said(language: str, tmp_path: Path) -> None:
    names = [name.replace(",", "") for name in LATIN[language]]
    panel, report = read_sales(write(tmp_path, names, "cp1252"))
    assert panel.products.tolist() == sorted(names)
    assert "Latin-1 (Windows 1252)" in report.format


def test_the_encoding_that_is_said_is_kept_to(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(tmp_path, ["pečivo"], "cp1250")
    assert main(["check", str(path), "--encoding", "windows-1250"]) == 0
    assert "CSV, cp1250, separated by a semicolon" in capsys.readouterr().out
    with pytest.raises(SourceError, match="There is no encoding 'base65'"):
        open_source(path, encoding="base65")
    for encoding in ("utf-8", "ascii", "utf-16"):
        with pytest.raises(SourceError, match=r"sales\.csv.*(cannot be read|line 2: the text is not written in)"):
            read_sales(open_source(path, encoding=encoding))
    utf8 = write(tmp_path, ["pečivo"], "utf-8-sig")
    assert read_sales(open_source(utf8, encoding="utf-8"))[0].products.tolist() == ["pečivo"]
