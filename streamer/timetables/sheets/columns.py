"""The content of a table's columns: as declared, or by header in many languages."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from types import MappingProxyType

from streamer.core.base.errors import TimetableError
from streamer.timetables.items.text import line
from streamer.timetables.sheets.cells import Row, shown

_HEADERS: Mapping[str, tuple[str, ...]] = {
    "id": ("id", "guid", "uid", "session id", "talk id", "code", "key", "nr", "no", "number", "nummer", "número"),
    "title": (
        "title", "session title", "talk title", "titel", "titre", "título", "titulo", "titolo", "tytuł", "otsikko",
        "title of talk", "presentation title", "vortragstitel", "intitulé", "rubrik", "overskrift", "subject", "thema",
        "sujet", "emne", "ämne", "onderwerp", "argomento", "talk", "session", "presentation", "vortrag", "beitrag",
        "programmpunkt", "charla", "sesión", "ponencia", "oplæg", "foredrag", "indlæg", "föredrag", "lezing", "sessie",
        "programpunkt", "punkt", "activity", "aktivitet", "event", "item", "what", "session name", "name",
        "artist", "performance", "summary",
        "proposal title", "tittel", "název", "tema", "название", "タイトル", "题目", "标题", "programma", "programme",
        "program", "titre de la présentation", "topic title", "paper title", "paper", "agenda item", "agenda",
        "content",
    ),
    "room": (
        "room", "room name", "raum", "saal", "salle", "sala", "lokale", "lokal", "zaal", "ruimte", "rum", "sal",
        "location", "venue", "hall", "stage", "bühne", "hörsaal", "amphi", "scène", "scene", "aula", "where", "place",
        "ort", "lieu", "lugar", "sted", "plats", "locatie", "luogo", "salon", "huone",
        "room location", "location room", "místnost", "rom", "sali", "sal navn", "зал", "会場", "room number",
        "session room", "auditorium", "auditorio", "auditório", "posizione",
    ),
    "date": (
        "date", "datum", "fecha", "dato", "data", "start date", "startdatum", "date de début", "fecha de inicio",
        "startdato", "day", "tag", "jour", "día", "dia", "dag", "giorno", "päivä",
        "datum uhrzeit", "дата", "日付", "日期", "date session", "session date", "data i godzina", "päivämäärä",
        "giorno data",
    ),
    "start": (
        "start", "start time", "starttime", "starts", "starts at", "startsat", "begin", "begins", "begin time",
        "beginn", "startzeit", "anfang", "anfangszeit", "début", "debut", "heure de début", "hora de inicio", "inicio",
        "comienzo", "starttid", "aanvang", "starttijd", "begintijd", "inizio", "ora di inizio", "ora inizio", "dtstart",
        "start datetime", "start date time", "from", "von", "de", "fra", "från", "van", "da", "time", "uhrzeit", "zeit",
        "heure", "horaire", "hora", "tid", "tidspunkt", "kl", "klokkeslæt", "tijd", "ora", "orario", "when", "alku",
        "time start", "start at", "begins at", "begin at", "scheduled at", "started", "hora inicio", "hora início",
        "hora de início", "inicio hora", "início", "heure début", "heure debut", "debut heure", "alkaa",
        "alkamisaika", "klokkeslett", "godzina", "czas", "čas", "začátek", "hodina", "начало", "время", "開始", "开始",
        "orario inizio", "startklokkeslæt", "begin tijd", "uhrzeit von", "zeit von", "von uhrzeit", "slot",
        "timeslot", "time slot", "tidspunkt start", "starttidspunkt", "hour", "hours", "horario", "horarios",
    ),
    "end": (
        "end", "end time", "endtime", "ends", "ends at", "endsat", "finish", "finishes", "ende", "endzeit", "fin",
        "heure de fin", "hora de fin", "slut", "sluttid", "einde", "eindtijd", "fine", "ora di fine", "ora fine",
        "dtend", "end datetime", "end date time", "until", "till", "to", "bis", "schluss", "à", "jusqu'à", "hasta",
        "til", "tot", "a", "stop", "loppu",
        "time end", "end at", "finish at", "finish time", "hora fin", "hora fim", "hora de término", "término", "fim",
        "heure fin", "fin heure", "päättyy", "päättymisaika", "koniec", "konec", "конец", "окончание", "終了", "结束",
        "orario fine", "slutter", "sluttidspunkt", "ferdig", "eind tijd", "uhrzeit bis", "zeit bis", "bis uhrzeit",
        "fina",
    ),
    "end_date": (
        "end date", "enddatum", "date de fin", "fecha de fin", "fecha fin", "slutdato", "slutdatum", "einddatum",
        "data fine", "data de término", "data fim", "end day",
    ),
    "all_day": (
        "all day event", "all day", "allday", "ganztägig", "ganztägiges ereignis", "toute la journée",
        "journée entière", "todo el día", "heldags", "heldagsbegivenhed", "hele dagen", "tutto il giorno",
    ),
    "timezone": (
        "timezone", "time zone", "tz", "zeitzone", "fuseau horaire", "zona horaria", "tidszone", "tidssone", "tijdzone",
        "fuso orario", "fuso horário",
    ),
    "duration": (
        "duration", "dauer", "durée", "duree", "duración", "duracion", "varighed", "varighet", "varaktighet", "duur",
        "durata", "length", "länge", "længde", "längd", "lengte", "minutes", "minuten", "minutos", "minutter",
        "minuter", "min", "mins", "kesto",
        "scheduled duration", "duração", "kesto min", "czas trwania", "délka", "длительность", "minuti",
        "time needed", "lengde",
    ),
    "speakers": (
        "speakers", "speaker", "speaker names", "speaker name", "speaker(s)", "presenters", "presenter", "referent",
        "referentin", "referenten", "referierende", "vortragende", "vortragender", "sprecher", "intervenants",
        "intervenant", "intervenante", "orateur", "conférencier", "conférenciers", "ponentes", "ponente", "oradores",
        "talere", "taler", "oplægsholder", "oplægsholdere", "foredragsholder", "foredragsholdere", "talare",
        "föreläsare", "sprekers", "spreker", "relatore", "relatori", "authors", "author", "who", "host", "hosts",
        "speakername", "puhuja",
        "presenter s", "speaker s", "palestrante", "palestrantes", "orador", "oradora", "prelegent", "prelegenci",
        "přednášející", "докладчик", "спикер", "登壇者", "発表者", "föredragshållare", "innleder", "chair", "moderator",
        "facilitator", "facilitators", "dozent", "dozentin", "lecturer", "speakers names",
    ),
    "affiliation": (
        "affiliation", "organisation", "organization", "institution", "company", "firma", "empresa",
        "affiliations", "institute", "università", "universität", "tilknytning",
    ),
    "abstract": (
        "abstract", "description", "summary", "beschreibung", "zusammenfassung", "résumé", "resume", "descripción",
        "resumen", "beskrivelse", "beskrivning", "omschrijving", "beschrijving", "samenvatting", "descrizione",
        "details", "detail", "full detail", "contenido", "contenu", "inhalt", "innhold", "indhold", "opis", "popis",
        "описание", "説明", "content", "bio",
    ),
    "type": (
        "type", "session type", "kind", "format", "art", "typ", "soort", "tipo", "category", "kategorie", "kategori",
        "catégorie", "categoría", "categorie",
        "proposal type", "item type", "event type", "session format",
    ),
    "track": (
        "track", "strang", "theme", "thème", "spor", "spår", "topic",
        "tracks", "schedule track", "track name", "spor navn",
    ),
    "record": (
        "record", "recording", "recorded", "may record", "recording allowed", "record ok", "aufzeichnung",
        "aufzeichnen", "aufnahme", "enregistrement", "enregistrer", "grabación", "grabar", "optagelse", "optages",
        "inspelning", "opname", "opnemen", "registrazione", "opptak",
        "record session", "may be recorded", "record talk", "ok to record", "optag",
    ),
    "no_record": (
        "do not record", "no recording", "no record", "recording opt out", "opt out", "optout", "not recorded",
        "keine aufzeichnung", "nicht aufzeichnen", "ne pas enregistrer", "no grabar", "optag ikke", "niet opnemen",
        "spela inte in",
    ),
    "stream": (
        "stream", "streaming", "streamed", "livestream", "live stream", "live", "may stream", "streaming allowed",
        "übertragung", "diffusion", "transmisión", "streames", "direktsändning",
    ),
    "no_stream": ("do not stream", "no streaming", "no stream", "kein stream", "nicht streamen", "niet streamen"),
    "status": (
        "status", "state", "session status", "talk status", "zustand", "statut", "état", "estado", "stato", "stav",
        "tila", "cancelled", "canceled", "is cancelled", "abgesagt", "entfällt", "annulé", "cancelado", "annullato",
        "geannuleerd", "aflyst", "inställt", "avlyst", "odwołane", "peruttu", "zrušeno",
    ),
    "break": ("break", "breaks", "is break", "service session", "pause", "pausen", "paus", "pauze", "pausa"),
}  # fmt: skip
"""Known headers, the clearest first: of two columns with possibly the same content, the clearer one is used."""

_RANKS = {name: {header: rank for rank, header in enumerate(headers)} for name, headers in _HEADERS.items()}
_NONE: Mapping[str, str] = MappingProxyType({})
_OF_A_SESSION = frozenset(
    ("session", "talk", "event", "proposal", "presentation", "lecture", "scheduled", "planned", "sesión", "séance")
)
_ROWS_TO_THE_HEADER = 30
_MOST_COLUMNS = 500
_BRACKETED = re.compile(r"[(\[].*?[)\]]")
_CAMEL = re.compile(r"(?<=[a-zà-ÿ])(?=[A-Z])")
_BETWEEN = re.compile(r"[\s_\-./:*#&]+")
_ORDER = re.compile(r"\b(dd?|mm?|tt?|jj(?:jj)?|yy(?:yy)?|aa(?:aa)?|åå(?:åå)?)[./-](dd?|mm?|tt?)[./-]?", re.I)


def find_columns(rows: Sequence[Row], declared: Mapping[str, str]) -> tuple[int, dict[str, int]] | None:
    """The number of the header's row and the columns by content; None if no header is recognised.

    Raises TimetableError if a declared column is missing.
    """
    best: tuple[int, dict[str, int]] | None = None
    for number, row in enumerate(rows[:_ROWS_TO_THE_HEADER]):
        columns = recognised([shown(cell) for cell in row.cells], declared)
        if len(columns) > (len(best[1]) if best else 0):
            best = number, columns
    by_place = {name: place for name, text in declared.items() if (place := _place(text)) is not None}
    if best is None or (len(best[1]) < 2 and not (best[1] and declared)):
        if not by_place or by_place.keys() != declared.keys():
            missing = [name for name in declared if name not in by_place]
            if missing:
                raise _absent(missing[0], declared[missing[0]], rows)
            return None
        best = -1, {}
    number, columns = best
    for name, text in declared.items():
        if name in columns:
            continue
        if name not in by_place:
            raise _absent(name, text, rows)
        columns[name] = by_place[name]
    return number, columns


def recognised(headers: Sequence[str], declared: Mapping[str, str] = _NONE) -> dict[str, int]:
    """The columns' contents, by their headers; a declared header takes precedence over a known one."""
    columns: dict[str, int] = {}
    wanted = {_normal(text): name for name, text in declared.items()}
    normals = [_normal(header) for header in headers[:_MOST_COLUMNS]]
    for index, normal in enumerate(normals):
        name = wanted.get(normal) if normal else None
        if name is not None:
            columns.setdefault(name, index)
    taken = set(columns.values())
    for name, ranks in _RANKS.items():
        if name in declared:
            continue
        fitting = [
            (rank, index)
            for index, normal in enumerate(normals)
            if index not in taken and (rank := _rank(ranks, normal)) is not None
        ]
        if fitting:
            columns[name] = min(fitting)[1]
            taken.add(columns[name])
    return columns


