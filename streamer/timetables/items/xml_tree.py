"""XML bytes to a small tree whose elements know their line.

Dangerous XML is refused: document types, entities, too much depth, too many elements.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from xml.sax import SAXParseException
from xml.sax.handler import ContentHandler
from xml.sax.xmlreader import AttributesImpl, Locator

import defusedxml.sax
from defusedxml import DefusedXmlException

from streamer.core.base.errors import TimetableError

_DEEPEST = 64
_MOST = 500_000
_CUT_SHORT = frozenset({"no element found", "unclosed token", "unclosed CDATA section"})
_HINTS = {
    "undefined entity": "XML has &amp; &lt; &gt; &quot; and &apos; only; write every other character itself",
    "not well-formed (invalid token)": "a bare & or <, or text in another encoding than the file declares",
}


@dataclass(slots=True)
class Element:
    """An element: its name, attributes, line from 1, child elements, and the text directly in it."""

    name: str
    attributes: dict[str, str]
    line: int
    children: list[Element] = field(default_factory=list)
    pieces: list[str] = field(default_factory=list)

    def named(self, name: str) -> Iterator[Element]:
        return (child for child in self.children if child.name == name)

    def child(self, name: str) -> Element | None:
        return next(self.named(name), None)

    def text(self, *path: str) -> str:
        """The stripped text of the element along a path of first children; empty if it is missing."""
        element: Element | None = self
        for name in path:
            element = element.child(name) if element is not None else None
        return "".join(element.pieces).strip() if element is not None else ""


def read_xml(data: bytes) -> Element:
    """The root element. Raises TimetableError for input that is not XML, and for dangerous XML."""
    builder = _Builder()
    try:
        defusedxml.sax.parseString(data, builder, forbid_dtd=True)
    except SAXParseException as error:
        message = error.getMessage()
        hint = "the file may be cut short: export it again" if message in _CUT_SHORT else _HINTS.get(message, "")
        raise TimetableError(f"not XML: {message}", where=f"line {error.getLineNumber()}", hint=hint) from error
    except DefusedXmlException as error:
        raise TimetableError(
            "a document type or entity declaration is refused",
            where=f"line {builder.line}",
            hint="remove the <!DOCTYPE …>; a timetable does not need it",
        ) from error
    except (ValueError, LookupError) as error:
        raise TimetableError(f"not XML: its encoding can't be read: {error}", hint="save it as UTF-8") from error
    if builder.root is None:
        raise TimetableError("not XML: it has no element")
    return builder.root


class _Builder(ContentHandler):
    def __init__(self) -> None:
        super().__init__()
        self.root: Element | None = None
        self._open: list[Element] = []
        self._count = 0
        self._position: Locator | None = None

    @property
    def line(self) -> int:
        return (self._position.getLineNumber() if self._position else None) or 1

    def setDocumentLocator(self, locator: Locator) -> None:  # noqa: N802 - the name SAX calls
        self._position = locator

    def startElement(self, name: str, attrs: AttributesImpl) -> None:  # noqa: N802 - the name SAX calls
        element = Element(name, dict(attrs.items()), self.line)
        if len(self._open) >= _DEEPEST:
            raise TimetableError(f"elements are nested more than {_DEEPEST} deep", where=f"line {element.line}")
        self._count += 1
        if self._count > _MOST:
            raise TimetableError(f"it has more than {_MOST} elements", where=f"line {element.line}")
        if self._open:
            self._open[-1].children.append(element)
        else:
            self.root = element
        self._open.append(element)

    def endElement(self, name: str) -> None:  # noqa: N802 - the name SAX calls
        self._open.pop()

    def characters(self, content: str) -> None:
        self._open[-1].pieces.append(content)
