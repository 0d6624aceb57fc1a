"""Facts the tests of `market` compare with, each file saying where it is from."""

import json
from importlib import resources
from typing import Any


def fact(name: str) -> Any:  # noqa: ANN401 -- a JSON document
    return json.loads(resources.files(__package__).joinpath(f"{name}.json").read_text(encoding="utf-8"))
