"""One room's slate: the loop shown while the channel has no picture, and the channel's position in the loop."""

from __future__ import annotations

from streamer.core.channel.channel import EPSILON, Channel, Entry, Span, SpanKind
from streamer.core.channel.chunks import Loop, SlateText
from streamer.core.channel.slate_span import SlateSpan
from streamer.core.jobs.live_format import LiveFormat
from streamer.core.jobs.renditions import by_variant


class RoomSlate:
    """``wanted`` are the names of the renditions that viewers know."""

    def __init__(self, wanted: tuple[str, ...]) -> None:
        self.loop: Loop | None = None
        self.format: LiveFormat | None = None
        self._wanted = wanted
        self._text: SlateText | None = None
        self._shown: tuple[SlateSpan, Span] | None = None

    def show(self, channel: Channel, loop: Loop, format: LiveFormat, text: SlateText) -> None:
        """Use this slate from the next segment onwards; it continues seamlessly if it was shown last."""
        self.loop, self.format, self._text = loop, format, text
        last = channel.last
        if self._shown is None and last is not None and last.kind is SpanKind.SLATE:
            layout = SlateSpan.after(loop, next(iter(last.files.values())))
            if layout is not None:
                self._shown = (layout, channel.spans[last.span])

    def publish(self, channel: Channel, edge: float, until: float, *, same: bool = False) -> Entry | None:
        """One segment from ``edge`` to ``until`` at most (wall time, Unix s); None if not one part fits.

        ``same``: continue the slate that was shown, even if a newer one exists.
        """
        if self.loop is None or self.format is None:
            return None
        layout, span = self._goes_on(channel, edge, same=same) or (SlateSpan(self.loop, edge), None)
        cut = layout.next(until)
        if cut is None:
            return None
        if span is None:
            inits = by_variant(self.format, self._wanted, self.loop.inits)
            span = channel.open_span(SpanKind.SLATE, inits, self.format, self._text)
            self._shown = (layout, span)
        files = by_variant(span.format or self.format, self._wanted, cut.files)
        return channel.publish(span, cut.start, cut.duration, files)

    def _goes_on(self, channel: Channel, edge: float, *, same: bool) -> tuple[SlateSpan, Span] | None:
        """The slate that ends at ``edge``, if it can be continued."""
        if self._shown is None or self.loop is None:
            return None
        layout, span = self._shown
        last = channel.last
        ends_there = last is not None and last.span == span.number and abs(last.end - edge) < EPSILON
        wanted = same or layout.loop.key == self.loop.key
        return self._shown if ends_there and wanted and not layout.closed else None


def last_slate(channel: Channel) -> tuple[SlateText, LiveFormat] | None:
    """The text and format of the newest slate that is still published."""
    newest_first = sorted(channel.spans.items(), reverse=True)
    return next(((s.text, s.format) for _, s in newest_first if s.text and s.format), None)
