"""Running `trading-assets` in this process, as a user would from a shell: arguments in, exit code and texts out."""

import contextlib
import io
import sys
from dataclasses import dataclass
from unittest.mock import patch

from trading_assets.cli.main import main


@dataclass(frozen=True)
class Answer:
    """What a command left on the terminal."""

    code: int
    out: str
    err: str


def trading_assets(*arguments: str) -> Answer:
    """Run a command and return its exit code, standard output and standard error."""
    out, err = io.StringIO(), io.StringIO()
    code = 0
    with (
        patch.object(sys, "argv", ["trading-assets", *arguments]),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
    ):
        try:
            main()
        except SystemExit as stop:
            code = stop.code if isinstance(stop.code, int) else int(bool(stop.code))
    return Answer(code, out.getvalue(), err.getvalue())
