"""Which code made a model: the package's version and a hash over its sources, the same on every machine."""

from __future__ import annotations

import hashlib
from importlib.metadata import version
from importlib.resources import as_file, files

_SHOWN = 12


def code_version() -> str:
    """Return the version of the installed package with the first 12 hex of the SHA-256 over its source files.

    A changed line is another code version even where the number was not raised: `0.1.0+3fa91c20be77`.
    """
    digest = hashlib.sha256()
    with as_file(files("trading_assets")) as root:
        for path in sorted(root.rglob("*.py")):
            digest.update(path.relative_to(root).as_posix().encode() + b"\0")
            digest.update(path.read_bytes().replace(b"\r\n", b"\n") + b"\0")
    return f"{version('trading-assets')}+{digest.hexdigest()[:_SHOWN]}"
