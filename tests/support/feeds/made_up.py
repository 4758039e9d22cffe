"""One small conference day in every format that is read, with the oddities that real feeds have; all made up."""

from __future__ import annotations

import base64
import io
import json
import zipfile
from collections.abc import Mapping, Sequence

TOML = b"""\
[conference]
title = "Day"
timezone = "Europe/Berlin"
[[sessions]]
id = "a"
room = "R"
title = "T"
start = 2025-03-30T04:30:00
duration = "90m"
"""

FRAB_XML = b"""\
<?xml version="1.0"?>
<schedule><conference><title>Day</title><time_zone_name>Europe/Berlin</time_zone_name><day_change>06:00</day_change>
</conference><day date="2025-03-30"><room name="R"><event guid="a" id="1"><start>11:30</start><duration>01:30</duration>
<title>T</title><persons><person id="1">Ada</person></persons><recording><optout>true</optout></recording></event>
</room></day></schedule>
"""

SCHEDULE_JSON = json.dumps(
    {
        "schedule": {
            "conference": {
                "title": "Day",
                "time_zone_name": "Europe/Berlin",
                "rooms": [{"name": "R", "features": {"recording": "record_by_default"}}],
                "days": [
                    {
                        "date": "2025-03-30",
                        "rooms": {
                            "R": [
                                {
                                    "guid": "a",
                                    "id": 7,
                                    "start": "11:30",
                                    "duration": "1:30",
                                    "title": "T",
                                    "do_not_stream": True,
                                    "persons": [{"public_name": "Ada"}],
                                }
                            ]
                        },
                    }
                ],
            }
        }
    }
).encode()

PRETALX = json.dumps(
    {
        "count": 1,
        "next": None,
        "results": [
            {
                "id": 3,
                "room": {"id": 1, "name": {"en": "R", "de": "R"}, "capacity": 9},
                "start": "2025-03-30T11:30:00+02:00",
                "end": "2025-03-30T13:00:00+02:00",
                "duration": 90,
                "submission": {
                    "code": "AAA",
                    "title": "T",
                    "state": "confirmed",
                    "do_not_record": False,
                    "speakers": [{"code": "BBB", "name": "Ada"}],
                },
            }
        ],
    }
).encode()

INDICO = json.dumps(
    {
        "_type": "HTTPAPIResult",
        "results": [
            {
                "_type": "Conference",
                "title": "Day",
                "timezone": "Europe/Berlin",
                "contributions": [
                    {
                        "_type": "Contribution",
                        "id": "4",
                        "title": "T",
                        "room": "R",
                        "duration": 90,
                        "startDate": {"date": "2025-03-30", "time": "11:30:00", "tz": "Europe/Berlin"},
                        "endDate": {"date": "2025-03-30", "time": "13:00:00", "tz": "Europe/Berlin"},
                        "speakers": [{"first_name": "Ada", "last_name": "B", "affiliation": "C"}],
                    }
                ],
            }
        ],
    }
).encode()

SESSIONIZE = json.dumps(
    {
        "sessions": [
            {
                "id": "11",
                "title": "T",
                "startsAt": "2025-03-30T11:30:00",
                "endsAt": "2025-03-30T13:00:00",
                "isServiceSession": False,
                "speakers": ["s1"],
                "roomId": 5,
                "status": "Accepted",
            }
        ],
        "speakers": [{"id": "s1", "fullName": "Ada"}],
        "rooms": [{"id": 5, "name": "R", "sort": 0}],
    }
).encode()

ICALENDAR = b"""\
BEGIN:VCALENDAR\r
VERSION:2.0\r
PRODID:-//made up//EN\r
X-WR-CALNAME:Day\r
X-WR-TIMEZONE:Europe/Berlin\r
BEGIN:VEVENT\r
UID:a@example.org\r
DTSTART;TZID=Europe/Berlin:20250330T113000\r
DTEND;TZID=Europe/Berlin:20250330T130000\r
RRULE:FREQ=DAILY;COUNT=3\r
EXDATE;TZID=Europe/Berlin:20250331T113000\r
SUMMARY:T\r
LOCATION:R\r
DESCRIPTION:Speaker: Ada\\nText\r
END:VEVENT\r
END:VCALENDAR\r
"""

SCHED = b"""\
BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//day2025.sched.com//Sched.com Day//EN
X-WR-CALNAME:Day
X-WR-TIMEZONE:Europe/Berlin
BEGIN:VEVENT
UID:0123456789abcdef
DTSTART:20250330T093000Z
DTEND:20250330T110000Z
SUMMARY:T
CATEGORIES:R
DESCRIPTION:Speakers: Ada\\, Bo\\n
URL:https://day2025.sched.com/event/1
END:VEVENT
END:VCALENDAR
"""

_EPISODE = b"""<?xml version="1.0"?><dublincore xmlns="http://www.opencastproject.org/xsd/1.0/dublincore/"
 xmlns:dcterms="http://purl.org/dc/terms/"><dcterms:creator>Ada</dcterms:creator><dcterms:title>T</dcterms:title>
<dcterms:spatial>R</dcterms:spatial></dublincore>"""
_PROPERTIES = b"event.location=R\nevent.title=T\norg.opencastproject.workflow.definition=fast\n"

