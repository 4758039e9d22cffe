"""Recurrence rules (RFC 5545, RRULE): from the text to local times.

A rule may be endless or never match, so it is evaluated day by day, up to a horizon and within a budget shared by the
whole file. Rules finer than a day are refused, because sessions do not repeat by the hour.
"""

from __future__ import annotations

import calendar
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import product

_WEEKDAYS = {name: number for number, name in enumerate(("MO", "TU", "WE", "TH", "FR", "SA", "SU"))}
_FREQUENCIES = ("DAILY", "WEEKLY", "MONTHLY", "YEARLY")
_TIMES_A_DAY = 100


class OutOfBudget(Exception):
    """The rules of a file exceed the budget."""


class Budget:
    """The number of days that may still be evaluated."""

    def __init__(self, days: int) -> None:
        self._days = days

    def spend(self, days: int) -> None:
        self._days -= days
        if self._days < 0:
            raise OutOfBudget


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """Weekdays are (ordinal or 0, weekday from Monday); ``until`` is a day or a time, as in the rule."""

    frequency: str
    interval: int = 1
    count: int | None = None
    until: str = ""
    months: tuple[int, ...] = ()
    weeks: tuple[int, ...] = ()
    year_days: tuple[int, ...] = ()
    month_days: tuple[int, ...] = ()
    weekdays: tuple[tuple[int, int], ...] = ()
    hours: tuple[int, ...] = ()
    minutes: tuple[int, ...] = ()
    seconds: tuple[int, ...] = ()
    positions: tuple[int, ...] = ()
    week_start: int = 0


def read_rule(text: str) -> Rule:
    """Raises ValueError for an invalid rule, and for rules finer than a day."""
    parts = dict(part.strip().upper().split("=", 1) for part in text.split(";") if "=" in part)
    frequency = parts.get("FREQ", "")
    if frequency not in _FREQUENCIES:
        if frequency in ("HOURLY", "MINUTELY", "SECONDLY"):
            raise ValueError(f"it repeats {frequency.lower()}, finer than a day")
        raise ValueError("its rule has no known FREQ")
    interval, count = _number(parts.get("INTERVAL", "1")), parts.get("COUNT")
    if interval < 1:
        raise ValueError("its INTERVAL is less than 1")
    rule = Rule(
        frequency=frequency,
        interval=interval,
        count=_number(count) if count is not None else None,
        until=parts.get("UNTIL", ""),
        months=_numbers(parts, "BYMONTH", 1, 12),
        weeks=_numbers(parts, "BYWEEKNO", -53, 53),
        year_days=_numbers(parts, "BYYEARDAY", -366, 366),
        month_days=_numbers(parts, "BYMONTHDAY", -31, 31),
        weekdays=tuple(map(_weekday, filter(None, parts.get("BYDAY", "").split(",")))),
        hours=_numbers(parts, "BYHOUR", 0, 23),
        minutes=_numbers(parts, "BYMINUTE", 0, 59),
        seconds=_numbers(parts, "BYSECOND", 0, 59),
        positions=_numbers(parts, "BYSETPOS", -366, 366),
        week_start=_WEEKDAYS.get(parts.get("WKST", "MO"), 0),
    )
    if max(len(rule.hours), 1) * max(len(rule.minutes), 1) * max(len(rule.seconds), 1) > _TIMES_A_DAY:
        raise ValueError(f"it repeats more than {_TIMES_A_DAY} times a day")
    return rule


def local_times(rule: Rule, start: datetime, last: date, budget: Budget) -> Iterator[datetime]:
    """The times of a rule in order, up to a day; ``start`` is always the first.

    Local, without a zone. The caller applies COUNT and UNTIL. Raises OutOfBudget.
    """
    yield start
    hours, minutes = rule.hours or (start.hour,), rule.minutes or (start.minute,)
    times = [time(*one) for one in product(hours, minutes, rule.seconds or (start.second,))]
    for days in _periods(rule, start.date(), last):
        budget.spend(len(days) + 1)
        chosen = [day for day in days if _matches(rule, day, start.date())]
        budget.spend(len(chosen) * len(times))
        moments = sorted(datetime.combine(day, one) for day, one in product(chosen, times))
        if rule.positions:
            picked = {p - 1 if p > 0 else len(moments) + p for p in rule.positions}
            moments = [moment for index, moment in enumerate(moments) if index in picked]
        yield from (moment for moment in moments if moment > start)


