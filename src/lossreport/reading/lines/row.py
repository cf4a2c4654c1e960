"""What one line of text says: where it stands, whose it is, of which split, and its names and
numbers.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field, replace
from typing import Final

from lossreport import regex as re
from lossreport.reading.kit.dict_lines import BRACES, ITEM
from lossreport.reading.kit.names import SPLITS, is_metric_like
from lossreport.reading.kit.rows import INSTANT, number
from lossreport.reading.lines.bars import GLUED_BAR, bar_of, place_of
from lossreport.reading.lines.labels import label_of, labels_of, lead_of, with_splits
from lossreport.reading.lines.memories import remembered
from lossreport.reading.lines.owners import Owner, owners
from lossreport.reading.lines.pairs import Pair, coco_pair, spots
from lossreport.reading.lines.place_words import RULE, Kind, Place
from lossreport.reading.lines.places import places
from lossreport.reading.lines.prefix import Message, message_of
from lossreport.reading.lines.sections import Section, heading_of
from lossreport.reading.lines.tokens import Token, tokens
from lossreport.values import dataclass

WRAPPED: Final = re.compile(
    r"(?:tensor|np\.float\d{1,3}|numpy\.float\d{1,3}|(?:Device)?[aA]rray|"
    r"jnp\.float\d{1,3})\(\[{0,3}\s{0,4}(?P<value>[-+]?(?:\d[\d.]{0,30}(?:[eE][-+]?\d{1,3})?|"
    r"\.\d{1,30}|nan|inf))\.?\]{0,3}(?:,[^()]{0,200}(?:\([^()]{0,80}\))?[^()]{0,80})?\)",
    re.IGNORECASE,
)
"""`tensor(0.5, device='cuda:0', grad_fn=<MeanBackward0>)`."""
TENSOR: Final = re.compile(r"<tf\.Tensor: [^>]{0,80}numpy=(?P<value>[-+.\deE]{1,30}|nan|inf)>")
RULED: Final = re.compile(r"\s{0,20}[-=*#~]{3,40}+ {0,3}(?P<x>\d{1,9}) {0,3}[-=*#~]{3,40}+\s{0,20}")
"""`----3-----` above the rows of a batch."""
TRIALS: Final = re.compile(r"\d(?:s/trial|trial/s)\b")
"""The bar of a search over hyperparameters counts trials; what it shows is the best of them so
far.
"""
GLUED: Final = re.compile(
    r"(?<=\])(?=\s{1,4}\d{1,3}%\|)|(?<=[\d\])])(?=(?:Epoch|EPOCH)\b)|(?<=[\d\])])(?=\[?(?:epoch|"
    r"[Ss]tep|[Ii]ter(?:ation)?|[Rr]ound|[Ee]pisode)[ :=#]{1,3}\d)"
    r"|(?<=[st?]\])(?=\s{0,9}\[?(?:[Ee]poch|EPOCH|[Ss]tep|[Ii]ter(?:ation)?|[Rr]ound|"
    r"[Ee]pisode)[ :=#\[]{1,3}\d)|(?<=[\d\]])(?=\d{4}-\d\d-\d\d \d\d:\d\d:\d\d|"
    r"\d\d/\d\d/\d{4} \d\d:\d\d:\d\d)"
)
"""Where another message begins on the same line, without a line break between: behind a bar, or by
another thread.
"""
ESTIMATOR: Final = re.compile(r"Saving dict for global step (?=\d{1,12}: )")
"""TensorFlow's Estimator says so what an evaluation gave."""
GROUPED: Final = re.compile(
    r"(?<![\w.])(?P<name>(?:[a-z]{1,12}_){0,2}loss)\[(?P<inside>"
    r"(?:[a-z]\w{0,30}=[-+\d.naife]{1,24}, ){1,16}over [\d.e+]{1,20} \w{1,12}\.?)[^\[\]]{0,40}\]"
)
"""`loss[loss=0.51, simple_loss=0.6, over 1000.00 frames. ]`, as icefall prints a batch, and
`tot_loss[..]` for the mean so far.
"""
GROUPED_PAIR: Final = re.compile(r"([a-z]\w{0,30})=([-+\d.naife]{1,24})")
SCORE: Final = re.compile(r"Score (?=at (?:iteration|epoch) \d{1,12} is )")
"""Deeplearning4j calls the loss its score."""
MOST_PIECES: Final = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class TextRow:
    """What one line says: its places with the totals printed beside them, its split ("" where
    unsaid), its pairs.

    `memories` are best values so far and the like; `owners` say whose the line is; `section` what
    it says of the lines below it, where it is a heading. `lead` are the words before the first
    name. `is_bar` marks a frame of a progress bar: the next frame of the same step replaces it.
    """

    places: tuple[Place, ...] = ()
    owners: tuple[Owner, ...] = ()
    split: str = ""
    pairs: tuple[Pair, ...] = field(default=())
    memories: tuple[Pair, ...] = ()
    section: Section | None = None
    is_bar: bool = False
    bulleted: bool = False
    lead: str = ""

    def place(self, *kinds: Kind) -> Place | None:
        """Return the first place of one of these kinds, None where there is none."""
        return next((place for place in self.places if place.kind in kinds), None)

    @property
    def counter(self) -> Place | None:
        """The narrow place of the line: a counter of the whole training by its name before one that
        may begin again.
        """
        counters = [place for place in self.places if place.kind in COUNTERS]
        return min(
            counters, key=lambda place: (not place.broad, COUNTERS.index(place.kind)), default=None
        )

    @property
    def epoch(self) -> float | None:
        """The epoch that the line names."""
        found = self.place(Kind.EPOCH)
        return None if found is None else found.x

    @property
    def epochs(self) -> int | None:
        """The number of epochs printed beside the epoch."""
        found = self.place(Kind.EPOCH)
        return None if found is None else found.of

    @property
    def step(self) -> float | None:
        """What the counter of the line shows."""
        found = self.counter
        return None if found is None else found.x

    @property
    def is_adversarial(self) -> bool:
        """Whether the pairs are the losses of two networks that are called by these alone: `d:
        0.52; gen: 1.20`.
        """
        names = {pair.name.lower() for pair in self.pairs}
        if names.isdisjoint(CRITICS) or names.isdisjoint(GENERATORS):
            return False
        return all(
            not float(pair.value).is_integer()
            for pair in self.pairs
            if pair.name.lower() in (CRITICS | GENERATORS)
        )

    @property
    def has_metric(self) -> bool:
        """Whether at least one pair is called like a metric, or several like splits: `train 1.7
        valid 1.9`; or one of a line without any other.
        """
        if any(is_metric_like(pair.name) for pair in self.pairs):
            return True
        splits = {pair.name.lower() for pair in self.pairs} & SPLITS.keys()
        alone = len(self.pairs) == len(splits) == 1
        return alone or len(splits) > 1 or self.is_adversarial


