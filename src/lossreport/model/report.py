"""A report before a language and a format are chosen: sections of blocks. `compose` makes it,
`render` turns it into text.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Any, Final, Literal

from lossreport.model.analysis import Analysis, Finding, Severity
from lossreport.model.run import Floats, Ints
from lossreport.text import Phrase, Text, Value
from lossreport.values import dataclass

NUMBERS: Final = "①②③④⑤"
"""What keys the events of the first screen to their bands in its figure."""

Tone = Literal["good", "info", "low", "medium", "high", "critical"]


# ------------------------------------------------------------------------------------------- charts
@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Curve:
    """One series of a chart: raw points, and the robust line through them where there are enough
    rows (None: markers only).

    `breaks` are the rows after which a new segment starts: no line is drawn across. Of a mean,
    `band` is the lowest and the highest of what it is taken over, row by row.
    """

    name: str
    x: Floats
    y: Floats
    smooth: Floats | None = None
    breaks: tuple[int, ...] = ()
    band: tuple[Floats, Floats] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """A horizontal reference line; `label` holds names, numbers and units only ("ln 65536 =
    11.09").
    """

    y: float
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A flagged row, never thinned away; `label` holds numbers only."""

    x: float
    y: float
    severity: Severity
    label: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """A stretch of the axis where something happened; `label` is its number in the text."""

    first: float
    last: float
    label: str
    severity: Severity


@dataclass(frozen=True, slots=True, kw_only=True)
class Star:
    """The best place of a curve, by which a checkpoint is chosen."""

    x: float
    y: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LineChart:
    """Curves over one axis. `scale` is chosen by rule in `compose`; `rules` are x where a segment
    starts; `x_title` names the axis.

    `below` are panels under the chart on the same axis, whose bands and rules run through all; a
    panel is told by its `name`. A `small` chart is one of many that are compared at a glance, over
    one `x_range`.
    """

    id: str
    curves: tuple[Curve, ...]
    scale: Literal["linear", "log", "symlog"] = "linear"
    levels: tuple[Level, ...] = ()
    marks: tuple[Mark, ...] = ()
    rules: tuple[float, ...] = ()
    unit: str = ""
    linthresh: float = 1.0
    bands: tuple[Band, ...] = ()
    star: Star | None = None
    x_title: str = ""
    name: str = ""
    below: tuple[LineChart, ...] = ()
    small: bool = False
    x_range: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ShareChart:
    """Stacked bars of shares (0..1) for each row: `shares[i][j]` is the share of term i in row j;
    each column sums to 1.
    """

    id: str
    x: Floats
    names: tuple[str, ...]
    shares: tuple[Floats, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ScatterChart:
    """Rows as points of two metrics, by group (0, 1, ... and -1 for rows of no group); `labels` are
    the rows' x.
    """

    id: str
    x_name: str
    y_name: str
    x: Floats
    y: Floats
    groups: Ints
    labels: tuple[str, ...]
    log: bool = True


ChartSpec = LineChart | ShareChart | ScatterChart


# ------------------------------------------------------------------------------------------- blocks
@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Spark:
    """A table cell that shows the shape of a series; NaN leaves a gap. `flagged` are rows to
    mark.
    """

    y: Floats
    flagged: tuple[int, ...] = ()


Cell = Value | Spark


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """The head of a table column; numbers are aligned right."""

    title: Text | Phrase
    align: Literal["left", "right"] = "left"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Row:
    """One row of a table; a `tone` marks it, with a shape besides the colour."""

    cells: tuple[Cell, ...]
    tone: Tone | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Brief:
    """What of a text a page shows at once, in whole sentences, and what it folds away; other
    formats show the text as it is.
    """

    seen: Phrase
    rest: Phrase | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Prose:
    """One paragraph."""

    text: Phrase


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Table:
    """Rows under titled columns; the caption says what the table answers. `folded` tables are
    closed until asked for.

    Where small charts can be drawn, `panels` stand for the rows, each under its title: curves are
    compared by looking at them.
    """

    caption: Phrase
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    folded: bool = False
    panels: tuple[Chart, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Chart:
    """A drawing with its title and, made from the same findings, what it shows in words.

    `brief` where there is no room for a drawing: one line of block characters a curve. Where others
    say around it what it shows, a page leaves the words to those who hear it and shows the
    `caption` alone.
    """

    title: Phrase
    alternative: Phrase
    spec: ChartSpec
    brief: bool = False
    told: bool = False
    caption: Phrase | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Callout:
    """A statement set apart: the verdict, a warning. A page shows the `brief` form of its body
    where there is one.
    """

    tone: Tone
    title: Phrase
    body: tuple[Phrase, ...] = ()
    brief: Brief | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingList:
    """Findings with their evidence and hypotheses; `names` gives what to print for series and
    source ids.

    `brief` leaves evidence and hypotheses to the full list, to which each entry links; `numbered`
    puts before each the number of its band in the figure.
    """

    findings: tuple[Finding, ...]
    names: Mapping[str, str] = field(default_factory=dict)
    brief: bool = False
    numbered: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One thing to do and why; `because` are finding ids to link to, `code` is one line to type.

    A page shows the `brief` form where there is one, and folds code, reasons and source away with
    the rest.
    """

    text: Phrase
    because: tuple[str, ...] = ()
    source: str = ""
    code: str = ""
    brief: Brief | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Steps:
    """Things to do, in order. So many stand `opened` on a page (all where it is None)."""

    steps: tuple[Step, ...]
    opened: int | None = None


Block = Prose | Table | Chart | Callout | FindingList | Steps


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A titled part of the report; `id` is the anchor. `answer` is its one-line summary, before any
    detail.

    `of` is the id of the run it tells about, where the report has several. So many of its blocks
    stand `opened` (all where it is None); the others are behind a fold for who asks for more than
    the answer.
    """

    id: str
    title: Text
    blocks: tuple[Block, ...]
    answer: Phrase | None = None
    of: str = ""
    opened: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Meta:
    """What the report is about: its title, and the version of lossreport that wrote it. No clock,
    no host, no path of this machine.

    Owner, tags, link and notes are the user's words; `notes` is Markdown and is made harmless by
    the renderers.
    """

    title: Phrase
    version: str
    owner: str = ""
    tags: tuple[str, ...] = ()
    link: str = ""
    notes: str = ""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Report:
    """Sections of blocks over an analysis. The first section is the first screen: is it all right,
    what to do.

    `short` is the answer in a few lines, the same words, for places that hold no page: ticket and
    terminal. `extra` is what the JSON holds besides the analysis: of a comparison, its numbers.
    """

    analysis: Analysis
    meta: Meta
    sections: tuple[Section, ...]
    short: tuple[Block, ...] = ()
    extra: Mapping[str, Any] = field(default_factory=dict)

    def _repr_html_(self) -> str:
        """Return the report for the cell of a notebook."""
        from lossreport.api import in_notebook

        return in_notebook(self)