OPENCAST = (
    b"BEGIN:VCALENDAR\r\nPRODID:Opencast Calendar File 0.5\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\n"
    b"DTSTAMP:20250101T000000Z\r\nDTSTART:20250330T093000Z\r\nDTEND:20250330T110000Z\r\nSUMMARY:T\r\nUID:e1\r\n"
    b"LOCATION:R\r\nATTACH;FMTTYPE=application/xml;VALUE=BINARY;ENCODING=BASE64;X-APPLE-FILENAME=episode.xml:"
    + base64.b64encode(_EPISODE)
    + b"\r\nATTACH;FMTTYPE=application/text;VALUE=BINARY;ENCODING=BASE64;"
    b"X-APPLE-FILENAME=org.opencastproject.capture.agent.properties:"
    + base64.b64encode(_PROPERTIES)
    + b"\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
)

OPENCAST_JSON = json.dumps(
    [
        {
            "data": {
                "eventId": "e1",
                "agentId": "R",
                "startDate": "2025-03-30T09:30:00Z",
                "endDate": "2025-03-30T11:00:00Z",
                "presenters": ["Ada"],
                "agentConfig": {"event.title": "T", "event.location": "R"},
            },
            "episode-dublincore": _EPISODE.decode(),
        }
    ]
).encode()

CSV = b"Datum;Beginn;Ende;Raum;Titel;Referentin;Aufzeichnung\n30.03.2025;11:30;13:00;R;T;Ada;nein\n"


def workbook(
    sheets: Mapping[str, Sequence[Sequence[object]]], *, merged: Sequence[str] = (), base_1904: bool = False
) -> bytes:
    """An XLSX file. Cells are texts or numbers; ``(number, style)`` shows a number as style 1 date, 2 time, 3 both."""
    strings: list[str] = []
    parts = {
        "[Content_Types].xml": "<Types/>",
        "xl/styles.xml": (
            "<styleSheet><numFmts><numFmt numFmtId='164' formatCode='dd\\.mm\\.yyyy'/>"
            "<numFmt numFmtId='165' formatCode='[$-407]dd/mm/yyyy hh:mm'/></numFmts><cellXfs><xf numFmtId='0'/>"
            "<xf numFmtId='164'/><xf numFmtId='20'/><xf numFmtId='165'/></cellXfs></styleSheet>"
        ),
    }
    listed = relations = ""
    for number, (name, rows) in enumerate(sheets.items(), start=1):
        listed += f"<sheet name='{name}' sheetId='{number}' r:id='rId{number}'/>"
        relations += f"<Relationship Id='rId{number}' Target='worksheets/sheet{number}.xml'/>"
        parts[f"xl/worksheets/sheet{number}.xml"] = _sheet(rows, strings, merged)
    flag = "1" if base_1904 else "0"
    parts["xl/workbook.xml"] = (
        f"<workbook xmlns:r='urn:r'><workbookPr date1904='{flag}'/><sheets>{listed}</sheets></workbook>"
    )
    parts["xl/_rels/workbook.xml.rels"] = f"<Relationships>{relations}</Relationships>"
    texts = "".join(f"<si><r><t>{text[:1]}</t></r><r><t>{text[1:]}</t></r></si>" for text in strings)
    parts["xl/sharedStrings.xml"] = f"<sst>{texts}</sst>"
    return archive(parts)


def archive(parts: dict[str, str]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as writer:
        for name, content in parts.items():
            writer.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return file.getvalue()


def _sheet(rows: Sequence[Sequence[object]], strings: list[str], merged: Sequence[str]) -> str:
    text = ""
    for number, row in enumerate(rows, start=1):
        text += f"<row r='{number}'>"
        for column, cell in enumerate(row):
            place = f"r='{chr(65 + column)}{number}'"
            if isinstance(cell, tuple):
                text += f"<c {place} s='{cell[1]}'><v>{cell[0]}</v></c>"
            elif isinstance(cell, str) and cell:
                strings.append(cell)
                text += f"<c {place} t='s'><v>{len(strings) - 1}</v></c>"
            elif isinstance(cell, int | float):
                text += f"<c {place}><v>{cell}</v></c>"
        text += "</row>"
    cells = "".join(f"<mergeCell ref='{reference}'/>" for reference in merged)
    return f"<worksheet><sheetData>{text}</sheetData><mergeCells>{cells}</mergeCells></worksheet>"


XLSX = workbook(
    {"Programme": [["Date", "Start", "Minutes", "Room", "Title"], [(45746, 1), (0.479166667, 2), 90, "R", "T"]]}
)

FEEDS = {
    "toml": TOML,
    "frab-xml": FRAB_XML,
    "schedule-json": SCHEDULE_JSON,
    "pretalx": PRETALX,
    "indico": INDICO,
    "sessionize": SESSIONIZE,
    "icalendar": ICALENDAR,
    "sched": SCHED,
    "opencast": OPENCAST,
    "csv": CSV,
    "xlsx": XLSX,
}
"""By the name of the format; where a zone is needed it is Europe/Berlin."""
