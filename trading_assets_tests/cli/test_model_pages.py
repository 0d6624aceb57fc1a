"""MLflow's pages: on the loopback address only, over the home's own records, no secret in the list of processes."""

import json
import signal
import socket
import subprocess
import sys
from contextlib import closing, suppress
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

import pytest

from trading_assets.cli.model_pages import pages_command
from trading_assets.tracking.mlflow_store import MlflowStore

URL = "postgresql://reader:hunter2@db.example:5432/mlflow"


def test_only_this_machine_is_served_and_the_password_is_no_argument(tmp_path: Path) -> None:
    command, environment = pages_command(MlflowStore(tmp_path, URL, "s3://bucket/models/", "http://minio:9000"), 5_123)
    arguments = dict(zip(command[4::2], command[5::2], strict=False))
    assert (arguments["--host"], arguments["--port"], arguments["--workers"]) == ("127.0.0.1", "5123", "1")
    assert command[-2:] == ["--default-artifact-root", "s3://bucket/models"]
    assert "hunter2" not in " ".join(command)
    assert environment["MLFLOW_BACKEND_STORE_URI"] == "postgresql+psycopg2://reader:hunter2@db.example:5432/mlflow"
    assert environment["MLFLOW_DISABLE_TELEMETRY"] == "true"
    assert environment["MLFLOW_S3_ENDPOINT_URL"] == "http://minio:9000"


def free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def asked(port: int, process: subprocess.Popen[str]) -> dict[str, object]:
    """What the pages say of their experiments, once they answer."""
    body = json.dumps({"max_results": 10}).encode()
    headers = {"Content-Type": "application/json"}
    request = Request(f"http://127.0.0.1:{port}/api/2.0/mlflow/experiments/search", body, headers)
    while True:
        try:
            with urlopen(request, timeout=30) as answer:  # noqa: S310
                found: dict[str, object] = json.load(answer)
                return found
        except URLError:
            with suppress(subprocess.TimeoutExpired):
                process.wait(timeout=0.2)
                pytest.fail(f"the pages ended: {process.communicate()[1]}")


def status(port: int, **headers: str) -> int:
    """Answer to a request as another site, or a name that points here, would have a browser send it."""
    body = json.dumps({"max_results": 1}).encode()
    headers |= {"Content-Type": "application/json"}
    request = Request(f"http://127.0.0.1:{port}/api/2.0/mlflow/experiments/search", body, headers)
    try:
        with urlopen(request, timeout=30) as answer:  # noqa: S310
            return int(answer.status)
    except HTTPError as error:
        return error.code


def test_the_pages_show_a_fresh_home_and_end_when_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRADING_ASSETS_HOME", str(tmp_path / "home"))
    port = free_port()
    run = "from trading_assets.cli.main import main; main()"
    command = [sys.executable, "-c", run, "model", "ui", "--port", str(port)]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    try:
        [experiment] = [
            found
            for found in asked(port, process)["experiments"]  # type: ignore[attr-defined]
            if found["name"] == "signal_model"
        ]
        answers = [status(port), status(port, Host="evil.example"), status(port, Origin="http://evil.example")]
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)
    assert answers == [200, 403, 403]
    assert experiment["artifact_location"] == (tmp_path / "home" / "mlflow" / "artifacts").as_uri()
