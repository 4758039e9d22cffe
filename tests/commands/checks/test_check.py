"""``streamer check``: every bad thing is named, with its room and what to do; what is good is green."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from pathlib import Path

import pytest
from support.service.commanding import SMALL, Caller, Killed, caller, room
from support.service.running import Conference, Talk, now, seconds

from streamer.commands.checks import disk, machine, programme, secrets, service, sources
from streamer.commands.checks.finding import Finding, Status
from streamer.commands.place.place import Place, place_of
from streamer.commands.terminal.invocation import Invocation, Patience
from streamer.config import load
from streamer.core.base.layout import FEEDS
from streamer.core.jobs.source_facts import SourceFacts
from streamer.outside.feeds.last_good import LastGood

SECRET = "correct-horse-battery"

Document = dict[str, str]


def place(conference: Conference) -> Place:
    return place_of(Invocation(config=conference.config), rehearsal=False)


def of(findings: list[Document], name: str, room: str | None = None) -> list[Document]:
    return [one for one in findings if one["name"] == name and one.get("room") == room]


def the(findings: list[Document], name: str, room: str | None = None) -> Document:
    [found] = of(findings, name, room)
    return found


# -- a conference full of trouble ---------------------------------------------------------------------------------


BRIEFLY = 'input_options = { timeout = "1500000" }'
"""Lets FFmpeg wait for a silent source for less long than usual."""


@pytest.fixture(scope="module")
def trouble(
    tmp_path_factory: pytest.TempPathFactory, free_ports: Callable[[int], list[int]], ffmpeg: str
) -> Conference:
    folder = tmp_path_factory.mktemp("trouble")
    (folder / "garbage.ts").write_bytes(os.urandom(50_000))
    slow = ("-f", "lavfi", "-i", "testsrc2=s=320x180:r=25", "-t", "4", "-c:v", "libx264", "-preset", "ultrafast")
    argv = [ffmpeg, "-v", "error", *slow, "-g", "250", "-keyint_min", "250", "-sc_threshold", "0"]
    subprocess.run([*argv, str(folder / "slow.mp4")], check=True, timeout=30)
    (folder / "secret").write_text(SECRET)
    listen, silent, refused, waiting, twin, rtmp = free_ports(6)
    rooms = [
        room("good"),
        room("none", None),
        room("silent", f"udp://127.0.0.1:{silent}", BRIEFLY),
        room("refused", f"srt://127.0.0.1:{refused}?passphrase={SECRET}", BRIEFLY),
        room("waiting", f"srt://127.0.0.1:{waiting}?passphrase={SECRET}", "listen = true"),
        room("garbage", "garbage.ts"),
        room("slow", "slow.mp4"),
        room("gone", "gone.mp4"),
        room("odd", "test:?size=odd"),
        room("both", "test:?size=320x180", "redundancy = 2"),
        room("left", f"udp://127.0.0.1:{twin}"),
        room("right", f"udp://0.0.0.0:{twin}"),
        room("rtmp", f"rtmp://127.0.0.1:{rtmp}/live/{SECRET}"),
    ]
    start = now() + seconds(60)
    talks = [
        Talk(id="one", room="good", start=start, end=start + seconds(600)),
        Talk(id="two", room="good", start=start + seconds(300), end=start + seconds(900)),
        Talk(id="three", room="Blue room", start=start, end=start + seconds(600)),
    ]
    conference = Conference(folder=folder, port=listen, rooms="".join(rooms), talks=talks)
    conference.write()
    return conference


@pytest.fixture(scope="module")
def found(trouble: Conference) -> list[Document]:
    findings: list[Document] = caller(trouble, Patience(publisher=1.0)).json("check", "--seconds", "2.5", status=1)
    return findings


def test_each_finding_has_what_the_contract_says(found: list[Document]) -> None:
    assert {one["status"] for one in found} == {"ok", "warning", "error"}
    for one in found:
        assert set(one) - {"room"} == {"name", "status", "message", "hint"}
        assert one["message"]
        assert one["status"] == "ok" or one["hint"] or "?" in one["message"] or ":" in one["message"], one


def test_a_good_source_is_described(found: list[Document]) -> None:
    good = the(found, "source", "good")
    assert good["status"] == "ok"
    assert good["message"].startswith("test picture: h264 320×180, 25 frames/s, aac, a keyframe every ")
    assert good["message"].endswith("Mbit/s, encoded here")


@pytest.mark.parametrize(
    ("room", "status", "words"),
    [
        ("none", "error", "it has no source, so it is not captured"),
        ("silent", "error", "does the encoder send, and to this address?"),
        ("refused", "error", "srt://127.0.0.1:"),
        ("waiting", "warning", "the port is free, and no encoder sends to it yet"),
        ("garbage", "error", "is not a media format that FFmpeg knows"),
        ("gone", "error", "the file "),
        ("odd", "error", "'odd' is not a size for test:"),
        ("both", "error", "redundancy = 2 is not possible here: every test picture is different"),
        ("left", "error", "is also the source of right"),
        ("right", "error", "is also the source of left"),
        ("rtmp", "error", "refused the connection"),
    ],
)
def test_a_bad_source_is_named_with_its_room(found: list[Document], room: str, status: str, words: str) -> None:
    one = the(found, "source", room)
    assert one["status"] == status
    assert words in one["message"]


def test_long_distances_between_keyframes_and_silence_are_warned_of(found: list[Document]) -> None:
    good, gop, sound = of(found, "source", "slow")
    assert (good["status"], gop["status"], sound["status"]) == ("ok", "warning", "warning")
    assert "no sound" in good["message"]
    assert gop["message"].startswith("its keyframes are at least 2.")
    assert gop["hint"] == "set the encoder's keyframe interval to 2 s or less"
    assert sound["message"] == "it has no sound"


def test_no_secret_is_printed(found: list[Document]) -> None:
    assert SECRET not in str(found)


def test_what_is_odd_about_the_timetable(found: list[Document]) -> None:
    [summary, overlap] = of(found, "timetable")
    assert "3 sessions in 2 rooms, read as toml; " in summary["message"]
    assert "the next is “Talk " in summary["message"]
    assert overlap["status"] == "warning"
    assert "“Talk two” starts at " in overlap["message"]
    unknown = the(found, "timetable", "blue-room")
    assert "room “Blue room” with 1 session is not configured and never captured" in unknown["message"]
    assert 'aliases = ["Blue room"]' in unknown["hint"]
    assert "no session takes place in room" in the(found, "timetable", "silent")["message"]


def test_what_is_good_about_the_machine(found: list[Document], trouble: Conference) -> None:
    assert "bundled, with all that is needed" in the(found, "ffmpeg")["message"]
    assert the(found, "listen") == {
        "name": "listen",
        "status": "ok",
        "message": f"127.0.0.1:{trouble.port} is free",
        "hint": "",
    }
    assert the(found, "service")["message"] == "none is running"
    assert "will be created at the first start" in the(found, "data folder")["message"]
    assert "the rest of the timetable needs" in the(found, "disk")["message"]
    assert {the(found, name)["name"] for name in ("clock", "udp buffers", "open files")}
    assert of(found, "store") == []


def test_it_changes_nothing(found: list[Document], trouble: Conference) -> None:
    assert not trouble.data.exists()


# -- config --------------------------------------------------------------------------------------------------


def test_everything_that_is_wrong_with_a_configuration_is_told_at_once(tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    config.write_text('[capture]\nlaed = "10m"\nring = 5\n')
    text = Caller(config).said("check", status=1)
    first, second, summary = text.splitlines()
    assert first.startswith(
        f"✗ config           {config}:2: [capture] laed: this key does not exist → did you mean lead?"
    )
    assert f"{config}:3: [capture] ring: " in second
    assert summary == "2 problems to fix"
    assert Caller(tmp_path / "nothing.toml").json("check", status=1)[0]["hint"].startswith("name one with --config")


# -- a whole conference -----------------------------------------------------------------------------------------------


def test_a_taken_port_an_open_folder_and_a_full_disk(resting: Conference) -> None:
    resting.settings += '\n[storage]\nreserve = "900PB"\n'.replace("PB", "000TB")
    resting.rooms = room("main")
    resting.write()
    resting.data.mkdir(mode=0o755)
    resting.data.chmod(0o755)
    with socket.create_server(("127.0.0.1", resting.port)):
        found = caller(resting).json("check", "--seconds", "0.5", status=1)
    assert "another program listens on" in the(found, "listen")["message"]
    assert (the(found, "data folder")["status"], the(found, "disk")["status"]) == ("warning", "error")
    assert "(mode 0755)" in the(found, "data folder")["message"]
    assert "less than the reserve" in the(found, "disk")["message"]


def test_a_data_folder_that_can_not_be(resting: Conference) -> None:
    resting.data.write_text("")
    finding = service.data_folder(place(resting))
    assert (finding.status, finding.hint) == (Status.ERROR, "name another folder as [storage] data")
    assert "is a file, not a folder" in finding.message
    resting.settings += '\n[storage]\ndata = "data/below"\n'
    resting.write()
    assert service.data_folder(place(resting)).status is Status.ERROR


def test_a_running_service_is_told_of_and_keeps_its_sources(call: Caller) -> None:
    found = call.json("check", "--seconds", "0.5", status=0)
    assert the(found, "service")["message"].startswith("a service is running (process ")
    assert "is in use by the service that is running" in the(found, "listen")["message"]
    silent = the(found, "source", "silent")
    assert silent["message"].endswith("not tried, because the running service may open it at any moment")
    assert the(found, "source", "main")["status"] == "ok"
    assert the(found, "store")["status"] == "ok"


@pytest.mark.slow
def test_a_segment_that_somebody_deleted_is_missed(killed: Killed, tmp_path: Path) -> None:
    conference = Conference(
        folder=tmp_path / "copy", port=killed.conference.port, rooms=killed.conference.rooms, talks=[]
    )
    shutil.copytree(killed.conference.folder, conference.folder, ignore=shutil.ignore_patterns("*.sock"))
    call = caller(conference)
    call("recordings", "export", "--to", str(tmp_path / "out"))  # what the killed service had not indexed is now
    assert the(call.json("check", "--seconds", "0.5"), "store")["status"] == "ok"
    [take] = (conference.data / "takes").iterdir()
    sorted(take.glob("*.ts"))[-1].unlink()
    [store] = of(call.json("check", "--seconds", "0.5", status=1), "store")
    assert "is still referred to and is not on the disk" in store["message"]
    (conference.data / "streamer.db").write_bytes(b"no database at all")
    [store] = of(call.json("check", "--seconds", "0.5", status=1), "store")
    assert "this file is not a database" in store["message"]


# -- timetable -----------------------------------------------------------------------------------------------


async def summary(conference: Conference) -> Finding:
    findings, _ = await programme.examine(place(conference), now())
    return findings[0]


async def test_a_timetable_of_another_day_says_when_the_next_session_is(resting: Conference) -> None:
    resting.talks = [Talk(id="x", room="main", start=now() + timedelta(days=3), end=now() + timedelta(days=3, hours=1))]
    resting.write()
    finding = await summary(resting)
    assert finding.status is Status.WARNING
    assert "1 session in 1 room, read as toml; none is today, the next is “Talk x”, " in finding.message
    resting.talks = [Talk(id="x", room="main", start=now() - timedelta(hours=2), end=now() - timedelta(hours=1))]
    resting.write()
    finding = await summary(resting)
    assert "all are over since " in finding.message
    day = now() + timedelta(days=3)
    resting.talks = [
        Talk(id="x", room="main", start=day, end=day + timedelta(hours=1), more="cancelled = true"),
        Talk(id="y", room="main", start=day + timedelta(hours=1), end=day + timedelta(hours=2)),
    ]
    resting.write()
    later = await summary(resting)
    assert (
        "2 sessions in 1 room, read as toml, 1 of them cancelled; none is today, the next is “Talk y”" in later.message
    )
    assert "--rehearse" in finding.hint
    resting.talks = []
    resting.write()
    assert "it has no session" in (await summary(resting)).message


async def test_rooms_that_are_one_by_their_aliases_may_overlap(resting: Conference) -> None:
    start = now() + seconds(60)
    resting.rooms = room("main", SMALL, 'aliases = ["Blue room"]')
    resting.talks = [
        Talk(id="a", room="main", start=start, end=start + seconds(600)),
        Talk(id="b", room="Blue room", start=start + seconds(300), end=start + seconds(900)),
    ]
    resting.write()
    findings, _ = await programme.examine(place(resting), now())
    assert [one.message for one in findings[1:]] == ["“Talk a” and “Talk b” overlap in room main for 5 min"]


async def test_a_timetable_that_can_not_be_read(resting: Conference, free_port: int) -> None:
    content = (resting.folder / "day.toml").read_bytes()
    (resting.folder / "day.toml").write_text("[[sessions]]\nid = 5\n")
    assert (await summary(resting)).status is Status.ERROR
    (resting.folder / "day.toml").unlink()
    finding = await summary(resting)
    assert finding.status is Status.ERROR
    assert "this file does not exist" in finding.message
    url = f"http://127.0.0.1:{free_port}/day?token={SECRET}"
    resting.config.write_text(resting.config.read_text().replace('"day.toml"', f'"{url}"'))
    finding = await summary(resting)
    assert finding.status is Status.ERROR
    assert SECRET not in finding.message
    LastGood(resting.data / FEEDS, url).save(content, datetime(2025, 9, 8, 12, tzinfo=UTC))
    finding = await summary(resting)
    assert finding.status is Status.WARNING
    assert "a start would use the last good copy, of 2025-09-0" in finding.hint


async def test_further_timetables_fail_for_themselves_and_clashes_are_told(resting: Conference) -> None:
    talk = "[[sessions]]\nid = '1'\nroom = '{room}'\ntitle = 'Yoga'\nstart = 2125-09-08T09:00:00Z\nduration = '1h'\n"
    sheet = resting.folder / "sheet.toml"
    sheet.write_text("[conference]\ntitle = 'Sheet'\ntimezone = 'UTC'\n" + talk.format(room="Attic hall"))
    resting.config.write_text(
        resting.config.read_text()
        + '[[feeds]]\nname = "sheet"\ntimetable = "sheet.toml"\n'
        + f'[[feeds]]\nname = "gone"\ntimetable = "https://u:{SECRET}@127.0.0.1:1/{SECRET}?k={SECRET}"\n'
    )
    findings, day = await programme.examine(place(resting), now())
    assert day is not None
    assert "Yoga" in [session.title for session in day.timetable.sessions]
    messages = [finding.message for finding in findings]
    assert any("can't connect" in message for message in messages)
    assert any("room “Attic hall” with 1 session is not configured and never captured" in m for m in messages)
    assert f":{SECRET}@" not in str(findings)
    assert f"k={SECRET}" not in str(findings)


# -- disk ----------------------------------------------------------------------------------------------------


async def test_a_disk_is_compared_with_what_the_rest_of_the_day_brings(resting: Conference) -> None:
    start = now() + timedelta(hours=1)
    resting.rooms = room("main") + room("side")
    resting.talks = [
        Talk(id="past", room="main", start=now() - timedelta(hours=9), end=now() - timedelta(hours=8)),
        Talk(id="a", room="main", start=start, end=start + timedelta(hours=1)),
        Talk(id="b", room="main", start=start + timedelta(hours=1), end=start + timedelta(hours=2)),
        Talk(id="c", room="side", start=start, end=start + timedelta(hours=1), more="record = false"),
    ]
    resting.write()
    _, day = await programme.examine(place(resting), now())
    facts = SourceFacts(video="h264", width=1280, height=720, rate=Fraction(25), audio="aac", bitrate=8_000_000)
    finding = disk.examine(place(resting), day, {"main": facts}, now())
    # two hours and padding of 2 s at either end, twice two hours, and 20 s of ring; of the side room the ring alone
    needed = 1_000_000 * (7204 + 7200 + 20) + 750_000 * 20
    assert needed == 14_439_000_000
    assert finding.message.startswith("the rest of the timetable needs 14.4 GB (taking 6 Mbit/s for side); ")
    free = shutil.disk_usage(resting.folder).free
    resting.settings += f'\n[storage]\nreserve = "{free - 10_000_000_000}"\n'
    resting.write()
    finding = disk.examine(place(resting), day, {"main": facts, "side": facts}, now())
    if free > 10_000_000_000:
        assert finding.status is Status.ERROR
        assert finding.hint.startswith("free 4.")


# -- machine -------------------------------------------------------------------------------------------------


async def test_no_ffmpeg_is_told_and_sources_are_not_tried(resting: Conference) -> None:
    resting.settings += '\n[ffmpeg]\npath = "no/such/ffmpeg"\n'
    resting.write()
    findings, program = await machine.ffmpeg(load(resting.config))
    assert program is None
    assert findings[0].status is Status.ERROR
    probed = [one async for one in sources.examine(load(resting.config), None, [], 1.0, 0.0)]
    assert [one.findings[0].message for one in probed] == ["test picture: not tried, because FFmpeg is missing"] * 2


@pytest.mark.parametrize(
    ("source", "options", "mounted", "seen"),
    [
        ("srt://encoder:9000?passphrase=correct-horse", "", "rw", True),
        ("srt://encoder:9000", 'input_options = { passphrase = "correct-horse" }', "rw,hidepid=0", True),
        ("rtsp://me:correct-horse@camera/1", "", "rw,gid=4,hidepid=invisible", False),
        ("srt://encoder:9000?passphrase=correct-horse", "", "rw,hidepid=2", False),
        ("srt://encoder:9000", "", "rw", False),
    ],
)
def test_secrets_in_the_list_of_processes_are_told(
    resting: Conference, source: str, options: str, mounted: str, seen: bool
) -> None:
    resting.rooms = room("main", source, options)
    resting.write()
    resting.config.chmod(0o600)
    mounts = resting.folder / "mountinfo"
    mounts.write_text(f"21 1 0:20 / / rw - ext4 /dev/sda rw\n22 21 0:21 / /proc rw,nosuid - proc proc {mounted}\n")
    found = [one.message for one in secrets.examine(load(resting.config), mounts)]
    told = "other users of this machine can see the secret of a source in the list of processes: main"
    assert found == ([told] if seen else [])


def test_receivers_of_udp_need_room(resting: Conference) -> None:
    assert machine.udp_buffers(load(resting.config)) is None
    resting.rooms = room("main", "udp://239.0.0.1:5004")
    resting.write()
    finding = machine.udp_buffers(load(resting.config))
    assert finding is not None
    largest = int(Path("/proc/sys/net/core/rmem_max").read_text())
    assert (finding.status is Status.OK) == (largest >= 4 << 20)


def test_the_clock_is_asked(resting: Conference) -> None:
    finding = machine.clock()
    assert finding.name == "clock"
    assert finding.status in (Status.OK, Status.WARNING)


def test_a_conference_that_is_ready_is_green(tmp_path: Path, free_port: int) -> None:
    start = now() + seconds(30)
    talks = [Talk(id="one", room="main", start=start, end=start + seconds(60))]
    conference = Conference(folder=tmp_path, port=free_port, rooms=room("main", SMALL), talks=talks)
    conference.write()
    lines = caller(conference).said("check", "--seconds", "0.5").splitlines()
    assert lines[-1].startswith("Ready")
    assert not [line for line in lines if line.startswith("✗")]


@pytest.mark.parametrize(
    ("settings", "status"),
    [
        ("", None),
        ('public_url = "http://streams.lan"', None),
        ('public_url = "https://streams.example.org"', Status.WARNING),
        ('public_url = "https://streams.example.org"\ntrusted_proxies = ["127.0.0.1"]', Status.OK),
    ],
)
def test_https_without_a_trusted_proxy_is_warned_of(tmp_path: Path, settings: str, status: Status | None) -> None:
    config = tmp_path / "config.toml"
    config.write_text(f"[server]\n{settings}\n")
    found = service.public_address(load(config))
    assert (found.status if found else None) is status
    assert status is not Status.WARNING or (found and "trusted_proxies" in found.hint)