COUNTERS: Final = (Kind.STEP, Kind.ITERATION, Kind.BATCH, Kind.SAMPLE)


CRITICS: Final = frozenset(("d", "dis", "disc", "discriminator", "critic"))
GENERATORS: Final = frozenset(("g", "gen", "generator"))
"""What programs call the losses of the two networks of a GAN."""


def pieces(text: str) -> list[str]:
    """Return the messages of a line: one, unless another was written behind it without a line
    break.
    """
    if BEST_MODEL.match(text):
        return [text]
    cuts = [
        match.start() for match, _ in zip(GLUED.finditer(text), range(MOST_PIECES), strict=False)
    ]
    return (
        [text[start:end] for start, end in zip([0, *cuts], [*cuts, len(text)], strict=True)]
        if cuts
        else [text]
    )


def text_row(text: str, *, dicts: bool = False) -> TextRow | None:
    """Return what a line says, or None for a line that says neither where it stands nor a name with
    a number, and heads nothing.

    With `dicts` the numbers of a dict in the line count as well; it is a configuration otherwise.
    """
    if (best := BEST_MODEL.match(text)) is not None:
        row = text_row(text[best.end() :], dicts=dicts)
        return (
            replace(row, split="val")
            if row is not None and not row.split and _are_scores(row.pairs)
            else row
        )
    message = message_of(text)
    if (pair := coco_pair(message.text)) is not None:
        return TextRow(pairs=(pair,), split="val")
    if (ruled := RULED.fullmatch(text)) is not None:
        return TextRow(
            places=(Place(Kind.ITERATION, float(ruled["x"]), None, RULE, False, -1, -1),),
            section=Section(),
        )
    body, bar = bar_of(_with_dicts(message.text) if dicts else _without_dicts(message.text))
    if "(" in body or "<" in body:
        body = TENSOR.sub(r" \g<value>", WRAPPED.sub(r"\g<value>", body))
    if "loss[" in body:
        body = GROUPED.sub(_ungrouped, body)
    if (dl4j := SCORE.match(body)) is not None:
        body = f"loss {body[dl4j.end() :]}"
    elif (estimator := ESTIMATOR.match(body)) is not None:
        body = f"eval: global step {body[estimator.end() :]}"
    row = _row(tokens(body), message, bar)
    return _of_trials(row) if row is not None and row.is_bar and TRIALS.search(text) else row


