"""README and docs against the tree: what they point at is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
DOCUMENTS = [
    ROOT / "README.md",
    ROOT / "CHANGELOG.md",
    ROOT / "CONTRIBUTING.md",
    *sorted((ROOT / "docs").rglob("*.md")),
]
LINK = re.compile(r"\]\((?!https?://)([^)#\s]*)(?:#([^)\s]*))?\)")
SOURCE = re.compile(r"`((?:[a-z_]+/)+[a-z_0-9]+\.py)\b")


def anchors(text: str) -> set[str]:
    """Of its headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", text, flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_what_a_document_points_at_is_there(document: Path) -> None:
    text = document.read_text()
    for path, anchor in LINK.findall(text):
        target = document.parent / path if path else document
        assert target.exists(), path
        assert not anchor or anchor in anchors(target.read_text()), f"{path}#{anchor}"
    for path in SOURCE.findall(text):
        assert (ROOT / path).exists() or (ROOT / "streamer" / path).exists(), path


def test_the_readme_leads_to_every_document() -> None:
    led = {ROOT / "README.md"}
    while True:
        further = {(d.parent / p).resolve() for d in led for p, _ in LINK.findall(d.read_text()) if p.endswith(".md")}
        if further <= led:
            break
        led |= further
    assert set(DOCUMENTS) - led == set()
