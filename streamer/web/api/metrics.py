"""Figures in the text format that Prometheus reads (version 0.0.4), and whether the service is well."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from http import HTTPStatus

from aiohttp import web

from streamer.core.records.tokens import Role
from streamer.engine.service.metrics import Metric
from streamer.engine.service.service import Service
from streamer.engine.service.snapshot import HealthDocument
from streamer.web.http.answers import answer
from streamer.web.operations.operation import Answer, Call, Operation

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


def _escaped(text: str, *, quotes: bool) -> str:
    text = text.replace("\\", "\\\\").replace("\n", "\\n")
    return text.replace('"', '\\"') if quotes else text


def _number(value: float) -> str:
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    return str(int(value)) if value == int(value) and abs(value) < 2**53 else repr(float(value))


def exposition(metrics: Iterable[Metric]) -> str:
    """All metrics as text, each with its help and type."""
    lines = []
    for metric in metrics:
        lines += [f"# HELP {metric.name} {_escaped(metric.help, quotes=False)}", f"# TYPE {metric.name} {metric.kind}"]
        for labels, value in metric.samples:
            inner = ",".join(f'{name}="{_escaped(text, quotes=True)}"' for name, text in labels.items())
            lines.append(f"{metric.name}{{{inner}}} {_number(value)}" if inner else f"{metric.name} {_number(value)}")
    return "\n".join(lines) + "\n"


class Health:
    """The handlers of /healthz and /metrics. ``connections`` counts open sockets by namespace; ``more``
    metrics are those of the web floor."""

    def __init__(
        self,
        service: Service,
        connections: Callable[[], dict[str, int]],
        more: Sequence[Callable[[], Metric]],
    ) -> None:
        self._service = service
        self._connections = connections
        self._more = more

    def operations(self) -> list[Operation]:
        return [
            Operation(
                method="GET",
                path="/healthz",
                handler=self.health,
                id="health",
                summary="Whether the service is well",
                answers=(
                    Answer(description="It runs; degraded: the crew should check it", document=HealthDocument),
                    Answer(
                        status=HTTPStatus.SERVICE_UNAVAILABLE,
                        description="It does not run yet, or has stopped",
                        document=HealthDocument,
                    ),
                ),
            ),
            Operation(
                method="GET",
                path="/metrics",
                handler=self.metrics,
                id="metrics",
                summary="Figures in the text format of Prometheus",
                answers=(Answer(description="The figures", media="text/plain"),),
                role=Role.CREW,
                or_loopback=True,
            ),
        ]

    async def health(self, call: Call[None]) -> web.StreamResponse:
        """200 while it runs, also when degraded; 503 before and after."""
        document = self._service.health()
        well = document["status"] in ("ok", "degraded")
        return answer(document, HTTPStatus.OK if well else HTTPStatus.SERVICE_UNAVAILABLE)

    async def metrics(self, call: Call[None]) -> web.StreamResponse:
        sockets = Metric(
            name="streamer_sockets",
            help="Open Socket.IO connections by namespace.",
            kind="gauge",
            samples=[({"namespace": name}, count) for name, count in sorted(self._connections().items())],
        )
        text = exposition([*self._service.metrics(), sockets, *(metric() for metric in self._more)])
        return web.Response(body=text.encode(), headers={"Content-Type": CONTENT_TYPE, "Cache-Control": "no-store"})
