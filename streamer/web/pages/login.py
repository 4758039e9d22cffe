"""Signing in and out: exchanges a token from a form, or a one-time link from the console, for a cookie.

The cookie holds a token's secret, so a sign-in survives restarts and ends when the token is revoked. Forms are answered
by a redirection, scripts by a document.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import NoReturn
from urllib.parse import urlencode

from aiohttp import web

from streamer.core.base.errors import Forbidden, Invalid, Refused
from streamer.core.records.tokens import Role, Token
from streamer.engine.service.service import Service
from streamer.web.access.tokens import ACCESS, COOKIE, COOKIE_LIFE
from streamer.web.http.problems import TooMany
from streamer.web.http.request_bodies import Body, Text, read_body
from streamer.web.pages.pages import SECURITY_HEADERS, local_path
from streamer.web.pages.site import page

_HOME = {Role.CREW: "/crew", Role.ORGANISER: "/recordings"}
_FORM = "application/x-www-form-urlencoded"
_PRIVATE = {**SECURITY_HEADERS, "Cache-Control": "no-store"}


class LoginBody(Body):
    """What a script signs in with; ``next`` is where it wants to go."""

    token: Text
    next: Text = ""


class Login:
    """The handlers of /login and /logout."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/login", self.show, allow_head=False),
            web.post("/login", self.sign_in),
            web.post("/logout", self.sign_out),
        ]

    async def show(self, request: web.Request) -> web.StreamResponse:
        """The page; with ``?token=``, the target of a one-time link."""
        secret = request.query.get("token")
        if secret is None:
            return page(request, "/login", extra=_PRIVATE)
        if _is_prefetch(request):
            raise Forbidden("a one-time link can't be fetched in advance", hint="open it")
        access = request.app[ACCESS]
        wanted = request.query.get("next", "")
        address = access.perimeter.address(request)
        try:
            access.hold(address)
            known = await self._exchange(request, secret.strip())
        except TooMany:
            return _redirect(_form_again("wait", wanted))
        if known is not None:
            lasting, token = known
            return _welcome(request, lasting, _redirect(local_path(wanted, _HOME[token.role])))
        visitor = await access.visitor(request)
        if visitor is not None:
            # the browser that used the link has opened it again
            return _redirect(local_path(wanted, _HOME[visitor.role]))
        access.failed(address)
        return _redirect(_form_again("link", wanted))

    async def sign_in(self, request: web.Request) -> web.StreamResponse:
        is_form = request.content_type == _FORM
        wanted = ""
        try:
            fields = await _form(request) if is_form else (await read_body(request, LoginBody)).model_dump()
            wanted = fields.get("next", "")
            lasting, token = await self._sign_in(request, fields.get("token", "").strip())
        except Refused as refusal:
            if not is_form:
                raise
            return _redirect(_form_again(_reason(refusal), wanted))
        target = local_path(wanted, _HOME[token.role])
        if is_form:
            return _welcome(request, lasting, _redirect(target))
        document = {"name": token.name, "role": str(token.role), "next": target}
        return _welcome(request, lasting, web.json_response(document, headers=_PRIVATE))

    async def _sign_in(self, request: web.Request, secret: str) -> tuple[str, Token]:
        access = request.app[ACCESS]
        if not access.perimeter.is_same_site_change(request):
            _foreign()
        address = access.perimeter.address(request)
        access.hold(address)
        known = await self._exchange(request, secret)
        return known or (secret, await access.admit(secret, address))

    async def _exchange(self, request: web.Request, secret: str) -> tuple[str, Token] | None:
        """A permanent secret and its token for a permanent or one-time secret; None if it is unknown or used."""
        access = request.app[ACCESS]
        token = await access.identify(secret)
        if token is not None:
            return secret, token
        fresh = await self._service.tokens.redeem(secret)
        token = await access.identify(fresh) if fresh is not None else None
        return (fresh, token) if fresh is not None and token is not None else None

    async def sign_out(self, request: web.Request) -> web.StreamResponse:
        if not request.app[ACCESS].perimeter.is_same_site_change(request):
            _foreign()
        response = _redirect("/")
        response.del_cookie(COOKIE, path="/", samesite="Lax", httponly=True)
        return response


def _foreign() -> NoReturn:
    raise Forbidden("a page of another site sent this", where="Origin", hint="sign in on the page /login")


async def _form(request: web.Request) -> dict[str, str]:
    try:
        return {name: value for name, value in (await request.post()).items() if isinstance(value, str)}
    except (ValueError, LookupError) as error:
        raise Invalid("the form can't be read", where="body") from error


def _is_prefetch(request: web.Request) -> bool:
    """Whether a browser or messenger prefetches the page, which would use up the link."""
    purpose = request.headers.get("Sec-Purpose", "") + request.headers.get("Purpose", "")
    return "prefetch" in purpose or "preview" in purpose


def _reason(refusal: Refused) -> str:
    """The reason in the URL why the page is shown again."""
    if isinstance(refusal, TooMany):
        return "wait"
    return "origin" if isinstance(refusal, Forbidden) else "token"


def _form_again(reason: str, wanted: str) -> str:
    target = local_path(wanted, "")
    return "/login?" + urlencode({"error": reason, **({"next": target} if target else {})})


def _redirect(target: str) -> web.Response:
    # the URL of this page may hold a secret
    headers = {**_PRIVATE, "Referrer-Policy": "no-referrer", "Location": target}
    return web.Response(status=HTTPStatus.SEE_OTHER, headers=headers)


def _welcome(request: web.Request, secret: str, response: web.Response) -> web.Response:
    response.set_cookie(
        COOKIE,
        secret,
        max_age=COOKIE_LIFE,
        path="/",
        httponly=True,
        samesite="Lax",
        secure=request.app[ACCESS].perimeter.scheme(request) == "https",
    )
    return response
