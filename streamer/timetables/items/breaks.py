"""Recognises breaks and service items, which are listed and not captured.

A talk that counts as a break is not recorded, so a title must consist only of these words: “Lunch and coffee” is a
break, “Lunch with the board” is not.
"""

from __future__ import annotations

import re
import unicodedata

_PLAIN = frozenset({"break", "breaks", "service", "service session"})
"""Types that mean a break and need no remark."""

_WORDS_OF_BREAKS = """
    break breaks coffee tea lunch breakfast brunch dinner supper snack snacks refreshments registration check-in checkin
    recess intermission
    pause pausen mittagspause kaffeepause teepause mittagessen fruehstueck frühstück abendessen registrierung anmeldung
    einlass mittag umbaupause
    pause-café pause-déjeuner déjeuner petit-déjeuner goûter dîner inscription enregistrement
    descanso pausa almuerzo desayuno cena merienda acreditación registro café comida
    pranzo colazione registrazione
    pauze koffiepauze lunchpauze theepauze lunch ontbijt diner inschrijving registratie koffie
    frokost frokostpause kaffepause morgenmad aftensmad indskrivning registrering kaffe pauser
    paus rast fika lunchpaus fikapaus kaffepaus frukost middag incheckning eftermiddagsfika
    lunsj lunsjpause matpause
    intervalo almoço jantar credenciamento pequeno-almoço coffee-break
    przerwa obiad rejestracja kawowa obiadowa
    tauko lounas kahvitauko lounastauko ilmoittautuminen kahvi
    přestávka oběd registrace
"""
_WORDS_BETWEEN = """
    and & + / - – the a short long morning afternoon evening midday mid-morning time networking day open opens opening
    und kurze lange große am vormittag nachmittag
    et de du midi matin après-midi petit
    y e la el del para
    en met och og med
    first second
"""
_WORDS = frozenset(_WORDS_OF_BREAKS.split())
_FILLERS = frozenset(_WORDS_BETWEEN.split())
_TALKS = frozenset({"session", "talk", "lecture", "keynote", "workshop", "presentation", "panel"})
_SPLIT = re.compile(r"[\s,;:()·|]+|(?<=\w)/(?=\w)")
_PICTOGRAPHS = frozenset({"So", "Sk", "Mn", "Cf"})


def why_a_break(*, type: str, track: str, title: str, has_speakers: bool) -> str | None:
    """Why an item is a break, empty if its type says so; None if it is not a break."""
    for text in (type, track):
        if _folded(text) in _PLAIN:
            return ""
    for what, text in (("type", type), ("track", track)):
        if _only_break_words(text):
            return f"its {what} is “{text.strip()[:60]}”"
    if has_speakers or _folded(type) in _TALKS:
        return None
    own = title.rpartition(": ")[2]  # “Main conference: lunch”
    return "its title says so" if _only_break_words(own) else None


def _only_break_words(text: str) -> bool:
    if len(text) > 80:
        return False
    words = [word for word in _SPLIT.split(_folded(text)) if word and not word.isdigit()]
    return any(word in _WORDS for word in words) and all(word in _WORDS or word in _FILLERS for word in words)


def _folded(text: str) -> str:
    """Without case, pictographs and punctuation at the ends."""
    plain = "".join(c for c in unicodedata.normalize("NFC", text) if unicodedata.category(c) not in _PICTOGRAPHS)
    return " ".join(plain.casefold().split()).strip(".!?:*_ ")
