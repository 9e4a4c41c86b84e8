"""`shelfcast report`: what the page shows, as one file that opens from disk."""

from __future__ import annotations

import argparse
from pathlib import Path


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser("report", help="scores, errors and tomorrow as one HTML file")
    parser.add_argument("model", type=Path)
    parser.add_argument("-o", "--out", type=Path, required=True, metavar="FILE", help="the .html file")
    parser.set_defaults(command=_report)


def _report(arguments: argparse.Namespace) -> None:
    from ..errors import ShelfcastError
    from ..forecaster import Forecaster
    from ..report.page import render_report

    content = Forecaster.load(arguments.model, device="cpu").report_content()
    if content is None:
        raise ShelfcastError(
            f"{arguments.model} has no scores: it was extended or saved without a backtest.", "Train it again."
        )
    html = render_report(content).encode("utf-8", errors="xmlcharrefreplace")
    unfinished = arguments.out.with_name(f".{arguments.out.name}.part")
    try:
        arguments.out.parent.mkdir(parents=True, exist_ok=True)
        unfinished.write_bytes(html)
        unfinished.replace(arguments.out)
    except OSError as error:
        raise ShelfcastError(
            f"{arguments.out} could not be written: {error.strerror or error}.", "Check space and permissions."
        ) from error
    print(arguments.out)
