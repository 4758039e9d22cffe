"""config.toml: what is written becomes values, what is wrong is told with its line, the shipped file is true."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta
from ipaddress import ip_network
from pathlib import Path

import pytest

from streamer.config import Config, Room, load, problems
from streamer.config.exposure import readable_by_others
from streamer.config.model import FeedRules, Section
from streamer.core.base.address import Address
from streamer.core.base.errors import ConfigError
from streamer.timetables.items.options import DateOrder, Options

SHIPPED = Path(__file__).parents[1] / "config.toml"
_OFF = re.compile(r"^#(?=[a-z_]+ = |\[\[feeds\]\])", re.MULTILINE)
_ARRAYS: dict[str, type[Section]] = {"rooms": Room, "feeds": FeedRules}

Write = Callable[[str], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def written(text: str) -> Path:
        path = tmp_path / "config.toml"
        path.write_text(text)
        return path

    return written


def refused(path: Path, **environ: str) -> ConfigError:
    with pytest.raises(ConfigError) as error:
        load(path, environ)
    assert error.value.where.startswith(str(path))
    return error.value


def test_an_empty_file_is_valid(write: Write, tmp_path: Path) -> None:
    config = load(write(""))
    assert config.conference.title is None
    assert config.conference.timezone == "Europe/Copenhagen"
    assert config.conference.timetable == str(tmp_path / "schedules/dngc-2025.toml")
    assert config.conference.poll == timedelta(seconds=60)
    assert config.server.listen == Address(host="127.0.0.1", port=8080)
    assert config.server.detach is False
    assert config.server.allowed_hosts == ()
    assert (config.access.idle, config.access.lifetime) == (timedelta(days=3), timedelta(days=14))
    assert config.storage.data == tmp_path / "data"
    assert config.storage.database is None
    assert config.storage.reserve == 5 * 10**9
    assert (config.capture.lead, config.capture.linger, config.capture.ring) == (
        timedelta(minutes=10),
        timedelta(minutes=10),
        timedelta(minutes=5),
    )
    assert config.recording.default is True
    assert config.recording.pre_roll == timedelta(seconds=60)
    assert config.recording.post_roll == timedelta(seconds=120)
    assert config.recording.keep_padding == timedelta(days=7)
    assert config.livestream.default is True
    assert config.livestream.renditions == ("720p", "360p")
    assert config.livestream.latency == "low"
    assert config.ffmpeg.path is None
    assert config.rooms == ()
    assert problems(write("")) == []


def test_everything_written_arrives(write: Write, tmp_path: Path) -> None:
    path = write("""
