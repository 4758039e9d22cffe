"""The pages as they are handed out: escaped, strict about what a browser may load, cheap to hand out again."""

from __future__ import annotations

import gzip
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from streamer.web.pages.pages import HEAD, LINK, PAGES, Site, content_security_policy, local_path

HOSTILE = '</title><script>alert("1")</script> & $static'


@pytest.fixture(scope="module")
def site() -> Site:
    return Site(title=HOSTILE, rehearsal=False)


def body(site: Site, path: str) -> str:
    page = site.page(path)
    assert page is not None
    return page.body.decode()


class Markup(HTMLParser):
    """Collects the tags of a page and what it refers to."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.inside = ""
        self.inline: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self.inside = tag

    def handle_endtag(self, tag: str) -> None:
        self.inside = ""

    def handle_data(self, data: str) -> None:
        if self.inside in ("script", "style") and data.strip():
            self.inline.append(data)

    def ids(self) -> list[str]:
        return [value for _, attributes in self.tags if (value := attributes.get("id"))]


@pytest.mark.parametrize("path", PAGES)
def test_a_hostile_title_stays_text(site: Site, path: str) -> None:
    text = body(site, path)
    assert "<script>alert" not in text
    assert "&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt; &amp; $static" in text


@pytest.mark.parametrize("path", PAGES)
def test_a_page_obeys_its_own_policy(site: Site, path: str) -> None:
    markup = Markup(body(site, path))
    assert not markup.inline, "inline script or style"
    for tag, attributes in markup.tags:
        assert "style" not in attributes, f"<{tag}> has a style attribute"
        assert not [name for name in attributes if name.startswith("on")], f"<{tag}> has an event handler"
        for name in ("src", "href", "action"):
            url = attributes.get(name)
            assert url is None or url.startswith(("/", "#")), f"<{tag}> refers to {url}"


@pytest.mark.parametrize("path", PAGES)
def test_what_a_page_loads_is_there_for_good(site: Site, path: str) -> None:
    loaded = re.findall(r'(?:src|href)="/static/([^"]+)"', body(site, path))
    assert len(loaded) >= 3
    for name in loaded:
        asset = site.static(name)
        assert asset is not None, name
        assert "immutable" in asset.cache_control


@pytest.mark.parametrize(
    ("path", "scripts"),
    [
        ("/", ("attendee", "stage", "rooms", "programme", "banner")),
        ("/crew", ("crew", "crew_lists", "banner", "confirming", "timetable_panel", "timetable_versions")),
        ("/crew", ("desk/wall", "desk/room_view", "desk/action_form", "desk/day", "desk/steering")),
        ("/recordings", ("recordings", "banner", "recording_player", "report_view", "bounds_editor", "ends_range")),
        ("/login", ("login",)),
        ("/clock", ("stage_clock",)),
        ("/crew/timeline", ("timeline_page",)),
    ],
)
def test_a_page_has_every_element_its_scripts_ask_for(site: Site, path: str, scripts: tuple[str, ...]) -> None:
    ids = Markup(body(site, path)).ids()
    assert len(ids) == len(set(ids)), "an id twice"
    for script in scripts:
        asset = site.static(f"{script}.js")
        assert asset is not None
        for wanted in re.findall(r'byId\("([^"]+)"\)', asset.body.decode()):
            assert wanted in ids, f"{script}.js asks for #{wanted}"


@pytest.mark.parametrize("path", PAGES)
def test_every_page_says_that_it_is_a_rehearsal(path: str) -> None:
    mark = re.compile(r'<p id="rehearsal" class="rehearsal"><strong>REHEARSAL</strong>')
    assert mark.search(body(Site(title="A", rehearsal=True), path))
    assert not mark.search(body(Site(title="A", rehearsal=False), path))


def test_nothing_outside_of_the_folder_is_served(site: Site) -> None:
    for path in ("../pages.py", "vendor/../../pages.py", "/etc/passwd", "", ".", f"{site.version}/../pages.py", "x.py"):
        assert site.static(path) is None


def test_the_version_follows_the_content(tmp_path: Path) -> None:
    def with_style(text: str) -> str:
        (tmp_path / "static").mkdir(exist_ok=True)
        (tmp_path / "pages").mkdir(exist_ok=True)
        (tmp_path / "static" / "a.css").write_text(text)
        for name in (HEAD, LINK, *PAGES.values()):
            (tmp_path / "pages" / name).write_text("$static")
        return Site(title="A", rehearsal=False, folder=tmp_path).version

    assert with_style("a {}") == with_style("a {}") != with_style("b {}")


def test_compression_and_revalidation(site: Site) -> None:
    asset = site.static("player.js")
    assert asset is not None
    assert asset.compressed is not None
    assert gzip.decompress(asset.compressed) == asset.body
    assert asset.headers(compressed=True)["Content-Encoding"] == "gzip"
    assert "Content-Encoding" not in asset.headers(compressed=False)
    assert asset.headers(compressed=False)["Content-Type"] == "text/javascript; charset=utf-8"
    assert asset.cache_control == "no-cache"
    assert asset.matches(asset.etag)
    assert asset.matches(f'"other", {asset.etag}')
    assert not asset.matches('"other"')
    assert not asset.matches("")


def test_the_policy_starts_from_nothing() -> None:
    policy = content_security_policy()
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self';")
    assert "unsafe" not in policy
    assert "*" not in policy


@pytest.mark.parametrize("wanted", ["/crew", "/recordings?room=a#b", "/"])
def test_a_path_of_ours_may_follow_a_sign_in(wanted: str) -> None:
    assert local_path(wanted) == wanted


@pytest.mark.parametrize(
    "wanted",
    ["", "crew", "//evil.example", "https://evil.example", "/\\evil.example", "/a\r\nSet-Cookie: b", "\\\\evil"],
)
def test_no_other_address_may_follow_a_sign_in(wanted: str) -> None:
    assert local_path(wanted, "/crew") == "/crew"
