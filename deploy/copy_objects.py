"""Copy everything below an s3:// prefix into a folder, or a folder back; the store and its keys are the settings'."""

import os
import sys
from urllib.parse import urlsplit

from pyarrow import fs


def place(name: str) -> tuple[fs.FileSystem, str]:
    """Return the file system of a path or an s3:// URL, and the path in it."""
    if not name.startswith("s3://"):
        return fs.LocalFileSystem(), os.path.abspath(name)  # noqa: PTH100 - text is what pyarrow takes
    endpoint = urlsplit(os.environ.get("TRADING_ASSETS_STORAGE__ENDPOINT", ""))
    server = {"endpoint_override": endpoint.netloc, "scheme": endpoint.scheme} if endpoint.netloc else {}
    region = os.environ.get("TRADING_ASSETS_STORAGE__REGION", "us-east-1")
    return fs.S3FileSystem(region=region, **server), name.removeprefix("s3://").rstrip("/")


def copied(source: str, target: str) -> int:
    """Copy all files; returns how many.

    Raises:
        SystemExit: The target holds files already.
    """
    (origin, start), (goal, end) = place(source), place(target)
    if goal.get_file_info(fs.FileSelector(end, recursive=True, allow_not_found=True)):
        msg = f"error: {target} holds files already; name an empty place."
        raise SystemExit(msg)
    if not target.startswith("s3://"):
        goal.create_dir(end)
    fs.copy_files(start, end, source_filesystem=origin, destination_filesystem=goal)
    return sum(one.type == fs.FileType.File for one in goal.get_file_info(fs.FileSelector(end, recursive=True)))


if __name__ == "__main__":
    sys.stdout.write(f"copied {copied(sys.argv[1], sys.argv[2])} objects to {sys.argv[2]}\n")