[conference]
title = "  Grød  "
timezone = "America/St_Johns"
timetable = "https://example.org/schedule.xml?v=2"
poll = "2m"
privacy_notice = "Cameras run."
timetable_options = { date_order = "mdy", date = 2025-09-08, room = "Hall", columns = { start = "Beginn" } }
[server]
listen = "[::1]:0"
public_url = "https://streams.example.org/live/"
detach = true
trusted_proxies = ["127.0.0.1", "10.1.2.3/8", "fd00::/8"]
allowed_hosts = ["Streams.LAN.", "hall"]
[access]
idle = "12h"
lifetime = "2d"
[storage]
data = "/srv/streamer"
database = "sqlite:///other/store.db"
reserve = "1.5GiB"
[capture]
lead = "90s"
linger = "0s"
ring = "1h"
[recording]
default = false
[livestream]
renditions = ["1080p"]
latency = "normal"
[ffmpeg]
path = "bin/ffmpeg"
[[rooms]]
id = "main"
source = "talks/one.mp4"
[[rooms]]
id = "side"
name = "Side room"
aliases = ["Raum 2", "B.2"]
source = "srt://0.0.0.0:9000?passphrase=0123456789"
listen = true
input_options = { rtsp_transport = "tcp", framerate = 25, analyse = true, key = "env:KEY" }
destinations = ["rtmp://example.org/live/key", "env:PUSH"]
""")
    config = load(path, {"KEY": "k3y", "PUSH": "srt://example.org:9000"})
    assert config.conference.title == "Grød"
    assert config.conference.timetable == "https://example.org/schedule.xml?v=2"
    options = Options(date_order=DateOrder.MDY, date=date(2025, 9, 8), room="Hall", columns=(("start", "Beginn"),))
    assert config.conference.timetable_options == options
    assert config.server.listen == Address(host="::1", port=0)
    assert str(config.server.listen) == "[::1]:0"
    assert config.server.public_url == "https://streams.example.org/live"
    assert config.server.allowed_hosts == ("streams.lan", "hall")
    assert (config.access.idle, config.access.lifetime) == (timedelta(hours=12), timedelta(days=2))
    assert config.server.trusted_proxies == (ip_network("127.0.0.1"), ip_network("10.0.0.0/8"), ip_network("fd00::/8"))
    assert config.storage.data == Path("/srv/streamer")
    assert config.storage.database == str(tmp_path / "other/store.db")
    assert config.storage.reserve == 3 * 2**29
    assert config.capture.linger == timedelta(0)
    assert config.ffmpeg.path == tmp_path / "bin/ffmpeg"
    main, side = config.rooms
    assert (main.id, main.name, main.source) == ("main", "main", str(tmp_path / "talks/one.mp4"))
    assert side.source == "srt://0.0.0.0:9000?passphrase=0123456789"
    assert side.input_options == (("rtsp_transport", "tcp"), ("framerate", "25"), ("analyse", "1"), ("key", "k3y"))
    assert side.destinations == ("rtmp://example.org/live/key", "srt://example.org:9000")
    assert config.secrets == ("k3y", "srt://example.org:9000")


@pytest.mark.parametrize(
    ("written", "line", "key", "said"),
    [
        ('[capture]\nlaed = "5m"', 2, "[capture] laed", "did you mean lead?"),
        ('[capture]\npre-roll = "5m"', 2, "[capture] pre-roll", "possible are lead, linger, ring"),
        ('[recording]\npre-roll = "5m"', 2, "[recording] pre-roll", "did you mean pre_roll?"),
        ('[capture]\nkeep_padding = "5m"', 2, "[capture] keep_padding", "it belongs to [recording]"),
        ('poll = "5m"', 1, "poll", "it belongs to [conference]"),
        ("[recordings]\n", 1, "recordings", "did you mean [recording]?"),
        ('[[room]]\nid = "a"', 1, "room", "did you mean [[rooms]]?"),
        ('[rooms]\nid = "a"', 1, "[[rooms]]", "two pairs of brackets"),
        ("[[capture]]\n", 1, "[capture]", "write it as a table (write [capture]"),
        ("capture = 5\n", 1, "[capture]", "write it as a table"),
        ("theme.logo = 1", 1, "theme", "this key does not exist"),
        ("[capture]\nlead = 10", 2, "[capture] lead", "write it like 90s, 10m"),
        ('[capture]\nlead = "10"', 2, "[capture] lead", "write it like 90s, 10m"),
        ('[capture]\nring = "1s"', 2, "[capture] ring", "at least 5s"),
        ('[conference]\npoll = "0s"', 2, "[conference] poll", "at least 1s"),
        ('[storage]\nreserve = "lots"', 2, "[storage] reserve", "write it like 500MB"),
        ("[storage]\nreserve = -1", 2, "[storage] reserve", "write it like 500MB"),
        ("[storage]\nreserve = true", 2, "[storage] reserve", "write it like 500MB"),
        ("[storage]\ndata = 5", 2, "[storage] data", "a path is a text"),
        ('[storage]\ndatabase = "postgresql://a:hidden@b/c"', 2, "[storage] database", "write a path"),
        ('[storage]\ndatabase = "sqlite://"', 2, "[storage] database", "write a path"),
        ('[conference]\ntimezone = "Europe/Copenhaven"', 2, "[conference] timezone", "did you mean Europe/Copenhagen?"),
        ('[conference]\ntimezone = "../etc/passwd"', 2, "[conference] timezone", "unknown time zone"),
        ('[conference]\ntimezone = ""', 2, "[conference] timezone", "unknown time zone"),
        ('[conference]\ntimetable = "ftp://a/b"', 2, "[conference] timetable", "http or https"),
        (
            '[conference]\ntimetable_options = { date_ordr = "dmy" }',
            2,
            "[conference] timetable_options",
            "did you mean date_order?",
        ),
        ('[conference]\ntimetable_options = "dmy"', 2, "[conference] timetable_options", "options are a table"),
        (
            '[conference]\n[conference.timetable_options]\ndate_order = "d"',
            2,
            "[conference] timetable_options",
            "dmy, mdy or ymd",
        ),
        ('[conference]\ntitle = " "', 2, "[conference] title", "it is empty"),
        ('[conference]\ntitle = ["a"]', 2, "[conference] title", 'a text in quotes (for example title = "Conference'),
        ('[server]\nlisten = "8080"', 2, "[server] listen", "[::1]:8080"),
        ('[server]\nlisten = "::1:8080"', 2, "[server] listen", "[::1]:8080"),
        ("[server]\nlisten = 8080", 2, "[server] listen", "127.0.0.1:8080"),
        ('[server]\npublic_url = "streams.example.org"', 2, "[server] public_url", "https://streams.example.org"),
        ('[server]\ndetach = "yes"', 2, "[server] detach", "true or false"),
        ("[server]\ndetach = 1", 2, "[server] detach", "true or false"),
        ('[server]\ntrusted_proxies = ["proxy"]', 2, "[server] trusted_proxies", "10.0.0.0/8"),
        ('[server]\nallowed_hosts = ["https://streams.lan"]', 2, "[server] allowed_hosts", "without a port"),
        ('[server]\nallowed_hosts = ["streams.lan:8080"]', 2, "[server] allowed_hosts", "streams.lan"),
        ('[access]\nidle = "30s"', 2, "[access] idle", "at least 60s"),
        ('[server]\ntrusted_proxies = "10.0.0.1"', 2, "[server] trusted_proxies", "a list in brackets"),
        ('[livestream]\nlatency = "none"', 2, "[livestream] latency", '"none" is not possible'),
        ("[livestream]\nrenditions = []", 2, "[livestream] renditions", "it is empty (for example"),
        ('[livestream]\nrenditions = [\n  "720p",\n  "HD",\n]', 2, "[livestream] renditions", "such as 720p"),
        ('[[rooms]]\nname = "a"', 1, "[[rooms]] number 1 id", 'it is missing (for example id = "main")'),
        ('[[rooms]]\nid = "a/b"', 2, "[[rooms]] a/b id", "can't be an id"),
        ('[[rooms]]\nid = ".."', 2, "[[rooms]] .. id", "can't be an id"),
        (
            '[[rooms]]\nid = "a"\n\n[[rooms]]\n# x\n\nid = "b"\nsorce = "x"',
            8,
            "[[rooms]] b sorce",
            "did you mean source?",
        ),
        ('[[rooms]]\nid = "a"\nsource = ""', 3, "[[rooms]] a source", "it is empty"),
        ('[[rooms]]\nid = "a"\nlisten = true', 1, "[[rooms]] a", "needs a source"),
        ('[[rooms]]\nid = "a"\nredundancy = 3', 3, "[[rooms]] a redundancy", "1, or 2 so that"),
        ('[[rooms]]\nid = "a"\nredundancy = true', 3, "[[rooms]] a redundancy", "1, or 2 so that"),
        ('[[rooms]]\nid = "a"\ninput_options = "x"', 3, "[[rooms]] a input_options", "rtsp_transport"),
        ('[[rooms]]\nid = "a"\n[rooms.input_options]\nb = []', 3, "[[rooms]] a input_options", "the option b"),
        ('[[rooms]]\nid = "a"\ndestinations = ["host"]', 3, "[[rooms]] a destinations", "rtmp://"),
        ('[[rooms]]\nid = "a"\n[[rooms]]\nid = "a"', 4, "[[rooms]] a id", "also the id, name or alias of room a"),
        ('[[rooms]]\nid = "a"\n[[rooms]]\nid = "b"\naliases = ["A"]', 5, "[[rooms]] b aliases", "of room a"),
        ('[[rooms]]\nid = "main-hall"\n[[rooms]]\nid = "b"\nname = "Main Hall"', 5, "[[rooms]] b name", "main-hall"),
        ('rooms = [\n {id = "a"},\n {id = "b", nme = "c"}]', 1, "[[rooms]] b nme", "did you mean name?"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(write: Write, written: str, line: int, key: str, said: str) -> None:
    path = write(written)
    error = refused(path)
    assert error.where == f"{path}:{line}: {key}"
    assert said in str(error)
    assert "hidden" not in str(error)


@pytest.mark.parametrize(
    ("written", "line", "said"),
    [
        ("[capture]\nlead = 10m", ":2", "not TOML"),
        ('[capture]\n[capture]\nlead = "10m"', ":2", "not TOML"),
        ('[capture]\nlead = "10m', ":2", "not TOML"),
        ("[capture]\nlead = [\n\n", ":2", "not closed"),
    ],
)
def test_what_is_not_toml(write: Write, written: str, line: str, said: str) -> None:
    path = write(written)
    error = refused(path)
    assert error.where == f"{path}{line}"
    assert said in str(error)


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    assert "--config" in refused(tmp_path / "none.toml").hint
    assert "--config" in refused(tmp_path).hint
    (tmp_path / "config.toml").write_bytes(b'[conference]\ntitle = "\xff"')
    assert "UTF-8" in str(refused(tmp_path / "config.toml"))


def test_a_file_from_another_editor(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_bytes('\ufeff[conference]\r\ntitle = "Grød"\r\n'.encode())
    assert load(path).conference.title == "Grød"


def test_all_problems_at_once_in_the_order_of_the_lines(write: Write) -> None:
    path = write(
        '[server]\ndetach = 5\n[[rooms]]\nid = "a"\nsorce = "test:"\n[capture]\nlead = 5\n[conference]\nx = 1\n'
    )
    assert [p.where for p in problems(path)] == [
        f"{path}:2: [server] detach",
        f"{path}:5: [[rooms]] a sorce",
        f"{path}:7: [capture] lead",
        f"{path}:9: [conference] x",
    ]


def test_secrets_from_the_environment_and_from_files(write: Write, tmp_path: Path) -> None:
    path = write('[[rooms]]\nid = "a"\nsource = "env:SOURCE"\ndestinations = ["file:keys/push"]\n')
    assert refused(path).where == f"{path}:3: [[rooms]] a source"
    assert "SOURCE is not set" in str(refused(path, SOURCE=" "))
    assert f"{tmp_path}/keys/push" in str(refused(path, SOURCE="srt://a:1"))
    keys = tmp_path / "keys"
    keys.mkdir()
    for unusable in (b"", b"\n", b"two\nlines", b"\x00\xff", b"long" * 2000):
        (keys / "push").write_bytes(unusable)
        assert "does not have exactly one line" in str(refused(path, SOURCE="srt://a:1"))
    (keys / "push").write_text("rtmp://a/b/hidden-key\n")
    config = load(path, {"SOURCE": "srt://a:1?passphrase=hidden-phrase"})
    assert config.rooms[0].source == "srt://a:1?passphrase=hidden-phrase"
    assert config.rooms[0].destinations == ("rtmp://a/b/hidden-key",)
    assert config.secrets == ("srt://a:1?passphrase=hidden-phrase", "rtmp://a/b/hidden-key")
    assert len(config.secret_files) == 1  # the one that file: names
    assert "hidden" not in repr(config)
    assert "hidden" not in str(config)


def test_secrets_that_are_missing_do_not_matter_where_none_is_read(write: Write) -> None:
    path = write("""
