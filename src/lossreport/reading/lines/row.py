"""What one line of text says: where it stands, whose it is, of which split, and its names and numbers."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

from lossreport.reading.kit.dict_lines import BRACES, ITEM
from lossreport.reading.kit.names import is_metric_like, split_name
from lossreport.reading.kit.rows import INSTANT, number
from lossreport.reading.lines.memories import remembered
from lossreport.reading.lines.naming import split_of_word
from lossreport.reading.lines.owners import Owner, owners
from lossreport.reading.lines.pairs import Pair, Spot, coco_pair, spots
from lossreport.reading.lines.places import Kind, Place, places
from lossreport.reading.lines.prefix import Message, message_of
from lossreport.reading.lines.sections import Section, heading_of
from lossreport.reading.lines.tokens import Token, tokens

WRAPPED: Final = re.compile(
    r"(?:tensor|np\.float\d{1,3}|numpy\.float\d{1,3}|(?:Device)?[aA]rray|jnp\.float\d{1,3})\(\[{0,3}\s{0,4}(?P<value>[-+]?(?:\d[\d.]{0,30}(?:[eE][-+]?\d{1,3})?|\.\d{1,30}|nan|inf))\.?\]{0,3}(?:,[^()]{0,200}(?:\([^()]{0,80}\))?[^()]{0,80})?\)",
    re.IGNORECASE,
)
"""`tensor(0.5, device='cuda:0', grad_fn=<MeanBackward0>)`."""
TENSOR: Final = re.compile(r"<tf\.Tensor: [^>]{0,80}numpy=(?P<value>[-+.\deE]{1,30}|nan|inf)>")
BAR: Final = re.compile(
    r"(?:\d{1,3}%)?\s{0,3}\|[^|]{0,400}\|\s{0,9}(?P<at>\d{1,12})/(?P<of>\d{1,12}|\?)\s{0,9}\[(?P<rest>[^\]]{0,4000})\]?"
)
"""A tqdm bar; what stands in its brackets behind the rate is the postfix."""
BARE_BAR: Final = re.compile(
    r"\s{0,40}(?:[^|%{}\d]{0,60}:?\s{0,4})?\d{1,3}%\|[^|]{0,400}\|\s{0,9}\d{1,12}/\d{1,12}\s{0,3}\[[\d:<?, .]{0,60}(?:it/s|s/it)?\]\s{0,40}"
)
"""A frame of a bar that shows nothing but how far it is: of a log with 58,000 of them none is looked at closely."""
OPEN_BAR: Final = re.compile(r"(?<![\w/.])(?P<at>\d{1,12})it \[(?P<rest>\d{1,4}:\d\d[^\]]{0,4000})\]")
"""A tqdm bar of unknown length: `45it [00:12,  3.7it/s, loss=0.5]`."""
KERAS_BAR: Final = re.compile(r"(?<![\w.])(?P<at>\d{1,12})/(?P<of>\d{1,12}|Unknown)\s{1,4}\[(?P<rest>[=>.#\- ]{3,80})\]")
RICH_BAR: Final = re.compile(r"[━╸╺╶]{3,200}\s{1,4}(?P<at>\d{1,12})/(?P<of>\d{1,12})(?P<rest>)")
GLUED: Final = re.compile(r"(?<=[\d\])])(?=(?:Epoch|EPOCH)\b)|(?<=[\d\]])(?=\d{4}-\d\d-\d\d \d\d:\d\d:\d\d|\d\d/\d\d/\d{4} \d\d:\d\d:\d\d)")
"""Where another message begins on the same line, without a line break between: behind a bar, or by another thread."""
SCORE: Final = re.compile(r"Score (?=at (?:iteration|epoch) \d{1,12} is )")
"""Deeplearning4j calls the loss its score."""
MOST_PIECES: Final = 8
LABEL_MARKS: Final = frozenset(":：[(|]=-–>")


@dataclass(frozen=True, slots=True, kw_only=True)
class TextRow:
    """What one line says: its places with the totals printed beside them, its split ("" where unsaid), its pairs.

    `memories` are best values so far and the like; `owners` say whose the line is; `section` what it says of the lines below it, where
    it is a heading. `is_bar` marks a frame of a progress bar: the next frame of the same step replaces it.
    """

    places: tuple[Place, ...] = ()
    owners: tuple[Owner, ...] = ()
    split: str = ""
    pairs: tuple[Pair, ...] = field(default=())
    memories: tuple[Pair, ...] = ()
    section: Section | None = None
    is_bar: bool = False
    bulleted: bool = False

    def place(self, *kinds: Kind) -> Place | None:
        """Return the first place of one of these kinds, None where there is none."""
        return next((place for place in self.places if place.kind in kinds), None)

    @property
    def counter(self) -> Place | None:
        """The narrow place of the line: a counter of the whole training by its name before one that may begin again."""
        counters = [place for place in self.places if place.kind in COUNTERS]
        return min(counters, key=lambda place: (not place.broad, COUNTERS.index(place.kind)), default=None)

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
    def has_metric(self) -> bool:
        """Whether at least one pair is called like a metric."""
        return any(is_metric_like(pair.name) for pair in self.pairs)


COUNTERS: Final = (Kind.STEP, Kind.ITERATION, Kind.BATCH, Kind.SAMPLE)


def pieces(text: str) -> list[str]:
    """Return the messages of a line: one, unless another was written behind it without a line break."""
    cuts = [match.start() for match, _ in zip(GLUED.finditer(text), range(MOST_PIECES), strict=False)]
    return [text[start:end] for start, end in zip([0, *cuts], [*cuts, len(text)], strict=True)] if cuts else [text]


def text_row(text: str, *, dicts: bool = False) -> TextRow | None:
    """Return what a line says, or None for a line that says neither where it stands nor a name with a number, and heads nothing.

    With `dicts` the numbers of a dict in the line count as well; it is a configuration otherwise.
    """
    message = message_of(text)
    if (pair := coco_pair(message.text)) is not None:
        return TextRow(pairs=(pair,), split="val")
    body, bar = _bar(_with_dicts(message.text) if dicts else _without_dicts(message.text))
    if "(" in body or "<" in body:
        body = TENSOR.sub(r" \g<value>", WRAPPED.sub(r"\g<value>", body))
    if (dl4j := SCORE.match(body)) is not None:
        body = f"loss {body[dl4j.end() :]}"
    return _row(tokens(body), message, bar)


def _row(found: Sequence[Token], message: Message, bar: Place | None) -> TextRow | None:
    memories = remembered(found)
    named = [place for place in places(found) if place.first not in memories]
    whose = [owner for owner in owners(found) if owner.first not in memories]
    ends = [(one.first, one.last) for one in named] + [(one.first, one.last) for one in whose]
    spans = {at: first for first, last in ends for at in range(first, last + 1)}
    read = spots(found, spans, memories)
    labels = _labels(found, spans, read, memories)
    kept = tuple(_of_splits([spot for spot in read if not spot.memory], labels))
    first = min((spot.first for spot in read), default=len(found))
    before = [split for at, split in labels if at < first]
    where = (*named, *_of_bar(found, named, bar))
    if message.rank:
        whose = [*whose, Owner("rank", message.rank, False, -1, -1)]
    label = _label(found, spans, labels)
    whose = whose if label is None else [*whose, label]
    section = None if bar or memories or any(is_metric_like(pair.name) for pair in kept) else heading_of(found, spans)
    if not where and not kept and not read and section is None and not whose:
        return None
    if bar is not None and bar.x == 0:  # nothing is done yet: what it shows is of the epoch before
        kept = ()
    return TextRow(
        places=where,
        owners=tuple(whose),
        split=before[-1] if before else "",
        pairs=kept,
        memories=tuple(spot.pair for spot in read if spot.memory),
        section=section,
        is_bar=bar is not None,
        bulleted=message.bulleted,
    )


def _label(found: Sequence[Token], spans: Mapping[int, int], labels: Sequence[tuple[int, str]]) -> Owner | None:
    """Return what a row is about: `cifar10  train : [loss = ..], valid : [..]`, `aeroplane --> mAP : 0.57`."""
    boxed = [at for at, _ in labels if [token.text for token in found[at + 1 : at + 3]] == [":", "["]]
    end = boxed[0] if len(boxed) > 1 else 1 if len(found) > 4 and found[1].kind == "arrow" and found[2].is_word else 0
    words = found[:end]
    if not words or len(words) > MOST_WORDS or any(not token.is_word for token in words) or any(at in spans for at in range(end)):
        return None
    return Owner("label", " ".join(token.text for token in words), False, 0, end - 1)


MOST_WORDS: Final = 3


def _bar(text: str) -> tuple[str, Place | None]:
    """Return (text with the bar left out but its postfix kept, the counter of the bar)."""
    for pattern in (BAR, KERAS_BAR, OPEN_BAR, RICH_BAR):
        match = pattern.search(text) if _may_be(pattern, text) else None
        if match is None:
            continue
        of = match.groupdict().get("of")
        counter = Place(Kind.BATCH, float(match["at"]), int(of) if of and of.isdigit() else None, "bar", False, -1, -1)
        postfix = match["rest"].split(",", 1)[1] if "," in match["rest"] else ""
        return f"{text[: match.start()]} , {postfix} , {text[match.end() :]}", counter
    return text, None


def _may_be(pattern: re.Pattern[str], text: str) -> bool:
    return {BAR: "|" in text, KERAS_BAR: "[" in text, OPEN_BAR: "it [" in text, RICH_BAR: "━" in text}[pattern]


def _of_bar(found: Sequence[Token], named: Sequence[Place], bar: Place | None) -> Iterator[Place]:
    """Yield the counter of a bar as what its title says it counts: `Epochs: 30%|...| 3/10`."""
    if bar is None:
        return
    title = next((found[at] for at in range(len(found)) if found[at].text == ","), None)
    words = [token for token in found if title is not None and token.end <= title.start and token.is_word]
    last = words[-1].low if words else ""
    counted = places([*tokens(f"{last} 1")]) if last and not any(place.word == last for place in named) else []
    if counted:
        broad = last == "steps" or counted[0].broad  # kohya's scripts, diffusers: those of the whole training
        yield bar._replace(kind=counted[0].kind, word=last, broad=broad)
    else:
        yield bar


def _labels(found: Sequence[Token], spans: dict[int, int], read: Sequence[Spot], memories: frozenset[int]) -> list[tuple[int, str]]:
    """Return (token, split) of the words that name a split and are no part of a name of a number."""
    inside = {at for spot in read for at in range(spot.first, spot.last + 1)}
    first = min((spot.first for spot in read), default=len(found))
    labels = []
    for at, token in enumerate(found):
        if not token.is_word or at in inside or at in memories or not (split := split_of_word(token.text)):
            continue
        marked = at + 1 < len(found) and found[at + 1].text in LABEL_MARKS
        if at < first or marked:
            labels.append((at, split))
    return labels


def _of_splits(read: Sequence[Spot], labels: Sequence[tuple[int, str]]) -> Iterator[Pair]:
    """Yield the pairs with the split of the label before them; a name that comes again is of the split named last.

    `Train Loss: 0.5 Acc: 0.8 | Val Loss: 0.6 Acc: 0.7`: the second accuracy is of the validation.
    """
    several = len({split for _, split in labels}) > 1
    lead = _leading_split(read)
    counts = Counter(spot.pair.name.lower() for spot in read)
    seen: Counter[tuple[str, str]] = Counter()
    current = ""
    for spot in read:
        own = named_split(spot.pair.name)
        said = [split for at, split in labels if at < spot.first] if several else []
        again = counts[spot.pair.name.lower()] > 1 and not own
        current = own or current
        inherited = (
            (said[-1] if said else "")
            or (current if again else "")
            or (lead if not own and is_metric_like(spot.pair.name) and not INSTANT.fullmatch(spot.pair.name) else "")
        )
        pair = spot.pair._replace(split=spot.pair.split or inherited)
        seen[pair.name.lower(), pair.split] += 1
        place = seen[pair.name.lower(), pair.split]
        yield pair if place == 1 else pair._replace(name=f"{pair.name}_{place - 1}")


@lru_cache(maxsize=8192)
def named_split(name: str) -> str:
    """Return the split that a name says by itself, or nothing."""
    return split_name(name, "")[0]


def _leading_split(read: Sequence[Spot]) -> str:
    """Return the split that a phrase such as `Validation pixAcc: 0.58, mIoU: 0.08` begins with, where no name of another split follows."""
    named = [named_split(spot.pair.name) for spot in read]
    if len(read) < 2 or not named[0] or named[0] == "train" or any(split not in ("", named[0]) for split in named):
        return ""
    phrase = " " in read[0].pair.name or not read[0].pair.name.isascii()
    alone = TRAINED.search(read[0].pair.name) is not None and not any(TRAINED.search(spot.pair.name) for spot in read[1:])
    return named[0] if phrase or alone else ""


TRAINED: Final = re.compile(r"loss|nll|损失", re.IGNORECASE)
"""What every row of training prints: `eval_loss 1.68 accuracy 0.46` is a row of an evaluation."""


def _without_dicts(text: str) -> str:
    """Blank out `{...}`: a dict in a line of text is a configuration, or belongs to the parsers of dicts."""
    return BRACES.sub(" ", text) if "{" in text else text


def _with_dicts(text: str) -> str:
    """Write out the dicts of a line that hold metrics and nothing else, and blank out the others."""
    return BRACES.sub(_written_out, text) if "{" in text else text


def _written_out(match: re.Match[str]) -> str:
    items = {item["name"]: number(item["text"] if item["v"] else item["bare"]) for item in ITEM.finditer(match[0])}
    metrics = [name for name in items if is_metric_like(name)]
    if not items or None in items.values() or 2 * len(metrics) <= len(items):
        return " "
    return " " + ", ".join(f"{name}: {value}" for name, value in items.items()) + " "
