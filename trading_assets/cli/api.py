"""The HTTP service: read-only routes over `Answers`, each one line; who may ask is decided in `cli.api_guard`."""

from collections.abc import Callable
from datetime import date
from html import escape
from typing import Annotated

from fastapi import FastAPI, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, PlainTextResponse

from trading_assets.defs.answers import Answers
from trading_assets.errors import InputError, TradingAssetsError, UsageError

CONTENT_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'none'"
PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>trading_assets API</title>
<style>body {{ font: 16px/1.5 system-ui; margin: 2rem; max-width: 60rem }}
td, th {{ text-align: left; padding: .3rem 1rem .3rem 0 }}</style></head>
<body><main><h1>trading_assets API</h1><p>Machine-readable: <a href="/openapi.json">openapi.json</a></p>
<table><thead><tr><th scope="col">GET</th><th scope="col">Answers</th><th scope="col">Parameters</th></tr></thead>
<tbody>{rows}</tbody></table></main></body></html>
"""
ErrorHandler = Callable[[Request, Exception], Response]


def build_app(answers: Answers) -> FastAPI:
    """Return the application.

    Args:
        answers: What it answers from.
    """
    app = FastAPI(
        title="trading_assets",
        description="Data quality, feed health and daily performance, read-only.",
        docs_url=None,
        redoc_url=None,
    )
    _add_tables(app, answers)
    _add_pages(app, answers)
    for kind, status in ((UsageError, 422), (InputError, 404), (TradingAssetsError, 500)):
        app.add_exception_handler(kind, _told(status))
    return app


def _add_tables(app: FastAPI, answers: Answers) -> None:
    @app.get("/api/data-quality", summary="Recent issues, feed health and the totals of the last hour")
    async def data_quality() -> Response:
        # on the event loop while it is at hand: each change of thread waits for the one that makes the next report
        found = answers.quality_at_hand()
        if found is None:
            found = await run_in_threadpool(answers.quality)
        return _json(found.report)

    @app.get("/api/feed-health", summary="Calls, failures and response times per feed, over its last 1,000 calls")
    def feed_health() -> Response:
        return _json(answers.quality().feed_health)

    @app.get("/api/performance/daily", summary="One row per session with history to date; undefined is null")
    def daily(
        first: Annotated[date | None, Query(alias="from", description="First session.")] = None,
        last: Annotated[date | None, Query(alias="to", description="Last session, included.")] = None,
    ) -> Response:
        return _json(answers.daily(first, last))


def _add_pages(app: FastAPI, answers: Answers) -> None:
    @app.get("/healthz", summary="Whether the service answers; needs no token")
    def healthz() -> dict[str, str]:
        return {"status": "ok"}

    @app.get("/metrics", summary="Gauges for Prometheus")
    def metrics() -> PlainTextResponse:
        return PlainTextResponse(answers.quality().exposition, media_type="text/plain; version=0.0.4")

    @app.get("/report", summary="The tear sheet that was written last")
    def report() -> HTMLResponse:
        return HTMLResponse(answers.tear_sheet(), headers={"Content-Security-Policy": CONTENT_POLICY})

    @app.get("/docs", include_in_schema=False)
    def docs() -> HTMLResponse:
        return HTMLResponse(_docs(app), headers={"Content-Security-Policy": CONTENT_POLICY})


def _json(body: bytes) -> Response:
    return Response(body, media_type="application/json")


def _told(status: int) -> ErrorHandler:
    def answer(_: Request, error: Exception) -> Response:
        return PlainTextResponse(f"{error}\n", status_code=status)

    return answer


def _docs(app: FastAPI) -> str:
    """Write the routes of the OpenAPI document as a page of its own: the usual one loads scripts from elsewhere."""
    schema = app.openapi()
    rows = "".join(
        f"<tr><td><a href='{escape(path)}'><code>{escape(path)}</code></a></td><td>{escape(route['get']['summary'])}"
        f"</td><td>{escape(', '.join(one['name'] for one in route['get'].get('parameters', [])))}</td></tr>"
        for path, route in schema["paths"].items()
    )
    return PAGE.format(rows=rows)
