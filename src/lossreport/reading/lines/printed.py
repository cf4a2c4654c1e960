"""Puts the tables that are printed between the lines of a log where the log stands."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import field

from lossreport.model.run import Axis
from lossreport.reading.kit.table_rows import Stand, Tables, placed
from lossreport.reading.kit.table_state import TableRow
from lossreport.reading.lines.row import TextRow
from lossreport.reading.lines.scope import Scope
from lossreport.reading.lines.where import Standing, Where
from lossreport.reading.lines.writing import Writing
from lossreport.reading.parser import Record
from lossreport.values import dataclass


@dataclass(kw_only=True)
class Printed:
    """Follows the tables of one log; a row of one that names no place stands below the heading or
    the row above it.
    """

    scope: Scope
    standing: Standing
    writing: Writing
    tables: Tables = field(default_factory=Tables)
    _seen: Counter[str] = field(default_factory=Counter)

    def put(self, rows: Sequence[TableRow]) -> Iterator[Record]:
        """Write the rows of a table at their own place, or where the log stands."""
        for row in rows:
            for one in placed(row, self._stand(row)):
                self.writing.columns.add(one.key, one.x, one.value, one.line, one.epoch, one.of)
            if row.axis is Axis.EPOCH:
                self.standing.at, self.standing.inside = Where(Axis.EPOCH, row.x), False
                if math.isfinite(row.of):
                    yield from self.writing.remarks.plan("epochs", int(row.of), row.cells[0].line)
            self.standing.rows += 1

    def _stand(self, row: TableRow) -> Stand:
        """Return where the log stands: at the heading or the last row above, or else at the count
        of tables with that name.
        """
        above = self.scope.applied(TextRow())
        where = self.standing.where(above, passed=False) if above.places else self.standing.at
        name = row.cells[0].name
        self._seen[name] += row.axis is None
        if where is None or where.axis is Axis.ROW:
            return Stand(Axis.ROW, float(self._seen[name] - 1), split=above.split)
        if where.nested and math.isfinite(where.epoch):
            return Stand(Axis.EPOCH, where.epoch, split=above.split)
        return Stand(where.axis, where.x, where.epoch, above.split)
