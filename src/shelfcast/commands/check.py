"""`shelfcast check`: the data report alone."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

from .options import add_sales, add_sold_out, read


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser("check", help="what the sales look like, and what would be done about it")
    parser.add_argument("sales", help="as for train")
    add_sales(parser)
    add_sold_out(parser)
    parser.add_argument("--out", type=Path, metavar="FILE", help="write the report as HTML, too")
    parser.set_defaults(command=_check)


def _check(arguments: argparse.Namespace) -> None:
    from ..check import check_sales
    from ..tables import Tables, add_tables

    panel, reading = read(arguments)
    panel, said = add_tables(panel, Tables(stock=arguments.stock), reading.key_columns)
    check = check_sales(panel, replace(reading, tables=(*reading.tables, *said)))
    print("\n".join(check.lines()))
    if arguments.out is not None:
        from ..report.check_page import write_check

        write_check(check, arguments.out)
        print(arguments.out)
