"""`shelfcast serve`: the planner's page and the HTTP service of a model folder."""

from __future__ import annotations

import argparse
import gc
from pathlib import Path


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser("serve", help="the planner's page and the HTTP service of a model")
    parser.add_argument("model", type=Path)
    parser.add_argument("--host", default="127.0.0.1", help="other than loopback needs a key (default: 127.0.0.1)")
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument(
        "--api-key-file", type=Path, metavar="FILE", help="holds the key that is needed (or SHELFCAST_API_KEY)"
    )
    parser.add_argument(
        "--admin-key-file", type=Path, metavar="FILE", help="holds the key for writing (or SHELFCAST_ADMIN_KEY)"
    )
    parser.add_argument(
        "--allow-host", action="append", default=[], metavar="NAME", help="a name to be asked under; again for more"
    )
    parser.add_argument("--stock", type=Path, metavar="FILE", help="stock table, for the order list (read anew)")
    parser.add_argument(
        "--database",
        metavar="URL",
        help="of posted sales: sqlite:///... or postgresql://... (default: a SQLite file in the model folder)",
    )
    parser.set_defaults(command=_serve)


def _serve(arguments: argparse.Namespace) -> None:
    # What imports make stays for as long as the process: to look through it for garbage, again and again, would take a
    # sixth of the start.
    gc.disable()
    try:
        _start(arguments)
    finally:
        gc.enable()


def _start(arguments: argparse.Namespace) -> None:
    """Serves until it is told to end; garbage is looked for from the first answer on."""
    from .options import needs_service

    with needs_service():
        from ..service.keeper import ModelKeeper
        from ..service.metrics import Metrics
    from ..service.settings import ADMIN_KEY, API_KEY, ServiceSettings, read_key
    from ..store import name_in_force, open_version

    name_in_force(arguments.model)
    settings = ServiceSettings(
        model=arguments.model,
        host=arguments.host,
        port=arguments.port,
        api_key=read_key(API_KEY, arguments.api_key_file),
        admin_key=read_key(ADMIN_KEY, arguments.admin_key_file),
        database=arguments.database,
        hosts=tuple(arguments.allow_host),
        stock=arguments.stock,
    )
    keeper = ModelKeeper(arguments.model, Metrics())
    keeper.start()  # the model is loaded while the web framework is
    try:
        open_version(arguments.model)
        with needs_service():
            from ..service.app import make_app, serve
        app = make_app(settings, keeper)
        gc.freeze()
        gc.enable()
        serve(app, settings)
    finally:
        keeper.stop()
