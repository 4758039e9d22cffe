"""Why a fetch failed: a message and a hint, without addresses, which may contain secrets."""

from __future__ import annotations

import os
import ssl

import aiohttp

from streamer.outside.fetching.addresses import RefusedAddress

_CERTIFICATES = {
    9: ("is not valid yet", "is this machine's clock right?"),
    10: ("has expired", "ask the server's operator to renew it; is this machine's clock right?"),
    18: ("is signed by itself", "add it to this machine's trusted certificates"),
    19: ("is signed by an authority that is not trusted here", "add that authority to this machine's trusted ones"),
    20: ("is signed by an authority that is not known here", "does the server send its whole chain?"),
    62: ("is for another name", "check the address"),
    64: ("is for another address", "use the server's name instead of its number"),
}
"""Messages and hints for OpenSSL's certificate errors (X509_V_ERR_…)."""

PATIENT = "it is polled again; if the error remains, check its server and the network in between"


def reason(error: BaseException) -> tuple[str, str]:
    """A message and a hint; the hint may be empty."""
    refused = _refused(error)
    if refused is not None:
        return str(refused), "a timetable is fetched from where it is published; check the address"
    match error:
        case aiohttp.ClientConnectorDNSError():
            return "no server has that name, or there is no network", "check the address, and this machine's network"
        case aiohttp.ClientConnectorCertificateError():
            return _certificate(error.certificate_error)
        case aiohttp.ClientConnectorSSLError():
            return _tls(error.os_error)
        case aiohttp.ClientConnectorError():
            return f"can't connect: {_words(error.os_error)}", "is the server up, and is that its port?"
        case aiohttp.InvalidURL():
            return "that address cannot be used", "check the address"
        case aiohttp.ClientPayloadError() | aiohttp.ServerDisconnectedError() | ConnectionError():
            return "the answer broke off", PATIENT
        case aiohttp.ClientOSError():
            return "the connection broke", PATIENT
        case aiohttp.ClientResponseError():
            return "what answers does not speak HTTP", "check the address and its port"
        case ValueError():
            return "that address cannot be used", "check the address"
        case _:
            return f"the answer can't be used ({type(error).__name__})", ""


def _refused(error: BaseException) -> RefusedAddress | None:
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, RefusedAddress):
            return seen
        seen = getattr(seen, "os_error", None) or seen.__cause__
        if seen is error:
            return None
    return None


def _certificate(error: Exception) -> tuple[str, str]:
    wrong, hint = "is not trusted", ""
    if isinstance(error, ssl.SSLCertVerificationError):
        wrong, hint = _CERTIFICATES.get(error.verify_code, (f"is not trusted: {error.verify_message}", ""))
    return f"the server's certificate {wrong}", hint


def _words(error: OSError) -> str:
    """The system's message only: asyncio's own contains addresses."""
    if error.errno is None:
        return "none of its addresses answers"
    return os.strerror(error.errno).lower()


def _tls(error: OSError) -> tuple[str, str]:
    said = getattr(error, "reason", "") or ""
    if said in ("WRONG_VERSION_NUMBER", "HTTP_REQUEST", "PACKET_LENGTH_TOO_LONG", "RECORD_LAYER_FAILURE"):
        return "the server does not use TLS there", "is the address http instead of https?"
    words = said.replace("_", " ").lower()
    return f"no secure connection is possible{f': {words}' if words else ''}", ""
