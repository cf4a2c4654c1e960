"""Says what the names of a row mean in its file: the split, the short name, whose the value is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from lossreport import regex as re
from lossreport.model.run import Entity, EntityKind
from lossreport.reading.kit.names import SCORE, SPLITS, split_name
from lossreport.reading.lines.pairs import Pair
from lossreport.reading.lines.row import TextRow
from lossreport.reading.lines.scope import ABOVE
from lossreport.reading.lines.survey import LOSS, Survey

CLASS: Final = re.compile(r"class[ _#-]{0,2}\d", re.IGNORECASE)
UNNAMED: Final = "value"
"""What is printed under the name of a split alone: `Train: 0.91, Val: 0.78, Test: 0.80`."""


@dataclass(kw_only=True)
class Values:
    """What the names of rows mean, by the survey of the file."""

    survey: Survey

    def meaning(self, pair: Pair, row: TextRow) -> tuple[str, str]:
        """Return (split, name) of a pair: what its own name says counts before what the line
        says.
        """
        if pair.name.lower() in SPLITS:
            return SPLITS[pair.name.lower()], LOSS if self.survey.meanings.get(pair.name, ("", ""))[
                1
            ] == LOSS else UNNAMED
        split, short = self.survey.meanings.get(pair.name) or split_name(pair.name, "")
        if row.lead in self.survey.leads and len(self.survey.leads) == 1:
            short = f"{short} ({row.lead})"  # beside rows without such a word
        default = "val" if self._is_of_class(row) and SCORE.fullmatch(short) else "train"
        return split or pair.split or row.split or self.survey.scores.get(pair.name, default), short

    def _is_of_class(self, row: TextRow) -> bool:
        """Return whether a row tells of one of several classes: their scores are those of an
        evaluation, unless the row says otherwise.
        """
        named = row.lead in self.survey.leads and CLASS.match(row.lead) is not None
        return named or (
            "label" in self.survey.owners
            and any(owner.kind == EntityKind.LABEL for owner in row.owners)
        )

    def splits(self, row: TextRow) -> set[str]:
        """Return the splits of the values of a row."""
        return {self.meaning(pair, row)[0] for pair in row.pairs}

    def names(self, row: TextRow) -> set[str]:
        """Return the short names of a row."""
        return {self.meaning(pair, row)[1] for pair in row.pairs}

    def owner(self, row: TextRow) -> tuple[Entity | None, str]:
        """Return (whose a row is, the run it is of), as far as the file tells several apart."""
        entity, run = None, ""
        if row.lead in self.survey.leads and len(self.survey.leads) > 1:
            entity = Entity(kind=EntityKind.LABEL, value=row.lead)
        for owner in row.owners:
            if owner.kind not in self.survey.owners or (
                owner.first == ABOVE and owner.kind in self.survey.labelled
            ):
                continue
            if owner.is_run:
                run = owner.label if self.survey.runs else run
            elif entity is None:
                entity = Entity(kind=EntityKind(owner.kind), value=owner.value)
        return entity, run
