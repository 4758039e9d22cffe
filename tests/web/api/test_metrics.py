from __future__ import annotations

import math

from support.web.running_server import RunningServer, RunServer

from streamer.engine.service.metrics import Metric
from streamer.web.api.metrics import exposition


def test_the_text_format() -> None:
    metrics = [
        Metric(
            name="a", help='Line one\nwith \\ and "quotes".', kind="gauge", samples=[({}, 1), ({"x": 'q"\\\n'}, 0.5)]
        ),
        Metric(name="b_total", help="B.", kind="counter", samples=[({}, math.inf), ({"n": "1"}, math.nan)]),
    ]
    assert exposition(metrics) == (
        '# HELP a Line one\\nwith \\\\ and "quotes".\n'
        "# TYPE a gauge\n"
        "a 1\n"
        'a{x="q\\"\\\\\\n"} 0.5\n'
        "# HELP b_total B.\n"
        "# TYPE b_total counter\n"
        "b_total +Inf\n"
        'b_total{n="1"} NaN\n'
    )


async def test_metrics_are_for_this_machine_and_the_crew(running: RunningServer) -> None:
    async with running.client.get(f"{running.url}/metrics") as answer:
        assert answer.status == 200
        assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
        text = await answer.text()
    assert 'streamer_sockets{namespace="/viewer"} 0' in text
    for headers, status in (
        ({}, 401),
        (running.bearer(running.organiser), 403),
        (running.bearer(), 200),
    ):
        passed_on = {**headers, "X-Forwarded-For": "203.0.113.1"}
        async with running.client.get(f"{running.url}/metrics", headers=passed_on) as answer:
            assert answer.status == status


async def test_where_people_use_https_metrics_need_a_token(run_server: RunServer) -> None:
    """A proxy that is not trusted may hide that somebody far away asks."""
    running = await run_server(public_url="https://live.example.org")
    for headers, status in (({}, 401), (running.bearer(), 200)):
        async with running.client.get(f"{running.url}/metrics", headers=headers) as answer:
            assert answer.status == status
    async with running.client.get(f"{running.url}/metrics", headers=running.bearer()) as answer:
        assert 'streamer_access_events_total{event="refused"} 0' in await answer.text()


async def test_health(running: RunningServer) -> None:
    async with running.client.get(f"{running.url}/healthz") as answer:
        assert (answer.status, await answer.json()) == (200, {"status": "ok"})
