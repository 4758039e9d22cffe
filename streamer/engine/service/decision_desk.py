"""Where decisions are handed in: each is checked, taken, carried out in a turn of its own, and answered.

A request that carries an idempotency key is answered once; the same key names the same decision even if the
service died before it could answer.
"""

from __future__ import annotations

import asyncio
import hashlib
from dataclasses import replace
from datetime import datetime
from functools import partial

from streamer.core.base.ids import OverrideId, SessionId
from streamer.core.base.json import Document
from streamer.core.decisions.overrides import Override
from streamer.core.plan.plan import Plan
from streamer.core.records.batch import Batch
from streamer.core.records.journal import Audience
from streamer.engine.machine.clock import Clock
from streamer.engine.programme.requests import UNDO, DecisionRequest, check_keys, check_revision, decision, undone
from streamer.engine.service.reconciler import Reconciler
from streamer.engine.service.store import Store
from streamer.engine.status.crew_documents import override_document


class Desk:
    """Takes decisions for an engine; ``turn`` is the lock that every turn holds."""

    def __init__(self, engine: Reconciler, store: Store, clock: Clock, turn: asyncio.Lock) -> None:
        self._engine = engine
        self._store = store
        self._clock = clock
        self._turn = turn

    async def decide(self, request: DecisionRequest) -> Document:
        """The contract's answer to an override. Raises NotFound, Conflict or Invalid."""
        name = f"{request.by}:{request.action}:{request.target}:{request.key}"
        if request.key is not None and not request.preview:
            answered = await self._store.answer(name)
            if answered is not None:
                return answered
        async with self._turn:
            override = self._override(request, name, self._clock.now())
            if request.preview:
                return self._preview(override, self._clock.now())
            if self._engine.programme.override(override.id) != override:
                self._engine.remember(override)
                await self._engine.once()
            answer = self._answer(override, self._clock.now())
            if request.key is not None:
                await self._store.commit(Batch(answers=[(name, answer)]))
        return answer

    def _override(self, request: DecisionRequest, name: str, now: datetime) -> Override:
        programme = self._engine.programme
        if request.action == UNDO:
            check_keys(request)
            override = undone(programme.override(OverrideId(request.target)), request.target, now)
        else:
            if request.key is not None:
                known = programme.override(_named(name))
                if known is not None:
                    return known
            reach = partial(self._engine.archive.footage.within_reach, plan=programme.plan(now))
            override = decision(request, programme.plan(now), programme.policy, now, reach, zone=programme.zone)
            if request.key is not None:
                override = replace(override, id=_named(name))
        check_revision(request.body, self._known(override).get("revision", 0))
        return override

    def _known(self, override: Override) -> Document:
        """The session's document as it was last announced."""
        known = self._engine.announcer.documents("session").get(override.session)
        return dict(known) if known is not None else {}

    def _answer(self, override: Override, now: datetime) -> Document:
        programme = self._engine.programme
        return self._form(
            dict(override_document(override, programme)), self._known(override), programme.plan(now), override
        )

    def _preview(self, override: Override, now: datetime) -> Document:
        """The answer as it would be; nothing is changed."""
        plan = self._engine.programme.imagine(override, now)
        imagined = self._engine.overview.scene(plan, now, imagined=True).sessions.get(override.session)
        document = {**imagined, "revision": self._known(override).get("revision", 0)} if imagined else {}
        return self._form(None, document, plan, override)

    def _form(self, decided: Document | None, session: Document, plan: Plan, override: Override) -> Document:
        conflicts = plan.conflicts([SessionId(override.session)])
        return {
            "override": decided,
            "revision": self._engine.announcer.revisions[Audience.CREW],
            "sessions": [session] if session else [],
            "conflicts": [{"session": c.session, "with": c.other, "message": c.message} for c in conflicts],
        }


def _named(name: str) -> OverrideId:
    return OverrideId(hashlib.sha256(name.encode()).hexdigest()[:16])