def begins_with(rule: Rule, start: datetime) -> bool:
    """Whether the rule matches the day of its start."""
    return _matches(rule, start.date(), start.date())


def _periods(rule: Rule, first: date, last: date) -> Iterator[list[date]]:
    """The days of each period in the rule's interval."""
    if rule.frequency in ("DAILY", "WEEKLY"):
        length = 7 if rule.frequency == "WEEKLY" else 1
        day = first - timedelta(days=(first.weekday() - rule.week_start) % 7 if length == 7 else 0)
        step = timedelta(days=length * min(rule.interval, 100_000))
        while day <= last:
            yield [day + timedelta(days=n) for n in range(length)]
            day += step
    elif rule.frequency == "MONTHLY":
        number = first.year * 12 + first.month - 1
        while number <= last.year * 12 + last.month - 1:
            yield _month(number // 12, number % 12 + 1)
            number += rule.interval
    else:
        for year in range(first.year, last.year + 1, rule.interval):
            months = sorted(set(_yearly_months(rule, first)))
            yield [day for month in months for day in _month(year, month)]


def _yearly_months(rule: Rule, first: date) -> tuple[int, ...]:
    if rule.months:
        return rule.months
    return tuple(range(1, 13)) if rule.weeks or rule.year_days or rule.month_days or rule.weekdays else (first.month,)


def _month(year: int, month: int) -> list[date]:
    return [date(year, month, day) for day in range(1, calendar.monthrange(year, month)[1] + 1)]


def _matches(rule: Rule, day: date, first: date) -> bool:
    if rule.months and day.month not in rule.months:
        return False
    if not (rule.weeks or rule.year_days or rule.month_days or rule.weekdays):
        match rule.frequency:
            case "WEEKLY":
                return day.weekday() == first.weekday()
            case "MONTHLY" | "YEARLY":
                return day.day == first.day
        return True
    if rule.weeks and not _is_week(rule.weeks, day):
        return False
    year_length = 366 if calendar.isleap(day.year) else 365
    year_day = day.timetuple().tm_yday
    if rule.year_days and not {year_day, year_day - year_length - 1} & set(rule.year_days):
        return False
    month_length = calendar.monthrange(day.year, day.month)[1]
    if rule.month_days and not {day.day, day.day - month_length - 1} & set(rule.month_days):
        return False
    if not rule.weekdays:
        return bool(rule.year_days or rule.month_days) or day.weekday() == first.weekday()
    whole_year = rule.frequency == "YEARLY" and not rule.months
    place, length = (year_day, year_length) if whole_year else (day.day, month_length)
    ordinals = {0, (place - 1) // 7 + 1, -((length - place) // 7 + 1)}
    if rule.frequency in ("DAILY", "WEEKLY"):
        ordinals = set(range(-53, 54))  # ordinals have no meaning there
    return any(weekday == day.weekday() and ordinal in ordinals for ordinal, weekday in rule.weekdays)


def _is_week(weeks: tuple[int, ...], day: date) -> bool:
    year, week, _ = day.isocalendar()
    last = date(year, 12, 28).isocalendar().week
    return year == day.year and bool({week, week - last - 1} & set(weeks))


def _weekday(text: str) -> tuple[int, int]:
    name, ordinal = text[-2:], text[:-2].removeprefix("+")
    if name not in _WEEKDAYS:
        raise ValueError(f"its BYDAY has an invalid day “{text[:20]}”")
    number = _number(ordinal) if ordinal else 0
    if not -53 <= number <= 53:
        raise ValueError(f"its BYDAY has an invalid day “{text[:20]}”")
    return number, _WEEKDAYS[name]


def _numbers(parts: dict[str, str], name: str, least: int, most: int) -> tuple[int, ...]:
    numbers = tuple(_number(text) for text in parts.get(name, "").split(",") if text.strip())
    if any(not least <= number <= most or (number == 0 and least < 0) for number in numbers) or len(numbers) > 400:
        raise ValueError(f"its {name} is beyond {least} to {most}")
    return numbers


def _number(text: str) -> int:
    if len(text) > 9:
        raise ValueError("its rule has a number that is too long")
    try:
        return int(text)
    except ValueError:
        raise ValueError(f"its rule has “{text[:20]}” for a number") from None
