"""Keeps what headings said about the rows below them: the place, the split, whose rows they are,
until the next heading.
"""

from __future__ import annotations

from dataclasses import field, replace
from typing import Final

from lossreport import regex as re
from lossreport.reading.kit.names import is_metric_like, split_name
from lossreport.reading.lines.bars import GLUED_BAR
from lossreport.reading.lines.owners import Owner
from lossreport.reading.lines.place_words import RULE, Kind, Place
from lossreport.reading.lines.row import TextRow
from lossreport.reading.lines.sections import Section
from lossreport.values import dataclass

ORDER: Final = (
    Kind.ROUND,
    Kind.EPISODE,
    Kind.EPOCH,
    Kind.STEP,
    Kind.ITERATION,
    Kind.BATCH,
    Kind.SAMPLE,
)
"""Kinds of places from the widest to the narrowest: a heading of one ends what was said of narrower
ones.
"""
PLACE_REACH: Final = 400
"""Lines below a heading for which its place counts: an epoch may print hundreds of rows, a whole
file of them is of another loop.
"""
SECTION_REACH: Final = 3
"""Lines between the heading of a section and its first row: below a key of a configuration none
follows at once.
"""
SECTION_GAP: Final = 8
"""Lines between the rows of a section: tables of classes, paths of files."""
SHARED: Final = re.compile(
    r"(?:aggregate\w{0,4}(?P<eval>[_ ]eval)?|global|server|central|federated|overall|fedavg|"
    r"combined)",
    re.IGNORECASE,
)
"""A line that begins so speaks for all clients; Flower says `aggregate_evaluate: received 3
results`.
"""
ABOVE: Final = -2
"""The token of an owner that a heading names."""
TRAINED: Final = re.compile(r"loss", re.IGNORECASE)
DIGITS: Final = re.compile(r"[\d.]+")
SHAPE: Final = 40
"""Lines that begin alike but for their numbers are counted as one: `Reading annotation for
101/4952`.
"""


