from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamer.core.base.redact import MASK, redact


@pytest.mark.parametrize(
    ("text", "redacted"),
    [
        ("rtmp://a.example/live2/abcd-efgh", "rtmp://a.example/live2/***"),
        ("rtmps://a.example:443/app/KEY?auth=1", "rtmps://a.example:443/app/***?***"),
        ("from 'rtmp://h/app/KEY':", "from 'rtmp://h/app/***':"),
        ("Error opening rtmp://h/app/KEY: Connection refused", "Error opening rtmp://h/app/***: Connection refused"),
        ("rtmp://user:word@h/app/KEY", "rtmp://***@h/app/***"),
        ("https://user:word@h/x?token=abc&x=1", "https://***@h/x?token=***&x=1"),
        ("srt://h:9000?mode=caller&passphrase=hunter2&latency=2", "srt://h:9000?mode=caller&passphrase=***&latency=2"),
        ("srt://h:1?streamid=#!::r=live/x,m=publish&latency=3", "srt://h:1?streamid=***&latency=3"),
        (
            r"[f=flv:onfail=ignore]rtmp\://h/live/KEY|[f=mpegts]a.ts",
            r"[f=flv:onfail=ignore]rtmp\://h/live/***|[f=mpegts]a.ts",
        ),
        (r"[f=flv]rtmp\://user:word@h/live/KEY", r"[f=flv]rtmp\://***@h/live/***"),
        ("ffmpeg -passphrase 'two words' -i x", "ffmpeg -passphrase *** -i x"),
        ("['-passphrase', 'word', '-i']", "['-passphrase', '***', '-i']"),
        ('{"token": "abc", "x": "y"}', '{"token": "***", "x": "y"}'),
        ("Authorization: Bearer abc.def", "Authorization: ***"),
        ("got Bearer abcdefgh.ijk back", "got Bearer *** back"),
        ("postgresql+asyncpg://me:word@h/db", "postgresql+asyncpg://***@h/db"),
        ("https://h/upload?cid=KEY&file=out.m3u8", "https://h/upload?cid=***&file=out.m3u8"),
    ],
)
def test_a_secret_is_masked_and_the_rest_stays(text: str, redacted: str) -> None:
    assert redact(text) == redacted


@pytest.mark.parametrize(
    "text",
    [
        "rsp(REJECT): 1010 - Incorrect passphrase",
        "tcp://127.0.0.1:9?timeout=1000000",
        "rtmp://host:1935",
        "keyint=60 keyint_min=60 keyframe=3",
        "write to crew@conference.example",
        "takes/20260101T080000Z-capture-main-0badcafe/000001.ts",
    ],
)
def test_what_is_no_secret_is_left_alone(text: str) -> None:
    assert redact(text) == text


def test_known_secrets_are_masked_wherever_they_stand() -> None:
    assert redact("opening /dev/x with hunter2-long and hunter2", ["hunter2", "hunter2-long", ""]) == (
        "opening /dev/x with *** and ***"
    )


_WORD = st.text(alphabet=string.ascii_letters + string.digits + "-_.~%!", min_size=6, max_size=24)
_PLACES = st.sampled_from(
    [
        "rtmp://h.example/app/{}",
        "rtmps://h.example:443/app/inst/{}?x={}",
        "srt://h.example:9000?passphrase={}&mode=caller",
        "srt://h.example:9000?mode=caller&streamid={}",
        "https://{}:{}@h.example/x.m3u8",
        "https://h.example/x.m3u8?access_token={}",
        "[f=fifo:fifo_format=flv]rtmp\\://h.example/app/{}|[f=mpegts]x.ts",
        "-srt_passphrase {} -i x",
    ]
)


@given(place=_PLACES, word=_WORD, before=st.sampled_from(["", "Error opening ", "[out#0 @ 0x5] '", "a\n"]))
def test_no_secret_survives_in_any_place_and_twice_is_once(place: str, word: str, before: str) -> None:
    once = redact(before + place.replace("{}", f"S3{word}S3"))

    assert f"S3{word}S3" not in once
    assert MASK in once
    assert redact(once) == once