[conference]
timetable = "env:MISSING"
token = "file:missing"
[storage]
data = "elsewhere"
database = "env:MISSING"
[[rooms]]
id = "main"
source = "env:MISSING"
input_options = { passphrase = "env:MISSING" }
destinations = ["file:missing"]
""")
    assert load(path, {}, resolve=False).storage.data == path.parent / "elsewhere"
    assert "MISSING is not set" in refused(path).message


@pytest.mark.parametrize(
    ("written", "secret"),
    [
        ('[[rooms]]\nid = "a"\nsource = "srt://a:1"', False),
        ('[[rooms]]\nid = "a"\nsource = "env:SOURCE"', False),
        ('[[rooms]]\nid = "a"\nsource = "srt://a:1?passphrase=correct-horse"', True),
        ('[[rooms]]\nid = "a"\ninput_options = { passphrase = "correct-horse" }', True),
        ('[[rooms]]\nid = "a"\ndestinations = ["rtmp://a/live/key"]', True),
        ('[conference]\ntimetable = "https://me:correct-horse@example.org/"', True),
        ('[conference]\ntoken = "correct-horse"', True),
    ],
)
def test_whether_the_file_has_a_secret_in_it(write: Write, written: str, secret: bool) -> None:
    path = write(written)
    assert load(path, {"SOURCE": "srt://a:1?passphrase=correct-horse"}).secret_files == ((path,) if secret else ())


@pytest.mark.parametrize(
    ("file", "folders", "readable"),
    [
        (0o600, (0o755,), False),
        (0o604, (0o755, 0o755), True),
        (0o640, (0o755, 0o710), True),
        (0o640, (0o755, 0o701), False),
        (0o644, (0o755, 0o700), False),
    ],
)
def test_which_modes_let_others_read(file: int, folders: tuple[int, ...], readable: bool) -> None:
    assert readable_by_others(file, folders) is readable


def test_a_secret_that_is_wrong_is_not_shown(write: Write) -> None:
    path = write('[storage]\ndatabase = "env:DB"\n[[rooms]]\nid = "a"\ndestinations = ["env:PUSH"]\n')
    wrong = problems(path, {"DB": "mysql://hidden", "PUSH": "hidden"})
    assert len(wrong) == 2
    assert not any("hidden" in str(problem) for problem in wrong)


@pytest.mark.parametrize(
    "source", ["test:", "test:?size=320x180", "v4l2:/dev/video0", "udp://239.0.0.1:5004", "/a/b.mp4"]
)
def test_sources_that_are_no_relative_files_stay(write: Write, source: str) -> None:
    assert load(write(f'[[rooms]]\nid = "a"\nsource = "{source}"')).rooms[0].source == source


def test_values_cannot_be_changed(write: Write) -> None:
    config = load(write(""))
    with pytest.raises(ValueError, match="frozen"):
        config.capture.lead = timedelta(0)  # type: ignore[misc]  # that is what is tested


def test_the_shipped_file_is_a_room_without_a_source() -> None:
    config = load(SHIPPED)
    assert [(room.id, room.name, room.source) for room in config.rooms] == [("main", "Main hall", None)]
    assert Path(config.conference.timetable).is_file()
    assert config.model_copy(update={"rooms": ()}) == load_empty_beside(SHIPPED)


def load_empty_beside(path: Path) -> Config:
    """The defaults, as they are for a file in the same folder."""
    from streamer.config.context import ReadingContext

    sections: dict[str, dict[str, object]] = {n: {} for n, f in Config.model_fields.items() if f.is_required()}
    return Config.model_validate(sections, context=ReadingContext(folder=path.absolute().parent, environ={}))


def test_the_shipped_file_shows_every_key() -> None:
    shown: dict[str, set[str]] = {}
    section = ""
    for text in _OFF.sub("", SHIPPED.read_text()).splitlines():
        if header := re.fullmatch(r"\[\[?([a-z]+)\]\]?", text):
            section = header[1]
        elif key := re.match(r"([a-z_]+) = ", text):
            shown.setdefault(section, set()).add(key[1])
    expected = {
        name: set(_ARRAYS.get(name, field.annotation).model_fields)  # type: ignore[union-attr]  # a section
        for name, field in Config.model_fields.items()
    }
    assert shown == expected


def test_the_shipped_file_shows_the_defaults(tmp_path: Path) -> None:
    """What has no default is shown with an example, which has to be one that works."""
    without_default = {"title", "privacy_notice", "public_url", "database", "path", "source", "token"}
    path = tmp_path / "config.toml"
    path.write_text(_OFF.sub("", SHIPPED.read_text()))
    shown, defaults = load(path, {"TIMETABLE_TOKEN": "sesame"}), load_empty_beside(path)
    for name in Config.model_fields:
        if name in _ARRAYS:
            continue
        here, there = dict(getattr(shown, name)), dict(getattr(defaults, name))
        for key in here:
            if key in without_default:
                assert here[key] is not None
                assert there[key] is None
            else:
                assert here[key] == there[key], key
    (room,) = shown.rooms
    assert room.source == "srt://encoder.example.org:9000"
    assert room.model_copy(update={"source": None, "name": "main"}) == Room.model_validate({"id": "main"})
    (feed,) = shown.feeds
    assert (feed.priority, feed.rooms, feed.token) == (0, (), "sesame")
    assert (feed.timezone, feed.poll) == (shown.conference.timezone, shown.conference.poll)


def test_further_timetables(write: Write, tmp_path: Path) -> None:
    path = write("""
