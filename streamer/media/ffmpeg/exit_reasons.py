"""The meaning of FFmpeg's messages, and what to do: one table, specific rules before general ones.

The messages are those of FFmpeg 5 to 9. "Final" are only errors that another try of the same command cannot change: a
cable may be plugged in again, a server may return, a disk may be mounted.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from streamer.core.jobs.processes import ExitCause
from streamer.core.jobs.specs import JobKind

_EVER = frozenset(JobKind)
_EXPORT = frozenset({JobKind.EXPORT})


@dataclass(frozen=True, slots=True)
class Rule:
    """A message and its meaning. ``sentence`` may use ``{place}`` (``{Place}`` at its beginning), ``{what}`` from
    the pattern's groups, and ``{line}``; ``final`` says for which kinds of job another try is useless."""

    pattern: re.Pattern[str]
    cause: ExitCause
    sentence: str
    final: frozenset[JobKind] = frozenset()


def _rule(pattern: str, cause: ExitCause, sentence: str, final: frozenset[JobKind] = frozenset()) -> Rule:
    return Rule(re.compile(pattern, re.IGNORECASE), cause, sentence, final)


RULES = (
    # what is asked of FFmpeg
    _rule(
        r"(?:Stream map|Failed to set value) '\d+:v\b[^']*'",
        ExitCause.GARBAGE,
        "The source sends no picture: check its camera and encoder",
    ),
    _rule(
        r"(?:Stream map|Failed to set value) '\d+:a\b[^']*'",
        ExitCause.GARBAGE,
        "The source sends no sound: check its microphone and encoder",
    ),
    _rule(
        r"matches no streams",
        ExitCause.GARBAGE,
        "The source sends neither picture nor sound: check what it sends",
    ),
    _rule(
        r"Unrecognized option '(?P<what>[^']+)'|option '(?P<what2>[^']+)' does not exist",
        ExitCause.COMMAND,
        "FFmpeg knows no option {what}: correct the source or its input_options",
        _EVER,
    ),
    _rule(
        r"Unknown encoder '(?P<what>[^']+)'",
        ExitCause.COMMAND,
        "This FFmpeg has no encoder {what}: use the bundled one",
        _EVER,
    ),
    _rule(
        r"Unknown decoder '(?P<what>[^']+)'",
        ExitCause.COMMAND,
        "This FFmpeg has no decoder {what}: use the bundled one",
        _EVER,
    ),
    _rule(
        r"(?:output format|input format:) '(?P<what>[^']+)'",
        ExitCause.COMMAND,
        "This FFmpeg has no format {what}: use the bundled one, or correct input_options",
        _EVER,
    ),
    _rule(
        r"No such filter: '(?P<what>[^']+)'",
        ExitCause.COMMAND,
        "This FFmpeg has no filter {what}: use the bundled one",
        _EVER,
    ),
    _rule(
        r"Protocol not found", ExitCause.COMMAND, "FFmpeg does not know the protocol of {place}: correct the URL", _EVER
    ),
    _rule(
        r"SRTO_PASSPHRASE",
        ExitCause.CREDENTIALS,
        "The SRT passphrase can't be used: it must have 10 to 79 characters",
        _EVER,
    ),
    _rule(
        r"Error (?:splitting the argument list|parsing options|parsing a filter)|Failed to set value '.*' for option",
        ExitCause.COMMAND,
        "FFmpeg does not understand its arguments ({line}): correct the source or its input_options",
        _EVER,
    ),
    # who may
    _rule(
        r"BADSECRET|Incorrect passphrase",
        ExitCause.CREDENTIALS,
        "{Place} uses another SRT passphrase: set the same on both sides",
    ),
    _rule(
        r"401 Unauthorized",
        ExitCause.CREDENTIALS,
        "{Place} needs another name and password (401): correct the URL",
    ),
    _rule(
        r"403 Forbidden",
        ExitCause.CREDENTIALS,
        "{Place} forbids access (403): check key, token, and the addresses that may use it",
    ),
    _rule(
        r"404 Not Found|Stream not found|StreamNotFound",
        ExitCause.MISSING,
        "{Place} does not have this name (404): check the path",
    ),
    _rule(
        r"HTTP error (?P<what>4\d\d)|(?P<what2>4\d\d) (?:Client|Too Many|Bad Request)",
        ExitCause.REFUSED,
        "{Place} refuses the request ({what})",
    ),
    _rule(
        r"HTTP error (?P<what>5\d\d)|(?P<what2>5XX) Server",
        ExitCause.NETWORK,
        "{Place} has an internal error ({what}): use its other address, or ask its operators",
    ),
    _rule(
        r"461 \(?Unsupported transport",
        ExitCause.REFUSED,
        "{Place} does not send over this transport (461): set rtsp_transport in its input_options to tcp, or to udp",
    ),
    _rule(r"Server error: (?P<what>.+)", ExitCause.REFUSED, "{Place} refuses: {what}"),
    # the machine
    _rule(
        r"No space left|Disk quota",
        ExitCause.DISK,
        "The disk is full: delete what is not needed, or use another disk",
    ),
    _rule(
        r"Read-only file system",
        ExitCause.DISK,
        "The disk is read-only: it may have failed; check it, and the data folder's mount",
    ),
    _rule(
        r"Too many open files",
        ExitCause.COMMAND,
        "Too many open files: raise the limit (ulimit -n, or LimitNOFILE in the unit)",
    ),
    _rule(
        r"Cannot allocate memory",
        ExitCause.COMMAND,
        "No memory is left: end other programs, or use fewer renditions",
    ),
    _rule(
        r"Device or resource busy",
        ExitCause.DEVICE,
        "{Place} is in use by another program: end that, or name another device",
    ),
    _rule(
        r"Cannot open video device (?P<what>\S+): No such",
        ExitCause.DEVICE,
        "Device {what} does not exist: is it plugged in, and is the name right?",
    ),
    _rule(
        r"Address already in use",
        ExitCause.PORT,
        "The port of {place} is in use by another program: end that, or use another port",
    ),
    _rule(
        r"Cannot assign requested address",
        ExitCause.NETWORK,
        "{Place} is not an address of this machine: correct it, or listen on 0.0.0.0",
    ),
    _rule(
        r"Permission denied|Operation not permitted",
        ExitCause.PERMISSION,
        "{Place} may not be opened: check its owner and mode; ports below 1024 need a privilege",
    ),
    # the network
    _rule(
        r"(?:Failed to resolve hostname |getaddrinfo\()(?P<what>[^\s:,)]+)",
        ExitCause.NETWORK,
        "The name {what} is unknown: correct it, or check this machine's DNS",
    ),
    _rule(
        r"IP_ADD_(?:SOURCE_)?MEMBERSHIP|MCAST_JOIN|No route to host|Network is (?:unreachable|down)",
        ExitCause.NETWORK,
        "No route to {place}: check cable, address and route (multicast: localaddr= names the interface)",
    ),
    _rule(
        r"SSL routines|certificate verif|TLS (?:fatal|handshake)",
        ExitCause.NETWORK,
        "No secure connection with {place}: check its certificate, the clock, and that the port speaks TLS",
    ),
    _rule(
        r"Connection refused",
        ExitCause.REFUSED,
        "{Place} refused the connection: nothing listens there; is the encoder on, are address and port right?",
    ),
    _rule(r"timed out", ExitCause.SILENT, "{Place} did not answer in time: is it on, and does the network lead there?"),
    _rule(r"Connection reset|Broken pipe", ExitCause.NETWORK, "{Place} closed the connection: check the other side"),
    _rule(r"RTMP handshake", ExitCause.GARBAGE, "{Place} does not speak RTMP: check the port"),
    # the media
    _rule(
        r"dimensions not set|sample rate not set|unspecified (?:size|sample rate)",
        ExitCause.UNDECODED,
        "The source could not be decoded while it was analysed: its keyframes are too far apart; set 2 s in it",
    ),
    _rule(
        r"moov atom not found",
        ExitCause.GARBAGE,
        "{Place} is unfinished (it has no index) and can't be read",
        _EXPORT,
    ),
    _rule(
        r"Invalid data found",
        ExitCause.GARBAGE,
        "{Place} is not a media format that FFmpeg knows: check the address, and what it sends",
        _EXPORT,
    ),
    _rule(r"Is a directory", ExitCause.MISSING, "{Place} is a folder: name a file in it", _EVER),
    _rule(
        r"No such file",
        ExitCause.MISSING,
        "{Place} does not exist: check the name, and that its disk is mounted",
        _EXPORT,
    ),
    _rule(r"No such device", ExitCause.DEVICE, "{Place} does not exist: is the device plugged in?"),
    _rule(
        r"Slave muxer #\d+ failed|All tee outputs failed|continuing with (?P<what>\d+/\d+) slaves",
        ExitCause.UNKNOWN,
        "An output failed and was closed ({line})",
    ),
    _rule(r"Error during demuxing", ExitCause.SILENT, "{Place} stopped sending: check the encoder and the network"),
    _rule(
        r"Error opening input.*: (?:Input/output error|Inappropriate ioctl.*)$",
        ExitCause.SILENT,
        "Nothing came from {place}: does the encoder send, and to this address?",
    ),
    _rule(r"Error opening input.*: End of file$", ExitCause.ENDED, "{Place} ended before it began"),
    _rule(r"Input/output error", ExitCause.UNKNOWN, "Reading or writing failed ({line}): check disk and network"),
)
