"""The command line: parse, call. Each command is a file of `commands`."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from .commands import (
    check,
    demo,
    evaluate,
    extend,
    forecast,
    nightly,
    order,
    promote,
    prune,
    report,
    sample,
    serve,
    train,
    versions,
)
from .errors import ShelfcastError

COMMANDS = (
    check,
    train,
    forecast,
    order,
    evaluate,
    report,
    serve,
    nightly,
    extend,
    versions,
    promote,
    prune,
    sample,
    demo,
)


def main(argv: Sequence[str] | None = None) -> int:
    """Runs a command and returns its exit code: 0 done, 1 cut off, 2 an error that the message explains."""
    arguments = _parser().parse_args(argv)
    # read when torch is loaded: waiting threads that spin cost many times the work on shared cores
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    try:
        arguments.command(arguments)
        sys.stdout.flush()
    except ShelfcastError as error:
        print(f"shelfcast: {error.problem}", file=sys.stderr)
        if error.way_out:
            print(f"  way out: {error.way_out}", file=sys.stderr)
        return 2
    except BrokenPipeError:  # what reads our output has seen enough (head, a closed pager)
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except KeyboardInterrupt:
        print("shelfcast: interrupted; nothing was written", file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="shelfcast", description="Tomorrow's demand for every product: one network, one forward pass."
    )
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    for command in COMMANDS:
        command.add(commands)
    return parser