def _rank(ranks: Mapping[str, int], normal: str) -> int | None:
    """A header's rank, lowest for the clearest: “Session start” is a less clear start than “Start”."""
    if normal in ranks:
        return ranks[normal]
    first, _, rest = normal.partition(" ")
    return ranks[rest] + len(ranks) if first in _OF_A_SESSION and rest in ranks else None


def order_in_header(header: str) -> str | None:
    """The order of dates that a header such as “Date (dd/mm/yyyy)” states: dmy, mdy or ymd."""
    found = _ORDER.search(header)
    if found is None:
        return None
    letters = {"t": "d", "j": "y", "a": "y", "å": "y"}
    first, second = (letters.get(part[0].lower(), part[0].lower()) for part in found.groups())
    return {"dm": "dmy", "md": "mdy", "ym": "ymd"}.get(first + second)


def column_of(letters: str) -> int:
    """The number from 0 of a column with a spreadsheet's letters."""
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number - 1


def describe(rows: Sequence[Row]) -> str:
    """The first texts of a table, for an error message."""
    first = next((row for row in rows if sum(bool(shown(cell)) for cell in row.cells) > 1), None)
    cells = [line(shown(cell), 40) for cell in first.cells if shown(cell)] if first else []
    return ", ".join(f"“{cell}”" for cell in cells[:12]) or "none"


def _absent(name: str, text: str, rows: Sequence[Row]) -> TimetableError:
    return TimetableError(f"unknown column “{line(text, 60)}” for {name}", hint=f"the headers are {describe(rows)}")


def _place(text: str) -> int | None:
    """A column by its number from 1 or its letter."""
    text = text.strip()
    if text.isascii() and text.isdigit() and 0 < int(text[:5]) <= 1000:
        return int(text) - 1
    if re.fullmatch(r"[A-Z]{1,2}", text):
        return column_of(text)
    return None


def _normal(header: str) -> str:
    text = _CAMEL.sub(" ", unicodedata.normalize("NFC", header.strip())).casefold()
    if text in ("speaker(s)",):
        return "speakers"
    return _BETWEEN.sub(" ", _BRACKETED.sub(" ", text)).strip() if len(text) <= 80 else ""
