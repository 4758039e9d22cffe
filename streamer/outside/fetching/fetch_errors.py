"""Why a fetch failed, in one sentence for a person and one on what to do; without addresses, which may hold secrets."""

from __future__ import annotations

import os
import ssl

import aiohttp

from streamer.outside.fetching.addresses import RefusedAddress

_CERTIFICATES = {
    9: ("is not valid yet", "is this machine's clock right?"),
    10: ("has expired", "whoever runs the server has to renew it; is this machine's clock right?"),
    18: ("is signed by itself", "add it to this machine's trusted certificates"),
    19: ("is signed by an authority that is not trusted here", "add that authority to this machine's trusted ones"),
    20: ("is signed by an authority that is not known here", "does the server send its whole chain?"),
    62: ("is another name's", "check the address"),
    64: ("is another address's", "use the server's name instead of its number"),
}
"""What OpenSSL found wrong with a certificate (X509_V_ERR_…), in words."""

PATIENT = "it is asked again by itself; where it stays so, look at its server and the network in between"


def reason(error: BaseException) -> tuple[str, str]:
    """What went wrong and a hint, which may be empty."""
    refused = _refused(error)
    if refused is not None:
        return str(refused), "a timetable is fetched from where it is published; check the address"
    match error:
        case aiohttp.ClientConnectorDNSError():
            return "there is no server of that name, or no network", "check the address, and this machine's network"
        case aiohttp.ClientConnectorCertificateError():
            return _certificate(error.certificate_error)
        case aiohttp.ClientConnectorSSLError():
            return _tls(error.os_error)
        case aiohttp.ClientConnectorError():
            return f"can't connect: {_words(error.os_error)}", "is the server up, and is that its port?"
        case aiohttp.InvalidURL():
            return "that is no usable address", "check the address"
        case aiohttp.ClientPayloadError() | aiohttp.ServerDisconnectedError() | ConnectionError():
            return "the answer broke off", PATIENT
        case aiohttp.ClientOSError():
            return "the connection broke", PATIENT
        case aiohttp.ClientResponseError():
            return "what answers does not speak HTTP", "check the address and its port"
        case ValueError():
            return "that is no usable address", "check the address"
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
    """The system's words alone: asyncio's own hold addresses."""
    if error.errno is None:
        return "none of its addresses answers"
    return os.strerror(error.errno).lower()


def _tls(error: OSError) -> tuple[str, str]:
    said = getattr(error, "reason", "") or ""
    if said in ("WRONG_VERSION_NUMBER", "HTTP_REQUEST", "PACKET_LENGTH_TOO_LONG", "RECORD_LAYER_FAILURE"):
        return "the server does not speak TLS there", "is the address one of http instead of https?"
    words = said.replace("_", " ").lower()
    return f"no secure connection comes about{f': {words}' if words else ''}", ""
