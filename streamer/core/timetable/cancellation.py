"""Recognises that an item is cancelled, by its title or by a word for its status, in the languages of conferences.

A talk that counts as cancelled is not captured, so a title must say it clearly: “Cancelled: Colour pipelines”,
“[Cancelled] Colour pipelines” and “Colour pipelines (cancelled)” do, “Cancelled flights: a study” does not.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from itertools import pairwise

_WORDS_FOR_CANCELLED = """
    cancelled canceled
    abgesagt entfallen entfällt storniert
    annulé annulée annulés annulées
    cancelado cancelada cancelados canceladas anulado anulada
    annullato annullata cancellato cancellata
    geannuleerd afgelast vervalt
    aflyst aflyste
    inställt inställd inställda
    avlyst avlyste kansellert
    odwołane odwołany odwołana odwołano anulowane anulowany anulowana
    peruttu peruutettu peruuntunut perutaan
    zrušeno zrušen zrušena zrušený zrušené
"""
_WORDS_OF_TWO = {"called off", "fällt aus"}
_WORDS_BESIDE = """
    session talk lecture keynote workshop panel event presentation course meeting item this the is was has been
    now sorry
    vortrag veranstaltung sitzung kurs dieser diese der die das ist wurde wird leider
    conférence présentation atelier séance est a été cette
    charla sesión ponencia taller ha sido está esta
    sessione evento è stato stata
    lezing sessie is
    foredrag oplæg er
    föredrag är
    sessão palestra foi
    wykład wykłady jest został
    luento on
    přednáška je byla
"""
_BRACKETS = {pair[0]: pair[1] for pair in ("[]", "()", "{}", "<>", "【】", "«»", "**", "__", "~~")}
_OPENING = {closing: opening for opening, closing in _BRACKETS.items()}
_PUNCTUATION = ":!–—- "
_LONGEST = 80
_SEPARATED = re.compile(r"\s*(?:[:!|]|\s[-/]+\s|\s*[–—]|\.\s|[-*]{2,})[\s:!|–—*-]*")
_LAST_SEPARATOR = re.compile(r"\s*(?:[:|]|\s-+\s|[–—])\s*(?=[^:|–—]*$)")
_REASON = re.compile(
    r"[\s,;:.–—-]+(?:due|because|as|since|wegen|aufgrund|da|weil|pour|por|per|wegens|på|z|kvůli)\b.*|\s*[,;:–—-]\s.*"
)
_WORD = re.compile(r"[^\W_]+")
_ORNAMENT = frozenset({"So", "Sk", "Cf"})


def _folded(text: str) -> str:
    """Without case and accents, which not every keyboard has."""
    plain = unicodedata.normalize("NFKD", text.casefold()).replace("ł", "l").replace("ø", "o")
    return "".join(c for c in plain if not unicodedata.combining(c))


_WORDS = frozenset(_folded(_WORDS_FOR_CANCELLED).split())
_PAIRS = frozenset(map(_folded, _WORDS_OF_TWO))
_BESIDE = frozenset(_folded(_WORDS_BESIDE).split())
_STEMS = {word[:4] for word in (*_WORDS_FOR_CANCELLED.split(), *_WORDS_OF_TWO, *_WORDS, *_PAIRS)}
_HINT = re.compile("|".join(sorted(_STEMS)))
"""A title without any of these stems is not looked at more closely: there are thousands."""


def says_cancelled(status: str) -> bool:
    """Whether a status, such as that of an iCalendar event or of a table's column, means cancelled."""
    folded = _folded(status[:_LONGEST])
    return _only_words(folded) or any(word in _WORDS for word in _WORD.findall(folded)[:1])


def without_mark(title: str) -> str | None:
    """The title without the mark that it is cancelled, empty if there is nothing else; None if it has no mark."""
    return _without_mark(title) if _HINT.search(title.casefold()) else None


@lru_cache(maxsize=4096)
def _without_mark(title: str) -> str | None:
    text = _without_ornaments(title)
    if not text:
        return None
    return _bracketed(text) if (found := _marked(text)) is None else found


def is_marked(title: str) -> bool:
    return without_mark(title) is not None


def plain_title(title: str) -> str:
    """The title by which an item is known, cancelled or not."""
    return without_mark(title) or title


def _marked(text: str) -> str | None:
    """Marked by a word before or after it, without brackets."""
    if _only_words(_folded(text.strip(" .!*_~-–—:"))):
        return ""
    if (found := _SEPARATED.search(text)) and _only_words(_folded(text[: found.start()])):
        return text[found.end() :].strip()
    for number in (1, 2, 3):  # in capital letters, which the rest of the title has not
        *first, rest = text.split(maxsplit=number)
        if len(first) == number and not rest.isupper() and _is_in_capitals(" ".join(first)):
            return rest
    last = _LAST_SEPARATOR.search(text)
    if last is not None and _is_in_capitals(text[last.end() :]):
        return text[: last.start()].strip()
    return None


def _is_in_capitals(text: str) -> bool:
    return text.isupper() and _only_words(_folded(text))


def _bracketed(text: str) -> str | None:
    """Marked by a word in brackets at one of its ends."""
    if (closing := _BRACKETS.get(text[0])) is not None:
        inside, _, after = text.lstrip(text[0]).partition(closing)
        if after and _says_why(inside):
            return after.lstrip(f"{closing}{_PUNCTUATION}")
    if (opening := _OPENING.get(text[-1])) is not None:
        before, _, inside = text.rstrip(text[-1]).rpartition(opening)
        if before and _says_why(inside):
            return before.rstrip(f"{opening}{_PUNCTUATION}")
    return None


def _says_why(text: str) -> bool:
    """Whether what is in brackets says only that it is cancelled, perhaps with a reason."""
    folded = _folded(text)
    return _only_words(folded) or _only_words(_REASON.sub("", folded, count=1))


def _only_words(folded: str) -> bool:
    words = _WORD.findall(folded)
    if not 0 < len(words) <= 6:
        return False
    has_pair = any(pair in _PAIRS for pair in map(" ".join, pairwise(words)))
    known = _WORDS | _BESIDE | ({word for pair in _PAIRS for word in pair.split()} if has_pair else set())
    return (has_pair or any(word in _WORDS for word in words)) and all(word in known for word in words)


def _without_ornaments(title: str) -> str:
    """Without pictographs and blanks at the ends; full-width punctuation becomes plain."""
    if len(title) > 300:
        return ""
    return "".join(c for c in unicodedata.normalize("NFKC", title) if unicodedata.category(c) not in _ORNAMENT).strip()