BEST_MODEL: Final = re.compile(
    r"\s{0,4}\[ ?best[ _-](?:model|checkpoint|ckpt|weights)\b[\w ]{0,30}\]\s{0,3}[:|-]?",
    re.IGNORECASE,
)
"""`[Best Model Metrics] MAE: 2.1`: what is measured of the best state is measured on the set that
chose it.
"""


def _are_scores(pairs: Sequence[Pair]) -> bool:
    """Return whether a row holds measures and no loss, which may be of the training."""
    return bool(pairs) and all(
        not pair.split and is_metric_like(pair.name) and "loss" not in pair.name.lower()
        for pair in pairs
    )


def _of_trials(row: TextRow) -> TextRow:
    """Return the frame of a search: the best value so far is what it measures, the trials are what
    it counts.
    """
    pairs = tuple(pair._replace(name=pair.name.replace(" ", "_")) for pair in row.memories)
    places = tuple(
        place._replace(kind=Kind.ITERATION, word="trial", broad=True) for place in row.places
    )
    return replace(row, places=places, pairs=pairs if places and places[0].x else ())


def _row(found: Sequence[Token], message: Message, bar: Place | None) -> TextRow | None:
    memories = remembered(found)
    named = [place for place in places(found) if place.first not in memories]
    whose = [owner for owner in owners(found) if owner.first not in memories]
    spans = _spans(named) | _spans(whose)
    read = spots(found, spans, memories)
    labels = labels_of(found, read, memories)
    pairs = tuple(with_splits([spot for spot in read if not spot.memory], labels))
    first = min((spot.first for spot in read), default=len(found))
    row = TextRow(
        places=(*named, *place_of(bar, found, named)),
        owners=(*whose, *_more_owners(found, message, spans, labels)),
        split=next((split for at, split in reversed(labels) if at < first), ""),
        pairs=()
        if bar is not None and bar.x == 0 and bar.word != GLUED_BAR
        else pairs,  # nothing is done: what it shows is of the epoch before
        memories=tuple(spot.pair for spot in read if spot.memory),
        section=None if bar or memories or _measures(pairs) else heading_of(found, spans),
        is_bar=bar is not None,
        bulleted=message.bulleted,
        lead=lead_of(found[:first], spans) if pairs else "",
    )
    return row if row.places or row.owners or read or row.section is not None else None


def _spans(things: Sequence[Place] | Sequence[Owner]) -> dict[int, int]:
    """Return the first token of the place or owner that every token of one belongs to."""
    return {at: thing.first for thing in things for at in range(thing.first, thing.last + 1)}


def _more_owners(
    found: Sequence[Token],
    message: Message,
    spans: Mapping[int, int],
    labels: Sequence[tuple[int, str]],
) -> Iterator[Owner]:
    """Yield the rank that stands before the message, and what the row is about."""
    if message.rank:
        yield Owner("rank", message.rank, False, -1, -1)
    if (label := label_of(found, spans, labels)) is not None:
        yield label


def _measures(pairs: Sequence[Pair]) -> bool:
    """Return whether a line tells of metrics: it is a row then, no heading."""
    splits = {pair.name.lower() for pair in pairs} & SPLITS.keys()
    return bool(splits) or any(
        is_metric_like(pair.name) and not INSTANT.fullmatch(pair.name) for pair in pairs
    )


def _without_dicts(text: str) -> str:
    """Blank out `{...}`: a dict in a line of text is a configuration, or belongs to the parsers of
    dicts.
    """
    return BRACES.sub(" ", text) if "{" in text else text


def _with_dicts(text: str) -> str:
    """Write out the dicts of a line that hold metrics and nothing else, and blank out the
    others.
    """
    return BRACES.sub(_written_out, text) if "{" in text else text


def _ungrouped(match: re.Match[str]) -> str:
    """Return the pairs of `tot_loss[loss=0.5, simple_loss=0.6, over 1000 frames]` under the name
    before the bracket, the frames left out.
    """
    name, pairs = match["name"], GROUPED_PAIR.findall(match["inside"])
    prefix = name.removesuffix("loss")
    return (
        " "
        + ", ".join(
            f"{name if short == 'loss' else prefix + short}={value}" for short, value in pairs
        )
        + " "
    )


def _written_out(match: re.Match[str]) -> str:
    items = {
        item["name"]: number(item["text"] if item["v"] else item["bare"])
        for item in ITEM.finditer(match[0])
    }
    metrics = [name for name in items if is_metric_like(name)]
    if not items or None in items.values() or 2 * len(metrics) <= len(items):
        return " "
    return " " + ", ".join(f"{name}: {value}" for name, value in items.items()) + " "
