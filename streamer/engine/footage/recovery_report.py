"""Reports what a start found in a data folder, in numbers and in a sentence for the log and the crew."""

from __future__ import annotations

from dataclasses import dataclass, field

from streamer.core.base.alarm import Alarm
from streamer.core.base.words import counted


@dataclass(slots=True, kw_only=True)
class Report:
    """The findings in numbers; ``faults`` in sentences."""

    rebooted: bool = False
    interrupted: int = 0
    checked: int = 0
    adopted: int = 0
    indexed: int = 0
    swept: int = 0
    again: int = 0
    faults: list[str] = field(default_factory=list)

    @property
    def is_news(self) -> bool:
        """Whether the report is worth logging."""
        return bool(self.interrupted or self.adopted or self.indexed or self.swept or self.again or self.faults)

    @property
    def is_alarming(self) -> bool:
        """Whether to raise an alarm."""
        return self.rebooted or bool(self.faults)

    def alarm(self) -> Alarm:
        return Alarm(
            id="recovery",
            severity="error" if self.faults else "warning",
            message=self.sentence(),
            hint="see each recording's report for gaps; to read every file again, run: streamer recordings verify",
        )

    def sentence(self) -> str:
        """The report as a sentence, for the log and the crew."""
        when = "after a power cut" if self.rebooted else "after an end without notice"
        worst = f": {self.faults[0]}" if self.faults else ""
        parts = [
            (self.interrupted, "capture had been interrupted", "captures had been interrupted"),
            (self.adopted, "unknown take was found", "unknown takes were found"),
            (self.indexed, "segment had not been indexed", "segments had not been indexed"),
            (self.again, "recording is made again", "recordings are made again"),
            (self.swept, "left-over file was deleted", "left-over files were deleted"),
        ]
        checked = f"{counted(self.checked, 'segment')} checked, {len(self.faults)} damaged{worst}"
        return "; ".join([f"{when}: {checked}", *(counted(*part) for part in parts if part[0])])
