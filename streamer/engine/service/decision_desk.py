"""Accepts decisions: checks each, takes it, carries it out in its own turn, and answers.

A decision and its answer are stored in one commit before the answer is sent. So a request that is repeated with its
idempotency key gets the first answer, and an answered decision survives a crash of the service.
"""

from __future__ import annotations

import asyncio
from datetime import datetime
from functools import partial

from streamer.core.base.ids import SessionId
from streamer.core.base.json import Document
from streamer.core.records.batch import Answer, Batch
from streamer.core.records.journal import Audience
from streamer.core.status.documents import SessionDocument
from streamer.engine.machine.clock import Clock
from streamer.engine.programme.outcome import DecidedDocument, Outcome, outcome
from streamer.engine.programme.requests import DecisionRequest, key_in_use
from streamer.engine.turns.reconciler import Reconciler
from streamer.engine.turns.store import Store


class Desk:
    """Takes decisions for an engine; ``turn`` is the lock that every turn holds."""

    def __init__(self, engine: Reconciler, store: Store, clock: Clock, turn: asyncio.Lock) -> None:
        self._engine = engine
        self._store = store
        self._clock = clock
        self._turn = turn

    async def decide(self, request: DecisionRequest) -> Document:
        """The API's answer to a decision. Raises NotFound, Conflict or Invalid."""
        async with self._turn:
            answered = await self._answered(request)
            if answered is not None:
                return answered
            now, programme = self._clock.now(), self._engine.programme
            reach = partial(self._engine.archive.footage.within_reach, plan=programme.plan(now))
            found = outcome(request, programme, reach, self._revision, now)
            return dict(self._answer(found, now, preview=True)) if request.preview else await self._take(request, found)

    async def _answered(self, request: DecisionRequest) -> Document | None:
        """The first answer under the request's key. Raises Conflict if the key belongs to another request."""
        if request.key is None or request.preview:
            return None
        answer = await self._store.answer(request.name)
        if answer is not None and answer.asked not in ("", request.digest):
            raise key_in_use(request.key)
        return answer.body if answer is not None else None

    async def _take(self, request: DecisionRequest, found: Outcome) -> Document:
        answers: list[Document] = []

        def close(batch: Batch) -> None:
            answers.append(dict(self._answer(found, self._clock.now())))
            if request.key is not None:
                batch.answers.append(Answer(key=request.name, asked=request.digest, body=answers[-1]))

        self._engine.remember(found.override, close)
        await self._engine.once()
        return answers[-1]

    def _answer(self, found: Outcome, now: datetime, *, preview: bool = False) -> DecidedDocument:
        """The answer describes the sessions under the new plan, even before a turn announces it."""
        scene = self._engine.overview.scene(found.plan, now, imagined=True)
        documents: dict[SessionId, SessionDocument] = {
            id: {**scene.sessions[id], "revision": self._revision(id)} for id in found.sessions if id in scene.sessions
        }
        revision = self._engine.announcer.revisions[Audience.CREW]
        return found.answer(documents, revision, self._engine.programme.zone, preview=preview)

    def _revision(self, session: SessionId) -> int:
        """The revision of the session's document as last announced."""
        known = self._engine.announcer.documents("session").get(session)
        return known["revision"] if known is not None else 0