[conference]
timetable = "env:MAIN"
token = "file:token"
[[feeds]]
name = "Workshops"
timetable = "workshops.toml"
priority = 10
rooms = ["Workshop room", "Attic"]
format = "toml"
timezone = "Asia/Tokyo"
poll = "5s"
[[feeds]]
name = "side"
timetable = "https://example.org/side"
""")
    (tmp_path / "token").write_text("sesame\n")
    config = load(path, {"MAIN": "https://u:pass@example.org/api/events/day/"})
    assert config.conference.timetable == "https://u:pass@example.org/api/events/day/"
    assert config.conference.token == "sesame"
    workshops, side = config.feeds
    assert (workshops.name, workshops.timetable) == ("Workshops", str(tmp_path / "workshops.toml"))
    assert (workshops.priority, workshops.rooms, workshops.format) == (10, ("Workshop room", "Attic"), "toml")
    assert (workshops.timezone, workshops.poll) == ("Asia/Tokyo", timedelta(seconds=5))
    assert (side.priority, side.rooms, side.format, side.timezone, side.poll, side.token) == (0, (), *[None] * 4)
    assert "sesame" not in repr(config)


@pytest.mark.parametrize(
    ("written", "line", "key", "said"),
    [
        ('[[feeds]]\nname = "a"', 1, "[[feeds]] a timetable", "it is missing"),
        ('[[feeds]]\nname = "a"\ntimetable = "x"\nprio = 1', 4, "[[feeds]] a prio", "did you mean priority?"),
        ('[[feeds]]\nname = "a"\ntimetable = "x"\npriority = "1"', 4, "[[feeds]] a priority", "whole number"),
        ('[[feeds]]\nname = "a"\ntimetable = "x"\nformat = "tomll"', 4, "[[feeds]] a format", "did you mean toml?"),
        ('[[feeds]]\nname = "a"\ntimetable = "x"\ntoken = "a b"', 4, "[[feeds]] a token", "one word"),
        ('[feeds]\nname = "a"', 1, "[[feeds]]", "two pairs of brackets"),
        ('[[feed]]\nname = "a"', 1, "feed", "did you mean [[feeds]]?"),
        (
            '[[feeds]]\nname = "a"\ntimetable = "x"\n[[feeds]]\nname = "A"\ntimetable = "y"',
            5,
            "[[feeds]] A name",
            "a different name",
        ),
    ],
)
def test_a_further_timetable_that_is_wrong(write: Write, written: str, line: int, key: str, said: str) -> None:
    error = refused(path := write(written))
    assert error.where == f"{path}:{line}: {key}"
    assert said in str(error)
