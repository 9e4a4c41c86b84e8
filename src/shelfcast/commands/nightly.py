"""`shelfcast nightly`: new sales in, forecast out, scored, and a better model promoted; for cron."""

from __future__ import annotations

import argparse
from pathlib import Path

from .options import add_device, add_source, add_tables, source_of, tables_of


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser("nightly", help="take in new sales, score, forecast, promote a better model")
    parser.add_argument("model", type=Path)
    parser.add_argument("--sales", help="newer days or the whole history (default: what was posted)")
    add_source(parser)
    parser.add_argument("--database", metavar="URL", help="of posted sales (default: the one in the model folder)")
    parser.add_argument("--out", type=Path, metavar="FILE", help="write the forecast to this .csv, .xlsx or .parquet")
    add_tables(parser)
    add_device(parser)
    parser.set_defaults(command=_nightly)


def _nightly(arguments: argparse.Namespace) -> None:
    from ..forecaster import Forecaster, Sales
    from ..printing import print_forecast
    from ..service.nightly import run_nightly
    from ..service.settings import ServiceSettings
    from .options import needs_service

    sales: Sales | None = None
    if arguments.sales is not None:
        sales = source_of(arguments)
    else:
        with needs_service():
            from ..service.ledger import SalesLedger

        known = Forecaster.load(arguments.model, device="cpu").recent.last_day
        posted = SalesLedger(ServiceSettings(arguments.model, database=arguments.database).database_url)
        table = posted.after(known.astype("datetime64[D]").item())
        sales = table if len(table) else None
    report = run_nightly(arguments.model, sales, arguments.device, **tables_of(arguments))
    print("\n".join(report.lines))
    print_forecast(report.forecast, arguments.out)
