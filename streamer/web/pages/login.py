"""Signing in and out: exchanges a token from a form, or a one-time link, for a cookie.

The cookie holds a secret of the browser's own, whose row in the store ends with the sign-in. Opening a link changes
nothing, because mail programs and messengers open links too, and another person can send one: its page asks for a
press. Forms are answered by a redirection, scripts by a document.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from http import HTTPStatus
from urllib.parse import parse_qsl, urlencode

from aiohttp import web

from streamer.core.base.errors import Forbidden, Invalid, Refused
from streamer.core.records.sign_ins import SignIn
from streamer.core.records.tokens import Role
from streamer.engine.service.service import Service
from streamer.web.access.access_log import AccessEvent
from streamer.web.access.tokens import ACCESS, well_formed
from streamer.web.http.problems import TooMany, TooSlow
from streamer.web.http.request_bodies import BODY_DEADLINE, Body, Text, read_body, read_raw
from streamer.web.pages.pages import SECURITY_HEADERS, local_path
from streamer.web.pages.site import SITE, page

_HOME = {Role.CREW: "/crew", Role.ORGANISER: "/recordings"}
_FORM = "application/x-www-form-urlencoded"
_MOST_FIELDS = 10
_PRIVATE = {**SECURITY_HEADERS, "Cache-Control": "no-store"}
_OF_A_LINK = {**_PRIVATE, "Referrer-Policy": "strict-origin"}
"""The address has a secret. ``no-referrer`` would also take the Origin from the form (Fetch, 3.1)."""


class LoginBody(Body):
    """What a script signs in with; ``next`` is where it wants to go."""

    token: Text
    next: Text = ""


class Login:
    """The handlers of /login and /logout. ``dismiss`` closes the connections of browsers that are signed out; a form
    has to arrive ``within`` so many seconds."""

    def __init__(
        self, service: Service, dismiss: Callable[[], Awaitable[None]], *, within: float = BODY_DEADLINE
    ) -> None:
        self._service = service
        self._dismiss = dismiss
        self._within = within

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/login", self.show),
            web.post("/login", self.sign_in),
            web.post("/logout", self.sign_out),
            web.post("/logout/everywhere", self.sign_out_everywhere),
        ]

    async def show(self, request: web.Request) -> web.StreamResponse:
        """The page; with ``?token=``, the one of a one-time link, which is not looked up yet."""
        secret = request.query.get("token")
        if secret is None:
            return page(request, "/login", extra=_PRIVATE)
        access = request.app[ACCESS]
        known = await access.identify(access.cookie(request))
        text = request.app[SITE].link_page(
            secret.strip(),
            local_path(request.query.get("next", ""), ""),
            name=known.name if known is not None else None,
            home=_HOME[known.role] if known is not None else "/",
        )
        return web.Response(text=text, content_type="text/html", headers=_OF_A_LINK)

    async def sign_in(self, request: web.Request) -> web.StreamResponse:
        is_form = request.content_type == _FORM
        fields: dict[str, str] = {}
        try:
            fields = (
                await _form(request, self._within) if is_form else (await read_body(request, LoginBody)).model_dump()
            )
            secret, browser = await self._sign_in(request, fields.get("token", "").strip())
        except Refused as refusal:
            if not is_form or isinstance(refusal, TooSlow):
                raise
            return _redirect(_form_again(_reason(refusal, fields), fields.get("next", "")))
        target = local_path(fields.get("next", ""), _HOME[browser.role])
        if is_form:
            response = _redirect(target)
        else:
            document = {"name": browser.name, "role": str(browser.role), "next": target}
            response = web.json_response(document, headers=_PRIVATE)
        access = request.app[ACCESS]
        response.set_cookie(
            access.cookie_name(request),
            secret,
            max_age=int(self._service.tokens.limits.longest),
            path="/",
            httponly=True,
            samesite="Lax",
            secure=access.perimeter.is_secure(request),
        )
        return response

    async def _sign_in(self, request: web.Request, secret: str) -> tuple[str, SignIn]:
        """The cookie's secret, and the browser. Raises Forbidden, Unauthenticated or TooMany."""
        _from_our_page(request, "sign in on the page /login")
        access = request.app[ACCESS]
        address = access.perimeter.address(request)
        made = await self._service.tokens.sign_in(secret) if well_formed(secret) else None
        if made is None:
            access.refuse(address)
        _, browser = made
        access.log.tell(AccessEvent.SIGNED_IN, name=browser.name, role=str(browser.role), address=address)
        await self._end(request)  # of the person who was signed in here before
        return made

    async def sign_out(self, request: web.Request) -> web.StreamResponse:
        _from_our_page(request, "use the button on our pages")
        await self._end(request)
        return _signed_out(request)

    async def sign_out_everywhere(self, request: web.Request) -> web.StreamResponse:
        """Sign out this browser, and all that signed in with the same token."""
        _from_our_page(request, "use the button on our pages")
        access = request.app[ACCESS]
        known = await access.identify(access.cookie(request))
        if known is not None:
            count = await self._service.tokens.sign_out_everywhere(known.name)
            address = access.perimeter.address(request)
            access.log.tell(AccessEvent.SIGNED_OUT_EVERYWHERE, name=known.name, browsers=count, address=address)
            await self._dismiss()
        return _signed_out(request)

    async def _end(self, request: web.Request) -> None:
        """Sign out the browser of the request's cookie, and close its connections."""
        access = request.app[ACCESS]
        browser = await self._service.tokens.sign_out(access.cookie(request))
        if browser is not None:
            address = access.perimeter.address(request)
            access.log.tell(AccessEvent.SIGNED_OUT, name=browser.name, address=address)
            await self._dismiss()


def _from_our_page(request: web.Request, hint: str) -> None:
    """Raises Forbidden for a form of another site."""
    access = request.app[ACCESS]
    if not access.perimeter.is_same_site_change(request):
        access.forbid(request, None, "another site")
        raise Forbidden("a page of another site sent this", where="Origin", hint=hint)


async def _form(request: web.Request, within: float) -> dict[str, str]:
    """Raises Invalid, HTTPRequestEntityTooLarge or TooSlow."""
    raw = await read_raw(request, within=within)
    try:
        return dict(parse_qsl(raw.decode(), keep_blank_values=True, max_num_fields=_MOST_FIELDS, errors="strict"))
    except ValueError as error:
        raise Invalid("the form can't be read", where="body") from error


def _reason(refusal: Refused, fields: dict[str, str]) -> str:
    """The reason in the URL why the page is shown again."""
    if isinstance(refusal, TooMany):
        return "wait"
    if isinstance(refusal, Forbidden):
        return "origin"
    return "link" if fields.get("link") else "token"


def _form_again(reason: str, wanted: str) -> str:
    target = local_path(wanted, "")
    return "/login?" + urlencode({"error": reason, **({"next": target} if target else {})})


def _redirect(target: str) -> web.Response:
    # the URL of this page may hold a secret
    headers = {**_PRIVATE, "Referrer-Policy": "no-referrer", "Location": target}
    return web.Response(status=HTTPStatus.SEE_OTHER, headers=headers)


def _signed_out(request: web.Request) -> web.Response:
    access = request.app[ACCESS]
    response = _redirect("/")
    secure = access.perimeter.is_secure(request)
    response.del_cookie(access.cookie_name(request), path="/", samesite="Lax", httponly=True, secure=secure)
    return response