@dataclass(kw_only=True)
class Scope:
    """What the headings above a line say."""

    places: dict[Kind, Place] = field(default_factory=dict)
    split: str = ""
    loaded: bool = False
    entity: Owner | None = None
    run: Owner | None = None
    begun: bool = False
    idle: int = 0
    since: int = 0
    bulleted: bool = False
    summary: bool = False
    trained: bool = False
    told: bool = False
    shape: str = ""
    awaits: bool = False
    counted: tuple[str, int | None, float, bool] | None = None

    @property
    def is_empty(self) -> bool:
        """Whether no heading above says anything of the rows below."""
        says = self.places or self.split or self.loaded or self.summary or self.bulleted
        return not says and self.entity is None and self.run is None

    def see(self, text: str, row: TextRow | None) -> bool:
        """Take in a line that is no row of metrics; returns whether it is a heading with a
        place.
        """
        self.since += row is None or not row.is_bar
        awaited, self.awaits = self.awaits, text.rstrip().endswith(AWAITS)
        if shared := SHARED.match(text.lstrip(BULLETS)):
            self.entity = None
            if shared["eval"]:
                self.split, self.idle, self.begun = "eval", 0, False
        answers = (
            awaited
            and row is not None
            and row.section is not None
            and row.section.sums
            and not row.places
        )
        if row is None or row.section is None or answers:
            # `Loading the data...`, below it `- done`
            self._pass_by(text, row)
            return False
        self._heads(row, ruled=RULED.fullmatch(text) is not None)
        return bool(row.places)

    def _heads(self, row: TextRow, *, ruled: bool = False) -> None:
        """Take in a heading: whose rows follow, where, of which split; one between rules heads the
        values of its batch too.
        """
        for owner in row.owners:
            self.begun = False
            if owner.is_run:
                self.run, self.entity, self.places = owner, None, {}
            else:
                self.entity = owner
        for place in row.places:
            self._narrow(place.kind)
            if place.kind not in (Kind.BATCH, Kind.SAMPLE) or _is_banner(row, place, ruled=ruled):
                # a line of progress heads nothing
                self.places[place.kind] = place
        self.since = 0 if row.places else self.since
        if row.place(Kind.ROUND) is not None and not row.owners:
            self.entity = None
        if row.section is not None and (self.trained or not row.section.loads):
            # before the training a saved model is where it begins
            self._begin(row.section, placed=bool(row.places))

    def _begin(self, section: Section, *, placed: bool) -> None:
        """Begin the section that a heading names."""
        self.summary = section.sums
        if not section.sums and not section.split and not placed:
            return
        self.split = "" if section.ends or section.sums else section.split
        self.loaded = section.loads and not section.sums
        self.idle, self.begun = 0, False

    def _narrow(self, kind: Kind) -> None:
        for narrower in ORDER[ORDER.index(kind) :]:
            self.places.pop(narrower, None)

    def _pass_by(self, text: str, row: TextRow | None) -> None:
        """Count a line without a metric; a section whose rows do not follow at once was a key of a
        configuration.
        """
        if not text.strip(" \t-=*_#~.") or (row is not None and (row.is_bar or row.pairs)):
            return
        shape, self.shape = self.shape, DIGITS.sub("", text[:SHAPE])
        self.idle += shape != self.shape
        if self.idle > (SECTION_GAP if self.begun else SECTION_REACH) and not self.loaded:
            self.split = ""
        if self.bulleted and self.begun:
            self.entity, self.bulleted = None, False

    def applied(self, row: TextRow) -> TextRow:
        """Return a row of metrics with what the headings above it say and it does not."""
        row = self._apart(row)
        self._leave(row)
        if row.section is not None and row.places and not row.section.loads:
            self._heads(row)  # `Epoch 3/10 lr: 0.01` is a row and heads those below
        if self.bulleted and not row.bulleted:
            self.entity = None  # the list under `Client 3:` has ended
        self.idle, self.begun, self.bulleted = 0, True, row.bulleted
        split = row.split or self.split
        self.trained = self.trained or split in ("", "train")
        return replace(
            row,
            places=(*row.places, *self._above(row)),
            split=split,
            owners=(*row.owners, *self._owners(row)),
        )

    def _apart(self, row: TextRow) -> TextRow:
        """Return a message that a bar left no line of its own as one below its heading: the bar
        counts the epochs that the heading names.
        """
        if Kind.EPOCH not in self.places or not any(
            place.word == GLUED_BAR for place in row.places
        ):
            return row
        return replace(
            row,
            places=tuple(place for place in row.places if place.word != GLUED_BAR),
            is_bar=False,
        )

    def owned(self, row: TextRow) -> TextRow:
        """Return a row with whose it is by the headings above, and nothing else of them."""
        return replace(row, owners=(*row.owners, *self._owners(row)))

    def _leave(self, row: TextRow) -> None:
        """End a section at a row that says its own split or place; of a saved model that is
        inspected at one with a loss.
        """
        self.since += 1
        own = row.place(Kind.EPOCH, Kind.ROUND, Kind.EPISODE) is not None
        if self.loaded:
            if row.split == "train" or any(TRAINED.search(pair.name) for pair in row.pairs):
                self.split, self.loaded = "", False
        elif self.split and not row.split and (own or self._goes_on(row) or self._is_outside(row)):
            self.split = ""
        self.told = self.split != "" and not row.places
        if row.split in ("", "train") and self.split in ("", "train") and row.counter is not None:
            self.counted = (row.counter.word, row.counter.of, row.counter.x, row.is_bar)
        for place in row.places:
            if self._is_other(place):
                self._narrow(place.kind)

    def _is_outside(self, row: TextRow) -> bool:
        """Return whether a row with a counter follows rows of the section that had none: the
        section has told what it had to tell.
        """
        return self.told and row.counter is not None and not _says_split(row)

    def _is_other(self, place: Place) -> bool:
        held = self.places.get(place.kind)
        return held is None or held.x != place.x

    def _goes_on(self, row: TextRow) -> bool:
        """Return whether a row counts on where the training before the section stood."""
        counter = row.counter
        if counter is None or self.counted is None:
            return False
        word, of, x, is_bar = self.counted
        ahead = counter.x > x or (counter.x == x and row.is_bar and is_bar)
        return (counter.word, counter.of) == (word, of) and ahead

    def _above(self, row: TextRow) -> list[Place]:
        if not self.places or self.since > PLACE_REACH:
            return []
        kinds = [place.kind for place in row.places]
        widest = min((ORDER.index(kind) for kind in kinds), default=len(ORDER))
        if row.counter is not None:
            # it has a counter: that of a heading is another one
            widest = min(widest, ORDER.index(Kind.STEP))
        other = any(
            split_name(pair.name, row.split or self.split)[0] not in ("", "train")
            for pair in row.pairs
        )
        above = [
            place
            for kind, place in self.places.items()
            if kind not in kinds and ORDER.index(kind) < widest
        ]
        return [
            place
            for place in above
            if not (other and (place.word == RULE or place.kind is Kind.BATCH))
        ]

    def _owners(self, row: TextRow) -> list[Owner]:
        own = {owner.is_run for owner in row.owners}
        above = (
            owner
            for owner in (self.run, self.entity)
            if owner is not None and owner.is_run not in own
        )
        return [owner._replace(first=ABOVE) for owner in above]


AWAITS: Final = ("...", "…")
BULLETS: Final = " \t->*=[#"


def heads_all(text: str) -> bool:
    """Return whether a line speaks for all clients, or announces the one below it."""
    return text.rstrip().endswith(AWAITS) or SHARED.match(text.lstrip(BULLETS)) is not None


RULED: Final = re.compile(r"\s{0,40}[-=*#~]{2,80}[^-=*#~]{1,80}[-=*#~]{2,80}\s{0,40}")
"""`---- batch: 010 ----`."""


def _is_banner(row: TextRow, place: Place, *, ruled: bool) -> bool:
    """Return whether a batch stands in a heading above its values: `[Epoch 0, Batch 10]`, its word
    written out and no total beside it.
    """
    return (
        place.kind is Kind.BATCH
        and (row.epoch is not None or ruled)
        and bool(place.word)
        and place.of is None
        and not row.is_bar
    )


def _says_split(row: TextRow) -> bool:
    """Return whether the names of a row say of which split they are, and that it is not the
    training.
    """
    named = {split_name(pair.name, "")[0] for pair in row.pairs if is_metric_like(pair.name)}
    return bool(named) and named.isdisjoint(("", "train"))
