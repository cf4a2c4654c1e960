"""Gathers passes over other sets than that of the training: of their batches the last counts, or
the line behind that sums them up.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import field, replace
from typing import NamedTuple

from lossreport.reading.kit.passes import Passes
from lossreport.reading.lines.place_words import Kind, Place
from lossreport.reading.lines.row import TextRow
from lossreport.reading.lines.survey import Survey
from lossreport.reading.lines.tracks import sign_of
from lossreport.reading.lines.values import Values
from lossreport.values import dataclass

WIDE: Kind = Kind.EPOCH
KEPT = (Kind.EPOCH, Kind.ROUND, Kind.EPISODE)
"""Places of a pass that are places of the training; its own counter is none."""


class Held(NamedTuple):
    """A row with its line, and whether it is the last of a pass (its means are those of the pass)
    or the summary of one.
    """

    row: TextRow
    line: int
    passed: bool = False


@dataclass(kw_only=True)
class SubPasses:
    """The passes that go on; `means` says that their rows print the mean so far beside the
    value.
    """

    survey: Survey
    values: Values
    means: bool = False
    _passes: Passes[Held] = field(default_factory=Passes)

    def __bool__(self) -> bool:
        """Whether a pass goes on."""
        return bool(self._passes)

    def is_pass(self, row: TextRow) -> bool:
        """Return whether a row counts the batches of a pass that is not the training: its counter
        is no place on the axis of training.
        """
        counter = row.counter
        if counter is None or counter.broad:
            return False
        sign = sign_of(row)
        if self._is_other(row) or sign in self.survey.minor:
            return True
        if sign.split == "train":
            return False
        track = self.survey.tracks.get(sign)
        if track is not None and track.again:
            return True
        return counter.of is not None and not self._shares_total(row)

    def _is_other(self, row: TextRow) -> bool:
        """Return whether the total of a counter is that of another pass, though the row names no
        split.
        """
        counter = row.counter
        return counter is not None and counter.of in self.survey.others.get(sign_of(row), ())

    def _shares_total(self, row: TextRow) -> bool:
        """Return whether the training prints the same counter with the same total: a validation at
        a step of the training.
        """
        counter = row.counter
        training = self.survey.tracks.get(sign_of(replace(row, split="train")))
        return training is not None and counter is not None and counter.of in training.totals

    def hold(self, held: Held) -> None:
        """Take the next row of a pass."""
        row = held.row
        split = row.split or ("val" if self._is_other(row) else "")
        self.means = self.means or any(pair.mean is not None for pair in row.pairs)
        self._passes.hold(
            (split, self.values.owner(row)), Held(replace(row, split=split), held.line, passed=True)
        )

    def ends_at(self, row: TextRow) -> bool:
        """Return whether the passes end before a row that is none of them."""
        passing = {held.row.split or "train" for held in self._passes.held()}
        return row.counter is not None or bool(row.places) or self.values.splits(row) != passing

    def is_summary(self, row: TextRow) -> bool:
        """Return whether a row behind the batches of a pass tells its means: `* Acc@1 56.5`, `Valid
        Summary | Epoch 1 | Loss=..`.
        """
        held = self._passes.held()
        splits, passing = self.values.splits(row), {one.row.split or "train" for one in held}
        if row.counter is not None or not held:
            return False
        if "train" not in splits:
            # a pass without a split is of that of its summary
            return bool(splits & passing) or any(not one.row.split for one in held)
        unsaid = (
            splits == {"train"}
            and not row.split
            and row.place(WIDE) is None
            and "train" not in passing
        )
        return unsaid and bool(
            self._lower(row) & {name for one in held for name in self._lower(one.row)}
        )

    def _lower(self, row: TextRow) -> set[str]:
        return {name.lower() for name in self.values.names(row)}

    def summed(self, held: Held) -> Iterator[Held]:
        """Yield the means over the passes from the line behind them, and from their last batches
        only what that does not name.
        """
        passed = self._passes.end()
        splits = self.values.splits(held.row) - {"train"}
        split = min(splits) if splits else next((one.row.split for one in passed), "")
        named = self._lower(held.row)
        for one in passed:
            row = replace(one.row, split=one.row.split or split)
            rest = tuple(
                pair for pair in row.pairs if self.values.meaning(pair, row)[1].lower() not in named
            )
            if rest:
                yield one._replace(row=self._without_counter(replace(row, pairs=rest)))
        row = held.row if held.row.split or splits else replace(held.row, split=split)
        above = next((one.row for one in passed if one.row.epoch is not None), None)
        if row.place(WIDE) is None and above is not None:
            row = replace(row, places=tuple(place for place in above.places if place.kind is WIDE))
        yield Held(row, held.line, passed=self.means)

    def ended(self) -> Iterator[Held]:
        """Yield the last row of each pass: the means over the pass, or else its values."""
        for held in self._passes.end():
            yield held._replace(row=self._without_counter(held.row))

    def _without_counter(self, row: TextRow) -> TextRow:
        """Return a row with the places that are of the training; of several passes an epoch none
        stands at the epoch itself.
        """
        kept: list[Place] = [place for place in row.places if place.kind in KEPT]
        if self.survey.within:
            kept = [place for place in kept if place.kind is not WIDE]
        return replace(row, places=tuple(kept))
