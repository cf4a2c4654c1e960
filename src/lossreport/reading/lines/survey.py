"""Looks a file through before it is read: which names are its metrics, which counters begin again with every epoch, whose rows it holds."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, NamedTuple

from lossreport.reading.kit.names import is_metric_like, kept_whole, splits_of, unmarked_scores
from lossreport.reading.lines.chatter import Traces, is_chatter
from lossreport.reading.lines.pairs import Pair
from lossreport.reading.lines.places import PLURAL, Kind, Place
from lossreport.reading.lines.row import TextRow, pieces, text_row
from lossreport.reading.lines.scope import ABOVE, Scope

MIN_SUPPORT: Final = 2
NEIGHBOUR_SHARE: Final = 0.3
"""A name that is not called like a metric counts where it stands in 30 % of the rows of its kind."""
LEAST_NEIGHBOURS: Final = 3
COMPANION_SHARE: Final = 0.9
"""Rows of unknown names are companions of the metrics above them where they follow them nearly always."""
REPEATED: Final = 0.5
"""Where most rows print the epoch of the row before them, the epoch is not what tells them apart."""
RUN_SHARE: Final = 0.5
"""Labels such as `fold 1` tell runs apart where half of the rows of training lie below or beside one."""


class Sign(NamedTuple):
    """What kind of counter a row has: of which split, what it is called, whether a total stands beside it."""

    split: str
    word: str
    bare: bool


@dataclass
class Track:
    """What the rows of one kind of counter did: how often it went back, with how many epochs and totals beside it."""

    rows: int = 0
    backs: int = 0
    again: int = 0
    epochs: set[float] = field(default_factory=set)
    totals: Counter[int] = field(default_factory=Counter)
    losses: int = 0
    owned: int = 0
    last: tuple[float, float | None] | None = None

    def add(self, counter: Place, epoch: float | None, *, loss: bool, owned: bool) -> None:
        """Take in one row."""
        if self.last is not None:
            back = counter.x < self.last[0] or (counter.x == self.last[0] and epoch != self.last[1])
            self.backs += back
            self.again += counter.x <= self.last[0]
        self.rows += 1
        self.losses += loss
        self.owned += owned
        self.last = (counter.x, epoch)
        if epoch is not None:
            self.epochs.add(epoch)
        if counter.of is not None:
            self.totals[counter.of] += 1

    @property
    def begins_again(self) -> bool:
        """Whether the counter counts inside epochs, as far as the rows show."""
        return self.backs > 0 or (bool(self.totals) and len(self.epochs) == 1 and self.rows > 1)


@dataclass(frozen=True, kw_only=True)
class Survey:
    """What is known of a file before it is read line by line.

    `meanings` are (split, short name) by printed name. `totals` are words whose number is the total of an epoch, no place. `footers` says
    that an epoch is named behind its rows, `within` that validations stand inside epochs. `owners` are the kinds of which rows name several, `labelled` those that rows name themselves:
    what a heading above says is not meant for rows without such a label. `scores` are of a split though they say none. `unnumbered` are the totals of bars of which no epoch is known: of the training, of others.
    """

    names: frozenset[str] = frozenset()
    companions: frozenset[str] = frozenset()
    memories: frozenset[str] = frozenset()
    meanings: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    totals: frozenset[str] = frozenset()
    tracks: Mapping[Sign, Track] = field(default_factory=dict)
    minor: frozenset[Sign] = frozenset()
    placed: bool = False
    footers: bool = False
    within: bool = False
    repeated: frozenset[tuple[str, str]] = frozenset()
    episodes: bool = False
    owners: frozenset[str] = frozenset()
    labelled: frozenset[str] = frozenset()
    runs: bool = False
    plans: Mapping[str, int] = field(default_factory=dict)
    unnumbered: tuple[int, frozenset[int]] | None = None

    def is_metric(self, pair: Pair) -> bool:
        """Return whether a pair is one of the metrics of the file."""
        return pair.name in self.names

    def begins_again(self, row: TextRow) -> bool:
        """Return whether the counter of a row begins again with every epoch."""
        track = self.tracks.get(sign_of(row))
        return track is not None and track.begins_again


def sign_of(row: TextRow) -> Sign:
    """Return what kind of counter a row has."""
    counter = row.counter
    split = "train" if row.split in ("", "train") else "other"
    return Sign(split, "" if counter is None else counter.word, counter is None or counter.of is None)


def rows_of(lines: Iterable[str], totals: frozenset[str] = frozenset(), *, episodes: bool = False) -> list[TextRow]:
    """Return the rows of metrics that lines hold, with what the headings above them say."""
    scope, traces, found = Scope(), Traces(), []
    for line in lines:
        if traces.hold(line) or is_chatter(line):
            continue
        for text in pieces(line):
            row = read_row(text, totals, episodes=episodes)
            if row is not None and (row.pairs or row.memories) and row.section is None:
                found.append(scope.applied(row) if row.has_metric else row)
            else:
                scope.see(text, row)
    return found


def read_row(text: str, totals: frozenset[str], *, episodes: bool = False) -> TextRow | None:
    """Return what a line says, without counters that only say how many steps an epoch has."""
    row = text_row(text, dicts=True)
    if row is None or not row.places or not (totals or episodes):
        return row
    places = tuple(place for place in row.places if not (place.word in totals and place.of is None))
    if episodes:
        places = tuple(place._replace(kind=Kind.EPISODE) if place.word == "ep" else place for place in places)
    return row if places == row.places else replace(row, places=places)


def survey(lines: Sequence[str]) -> Survey:
    """Return what the lines of a sample show."""
    first = [row for row in rows_of(lines) if row.pairs or row.memories]
    totals, episodes = total_words(first), _are_episodes(first)
    rows = rows_of(lines, totals, episodes=episodes) if totals or episodes else first
    names, companions = supported(rows)
    promoted = _promoted(rows, names)
    metric = [row for row in rows if any(pair.name in names for pair in row.pairs)]
    tracks = tracks_of(metric)
    shapes = list(dict.fromkeys(tuple(pair.name for pair in row.pairs if pair.name in names) for row in metric))
    meanings = splits_of(names)
    whole = {name for shape in shapes for name in kept_whole(shape, meanings)}
    meanings = {name: (meaning[0], name) if name in whole else meaning for name, meaning in meanings.items()}
    meanings |= _scores(shapes, meanings)
    kinds, labelled, runs = _owners(metric)
    return Survey(
        names=frozenset(names) | promoted,
        companions=companions,
        memories=promoted,
        meanings=meanings,
        totals=totals,
        tracks=tracks,
        minor=_minor(tracks),
        placed=any(row.places for row in metric),
        footers=_are_footers(metric, tracks),
        within=_are_within(metric, meanings),
        repeated=_repeated(metric),
        episodes=episodes,
        owners=kinds,
        labelled=labelled,
        runs=runs,
        plans=_plans(metric, tracks),
        unnumbered=_unnumbered(metric, tracks),
    )


def _scores(shapes: Iterable[tuple[str, ...]], meanings: Mapping[str, tuple[str, str]]) -> dict[str, tuple[str, str]]:
    """Return the meanings of scores that say no split where every loss does: `Train loss: .., Valid loss: ..`, below it `accuracy: ..`.

    One that stands behind the loss of the training alone is of the training.
    """
    losses = {name for name in meanings if "loss" in name.lower()}
    shapes = tuple(shapes)
    if not losses or any(not meanings[name][0] for name in losses):
        return {}
    scores = unmarked_scores(tuple(meanings)) | _behind_losses(shapes, meanings)
    behind_training = {
        name for shape in shapes for name in scores if name in shape and _last_split(shape[: shape.index(name)], meanings) == "train"
    }
    found = {name: (split, meanings[name][1]) for name, split in scores.items() if name not in behind_training}
    beside = [shape for shape in shapes if any(name in found for name in shape) and not any(meanings[name][0] for name in shape)]
    split = next(iter(found.values()), ("", ""))[0]
    return found | {name: (split, meanings[name][1]) for shape in beside for name in shape}


def _behind_losses(shapes: Iterable[tuple[str, ...]], meanings: Mapping[str, tuple[str, str]]) -> dict[str, str]:
    """Return the split of measures without a mark in rows whose only losses are of one split that is not the training."""
    found = {}
    for shape in shapes:
        splits = {meanings[name][0] for name in shape if "loss" in name.lower()}
        if len(splits) == 1 and splits != {"train"}:
            found.update(dict.fromkeys((name for name in shape if not meanings[name][0] and MEASURE.search(name)), min(splits)))
    return found


MEASURE: Final = re.compile(
    r"(?:acc|accuracy|iou|f1|auc|dice|map|recall|precision|score|kappa|mcc|psnr|ssim|bleu|wer|cer|perplexity|ppl|准确率|正确率)$",
    re.IGNORECASE,
)
"""What is measured on a set, whatever stands before it: `aAcc`."""


def _last_split(names: Sequence[str], meanings: Mapping[str, tuple[str, str]]) -> str:
    return next((split for name in reversed(names) if (split := meanings[name][0])), "")


def total_words(rows: Sequence[TextRow]) -> frozenset[str]:
    """Return the words that say how many steps an epoch has, not at which one a row stands: `Epoch: 3, Steps: 225 | ...`.

    The word is in the plural, stands beside an epoch in every row, and its number is the same in all of them.
    """
    seen: dict[str, set[float]] = {}
    for row in rows:
        counter = row.counter
        if counter is not None and counter.word in PLURAL:
            alone = row.epoch is None or counter.of is not None
            seen.setdefault(counter.word, set()).add(-1.0 if alone else counter.x)
    idle = {
        word: {row.counter.x for row in rows if row.counter is not None and row.counter.word == word and row.pairs} for word in _words(rows)
    }
    never = {word for word, steps in idle.items() if steps == {0.0}}  # `epoch 3 iteration 0`: printed once an epoch
    return frozenset(word for word, steps in seen.items() if len(steps) == 1 and -1.0 not in steps) | frozenset(never)


def _words(rows: Sequence[TextRow]) -> set[str]:
    """Return the words of counters that stand beside epochs, in more than a few rows each."""
    counts = Counter(row.counter.word for row in rows if row.counter is not None and row.epoch is not None and row.counter.of is None)
    return {word for word, count in counts.items() if count >= LEAST_NEIGHBOURS}


def _are_episodes(rows: Sequence[TextRow]) -> bool:
    """Return whether `Ep` stands for episode: beside rewards, never beside an accuracy or the word epoch."""
    words = [place.word for row in rows for place in row.places if place.kind is Kind.EPOCH]
    names = [pair.name.lower() for row in rows for pair in row.pairs]
    rewarded = any(
        name.startswith(("rew", "return", "ep_r", "ep_l", "score", "total_reward", "total reward", "r_")) or "reward" in name
        for name in names
    )
    return bool(words) and set(words) == {"ep"} and rewarded and not any("acc" in name for name in names)


def supported(rows: Sequence[TextRow]) -> tuple[dict[str, int], frozenset[str]]:
    """Return the names that are metrics of a file, the most frequent first, and those of rows that only accompany metrics."""
    counted: Counter[str] = Counter()
    beside: dict[frozenset[Kind], Counter[str]] = {}
    lines: Counter[frozenset[Kind]] = Counter()
    for row in rows:
        if not row.has_metric:
            continue
        kind = frozenset(place.kind for place in row.places)
        lines[kind] += 1
        for name in {pair.name for pair in row.pairs}:
            if is_metric_like(name):
                counted[name] += 1
            else:
                beside.setdefault(kind, Counter())[name] += 1
    kept = {name: count for name, count in counted.most_common() if count >= MIN_SUPPORT}
    if not kept:
        return {}, frozenset()
    near = {
        name: count
        for kind, names in beside.items()
        for name, count in names.most_common()
        if count >= max(LEAST_NEIGHBOURS, NEIGHBOUR_SHARE * lines[kind])
    }
    companions = _companions(rows)
    return kept | near | dict.fromkeys(companions, LEAST_NEIGHBOURS), companions


def _companions(rows: Sequence[TextRow]) -> frozenset[str]:
    """Return the names of rows without a metric that follow a row with one nearly always: `CP: 0.9, CR: 0.6` below `mAP: 0.8`."""
    follows: Counter[tuple[str, ...]] = Counter()
    total: Counter[tuple[str, ...]] = Counter()
    before = False
    for row in rows:
        if row.has_metric:
            before = True
            continue
        names = tuple(pair.name for pair in row.pairs)
        if not names or row.places or not all(isinstance(pair.value, float) and not float(pair.value).is_integer() for pair in row.pairs):
            before = False
            continue
        total[names] += 1
        follows[names] += before
    good = [names for names, count in total.items() if count >= LEAST_NEIGHBOURS and follows[names] >= COMPANION_SHARE * count]
    return frozenset(name for names in good for name in names)


def _promoted(rows: Sequence[TextRow], names: Mapping[str, int]) -> frozenset[str]:
    """Return the names of memories that are the only trace of what they remember, printed in every record: `best_score: 184`."""
    counts = Counter(pair.name for row in rows for pair in row.memories if " " not in pair.name and is_metric_like(pair.name))
    metric = sum(1 for row in rows if row.has_metric)
    known = " ".join(names).lower()
    return frozenset(
        name
        for name, count in counts.items()
        if count >= max(MIN_SUPPORT, NEIGHBOUR_SHARE * metric) and name.lower().replace("best", "").strip("_-./ ") not in known
    )


def tracks_of(rows: Sequence[TextRow]) -> dict[Sign, Track]:
    """Return what the counters of each kind did."""
    tracks: dict[Sign, Track] = {}
    for row in rows:
        counter = row.counter
        if counter is None:
            continue
        loss = any("loss" in pair.name.lower() or "损失" in pair.name for pair in row.pairs)
        epoch = row.place(Kind.EPOCH)
        tracks.setdefault(sign_of(row), Track()).add(counter, None if epoch is None else epoch.x, loss=loss, owned=epoch is not None)
    return tracks


def _minor(tracks: Mapping[Sign, Track]) -> frozenset[Sign]:
    """Return the counters of passes that are not the training, though they name no split: without an epoch, begun again and again.

    Only where another counter, with losses and epochs beside it, is that of the training.
    """
    main = [sign for sign, track in tracks.items() if sign.split == "train" and track.losses and track.owned == track.rows]
    if not main:
        return frozenset()
    return frozenset(
        sign for sign, track in tracks.items() if sign.split == "train" and sign not in main and track.again > 1 and not track.losses
    )


def _are_footers(rows: Sequence[TextRow], tracks: Mapping[Sign, Track]) -> bool:
    """Return whether epochs are named behind their rows: counters without an epoch, and lines of epochs without a counter."""
    bare = any(sign.split == "train" and track.owned < track.rows for sign, track in tracks.items())
    return bare and any(row.counter is None and row.place(Kind.EPOCH) is not None for row in rows)


def _are_within(rows: Sequence[TextRow], meanings: Mapping[str, tuple[str, str]]) -> bool:
    """Return whether the training goes on in the same epoch behind its validations, as often as in the next one."""
    epoch, validated = None, False
    inside = behind = 0
    for row in rows:
        training = row.split in ("", "train") and any(meanings.get(pair.name, ("", ""))[0] in ("", "train") for pair in row.pairs)
        if not training:
            validated = validated or epoch is not None
        elif row.counter is not None and row.epoch is not None:
            inside += validated and row.epoch == epoch
            behind += validated and row.epoch != epoch
            epoch, validated = row.epoch, False
    return inside > 0 and inside >= NEIGHBOUR_SHARE * (inside + behind)


def _repeated(rows: Sequence[TextRow]) -> frozenset[tuple[str, str]]:
    """Return (split, first name) of the rows of epochs that come many times an epoch."""
    before: dict[tuple[str, str], float] = {}
    same: Counter[tuple[str, str]] = Counter()
    count: Counter[tuple[str, str]] = Counter()
    for row in rows:
        if row.counter is not None or row.epoch is None or not row.pairs or row.owners:
            continue
        key = kind_of(row)
        same[key] += before.get(key) == row.epoch
        count[key] += 1
        before[key] = row.epoch
    return frozenset(key for key, times in same.items() if times > REPEATED * count[key] and count[key] > LEAST_NEIGHBOURS)


def kind_of(row: TextRow) -> tuple[str, str]:
    """Return what tells rows of one kind: their split and their first name."""
    return row.split, row.pairs[0].name if row.pairs else ""


def _owners(rows: Sequence[TextRow]) -> tuple[frozenset[str], frozenset[str], bool]:
    """Return (kinds of owners of which rows name several, those that most rows name themselves, whether labels of runs cover the training)."""
    values: dict[str, set[str]] = {}
    named: Counter[str] = Counter()
    own: Counter[str] = Counter()
    training = [row for row in rows if row.split in ("", "train") and row.places]
    for row in rows:
        for owner in row.owners:
            values.setdefault(owner.kind, set()).add(owner.value)
            named[owner.kind] += 1
            own[owner.kind] += owner.first != ABOVE
    several = frozenset(kind for kind, found in values.items() if len(found) > 1)
    labelled = frozenset(kind for kind in several if own[kind] >= RUN_SHARE * named[kind])
    runs = sum(any(owner.is_run and owner.kind in several for owner in row.owners) for row in training)
    return several, labelled, bool(training) and runs >= RUN_SHARE * len(training)


def _plans(rows: Sequence[TextRow], tracks: Mapping[Sign, Track]) -> dict[str, int]:
    """Return the totals that most rows print: of epochs, rounds, episodes, and of steps that count the whole training."""
    plans: dict[str, int] = {}
    for kind, fact in ((Kind.EPOCH, "epochs"), (Kind.ROUND, "rounds"), (Kind.EPISODE, "episodes")):
        totals = Counter(place.of for row in rows if (place := row.place(kind)) is not None and place.of)
        if totals:
            plans[fact] = int(totals.most_common(1)[0][0] or 0)
    bars = {row.counter.word for row in rows if row.is_bar and row.counter is not None and not row.counter.broad}
    whole = [
        track for sign, track in tracks.items() if sign.split == "train" and track.totals and not track.backs and sign.word not in bars
    ]
    for track in whole:
        if len(track.epochs) != 1 and track.rows > MIN_SUPPORT and len(track.totals) == 1:
            plans.setdefault("max_steps", next(iter(track.totals)))
    return plans


def _unnumbered(rows: Sequence[TextRow], tracks: Mapping[Sign, Track]) -> tuple[int, frozenset[int]] | None:
    """Return (total of the training, totals of other passes) of bars that take turns, where no line names an epoch."""
    bars = [row.counter for row in rows if row.is_bar and row.counter is not None and row.counter.of and row.split in ("", "train")]
    if len(bars) < LEAST_NEIGHBOURS or any(row.epoch is not None for row in rows):
        return None
    totals = Counter(bar.of for bar in bars if bar.of)
    if len(totals) < 2 or not any(track.backs > 1 for track in tracks.values()):
        return None
    main = max(totals, key=lambda total: (totals[total], total))
    return main, frozenset(total for total in totals if total < main)
