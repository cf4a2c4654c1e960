"""Looks a file through before it is read: which names are its metrics, which counters begin again
with every epoch, whose rows it holds.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import field, replace
from itertools import pairwise
from typing import Final, NamedTuple

from lossreport import regex as re
from lossreport.reading.kit.names import SPLITS, kept_whole, split_name, splits_of
from lossreport.reading.kit.namespace import Spread
from lossreport.reading.lines.ahead import are_ahead
from lossreport.reading.lines.banner import is_periodic
from lossreport.reading.lines.chatter import Traces, is_chatter
from lossreport.reading.lines.class_lists import ClassLists, with_lists
from lossreport.reading.lines.counters import PASS
from lossreport.reading.lines.dumps import Dumps, dumps_of
from lossreport.reading.lines.pairs import Pair
from lossreport.reading.lines.place_words import PLURAL, Kind, Place
from lossreport.reading.lines.row import TextRow, pieces
from lossreport.reading.lines.scope import Scope
from lossreport.reading.lines.scores import bare_beside_training, scores_of
from lossreport.reading.lines.single import only_names
from lossreport.reading.lines.skeletons import Skeletons
from lossreport.reading.lines.support import (
    LEAST_NEIGHBOURS,
    are_losses,
    leads_of,
    owners_of,
    promoted,
    supported,
)
from lossreport.reading.lines.tracks import (
    Sign,
    Track,
    are_footers,
    are_within,
    drawn_again,
    minor,
    others,
    plans_of,
    repeated,
    sign_of,
    tracks_of,
)
from lossreport.values import dataclass

EPOCHS_SHARE: Final = 0.8


class Words(NamedTuple):
    """What words of places mean in one file.

    `totals` are those whose number is the total of an epoch, no place. With `episodes` the word
    `Ep` is one; with `epochs` a bare fraction such as `[3/50]` at the beginning of lines is the
    epoch, with `passes` the number behind the word of a split. With `outer` the iterations are the
    rounds around the steps of each, as `iteration:4 step:13/29` counts. `letters` are names such as
    `i` that count the iterations.
    """

    totals: frozenset[str] = frozenset()
    episodes: bool = False
    epochs: bool = False
    letters: frozenset[str] = frozenset()
    passes: bool = False
    outer: bool = False


NO_WORDS: Final = Words()


@dataclass(frozen=True, kw_only=True)
class Survey:
    """What is known of a file before it is read line by line.

    `meanings` are (split, short name) by printed name. `words` are those of places that mean
    something of their own in this file. `footers` says that an epoch is named behind its rows,
    `within` that validations stand inside epochs. `owners` are the kinds of which rows name
    several, `labelled` those that rows name themselves: what a heading above says is not meant for
    rows without such a label. `others` are totals of counters that are of passes over other sets
    though they name none; `unnumbered` says that no line names an epoch of theirs; `bars` are drawn
    anew once an epoch. `leads` are words before the names that tell rows of one place apart.
    `periodic` says that its first line comes again at equal distances.
    """

    names: frozenset[str] = frozenset()
    companions: frozenset[str] = frozenset()
    memories: frozenset[str] = frozenset()
    meanings: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    scores: Mapping[str, str] = field(default_factory=dict)
    words: Words = NO_WORDS
    tracks: Mapping[Sign, Track] = field(default_factory=dict)
    minor: frozenset[Sign] = frozenset()
    placed: bool = False
    footers: bool = False
    within: bool = False
    ahead: bool = False
    repeated: frozenset[tuple[str, str]] = frozenset()
    owners: frozenset[str] = frozenset()
    labelled: frozenset[str] = frozenset()
    runs: bool = False
    plans: Mapping[str, int] = field(default_factory=dict)
    unnumbered: bool = False
    others: Mapping[Sign, frozenset[int]] = field(default_factory=dict)
    bars: frozenset[Sign] = frozenset()
    leads: frozenset[str] = frozenset()
    dumps: Dumps = field(default_factory=Dumps)
    periodic: bool = False

    def is_metric(self, pair: Pair) -> bool:
        """Return whether a pair is one of the metrics of the file."""
        return pair.name in self.names

    @property
    def trains(self) -> bool:
        """Whether a metric of the file can be of the training: others than scores that name another
        split, or are known to be of one.
        """
        return any(
            name not in self.scores and self.meanings.get(name, ("train", ""))[0] in ("", "train")
            for name in self.names
        )

    def begins_again(self, row: TextRow) -> bool:
        """Return whether the counter of a row begins again with every epoch."""
        track = self.tracks.get(sign_of(row))
        return track is not None and track.begins_again


def survey(lines: Sequence[str], known: Sequence[TextRow] | None = None) -> Survey:
    """Return what the lines of a sample show; `known` is what `rows_of` says of them, where it was
    asked before.
    """
    dumps = dumps_of(lines)
    first = [
        row
        for row in (rows_of(lines, dumps=dumps) if known is None else known)
        if row.pairs or row.memories
    ]
    words = words_of(first)
    rows = rows_of(lines, words, dumps=dumps) if any(words) else first
    names, companions = supported(rows)
    names = names or only_names(lines, rows)
    remembered = promoted(rows, names)
    metric = [row for row in rows if any(pair.name in names for pair in row.pairs)]
    tracks = tracks_of(metric)
    shapes = list(
        dict.fromkeys(
            tuple(pair.name for pair in row.pairs if pair.name in names) for row in metric
        )
    )
    meanings = splits_of(names)
    whole = {name for shape in shapes for name in kept_whole(shape, meanings)}
    meanings = {
        name: (meaning[0], name) if name in whole else meaning for name, meaning in meanings.items()
    }
    splits = [name for name in names if name.lower() in SPLITS]
    if len(splits) == 1 and are_losses(metric):
        meanings[splits[0]] = SPLITS[splits[0].lower()], LOSS
    kinds, labelled, runs = owners_of(metric)
    return Survey(
        names=frozenset(names) | remembered,
        companions=companions,
        memories=remembered,
        meanings=meanings,
        scores=scores_of(shapes, meanings) | bare_beside_training(metric, meanings),
        words=words,
        tracks=tracks,
        minor=minor(tracks),
        placed=any(row.places for row in metric),
        footers=are_footers(metric, tracks),
        within=are_within(metric, meanings),
        ahead=are_ahead(metric, meanings, tracks),
        repeated=repeated(metric),
        owners=kinds,
        labelled=labelled,
        runs=runs,
        plans=plans_of(metric, tracks),
        unnumbered=not any(row.epoch is not None for row in metric),
        others=others(metric),
        bars=drawn_again(metric),
        leads=leads_of(metric),
        dumps=dumps,
        periodic=is_periodic(lines, names),
    )


def words_of(rows: Sequence[TextRow]) -> Words:
    """Return what words of places mean in a file with these rows."""
    return Words(
        total_words(rows),
        _are_episodes(rows),
        _count_epochs(rows),
        _letters(rows),
        _are_passes(rows),
        _are_outer(rows),
    )


def rows_of(
    lines: Sequence[str], words: Words = NO_WORDS, *, dumps: Dumps | None = None
) -> list[TextRow]:
    """Return the rows of metrics that lines hold, with what the headings above them say; `dumps`
    are the settings that they list.
    """
    scope, traces, lists, skeletons, spread = Scope(), Traces(), ClassLists(), Skeletons(), Spread()
    found: list[TextRow] = []
    dumps = dumps_of(lines) if dumps is None else dumps
    for line in lines:
        if (
            traces.hold(line)
            or spread.holds(line)
            or ((is_chatter(line) or dumps.holds(line)) and not lists.holds(line))
        ):
            continue
        for text, listed in with_lists(pieces(line), lists):
            row = listed or meant(skeletons.row(text), words)
            if (
                row is not None
                and (row.pairs or row.memories)
                and (row.section is None or (row.has_metric and not row.owners))
            ):
                found.append(scope.applied(row) if row.has_metric else row)
            else:
                scope.see(text, row)
    return found


def meant(row: TextRow | None, words: Words) -> TextRow | None:
    """Return a row with what its words of places mean in this file."""
    if row is None:
        return None
    if row.pairs and not row.places and row.pairs[0].name.lower() in CUTS:
        row = _cut_off(row)
    if not any(words):
        return row
    row = _lettered(row, words.letters) if words.letters else row
    places = tuple(
        place for place in row.places if not (place.word in words.totals and place.of is None)
    )
    if words.episodes:
        places = tuple(
            place._replace(kind=Kind.EPISODE) if place.word == "ep" else place for place in places
        )
    if words.epochs:
        places = tuple(
            place._replace(kind=Kind.EPOCH, word="epoch") if _is_bare(place) else place
            for place in places
        )
    if words.outer:
        places = tuple(
            place._replace(kind=Kind.EPOCH) if place.kind is Kind.ITERATION else place
            for place in places
        )
    if words.passes:
        places = tuple(
            place._replace(kind=Kind.EPOCH, word="epoch") if place.word == PASS else place
            for place in places
        )
    return row if places == row.places else replace(row, places=places)


CUTS: Final = frozenset(("k", "topk", "top_k", "top-k"))
"""`k=20: map = 0.52, recall = 0.42`: how many places of the ranking the measures behind it look
at.
"""
LOSS: Final = "loss"
"""What is meant by the name of the only split beside the loss of the training."""
RANKED: Final = re.compile(
    r"(?:.{0,20}[/_ ])?(?:map|mrr|ndcg|dcg|recall|precision|hit(?:s|_?rate|_?ratio)?|hr)",
    re.IGNORECASE,
)
"""Measures of a ranking; an accuracy beside `k` is of k neighbours or of the k-th round."""


def _cut_off(row: TextRow) -> TextRow:
    """Return a row with the cut-off of a ranking in the names of its measures: `map@20`, as other
    rows call them.
    """
    cut, *rest = row.pairs
    if (
        not rest
        or cut.value < 1
        or not cut.value.is_integer()
        or not all(RANKED.fullmatch(pair.name) for pair in rest)
    ):
        return row
    return replace(
        row, pairs=tuple(pair._replace(name=f"{pair.name}@{cut.value:.0f}") for pair in rest)
    )


def _lettered(row: TextRow, letters: frozenset[str]) -> TextRow:
    """Return a row with the letter that counts its iterations as its place."""
    found = next((pair for pair in row.pairs if pair.name in letters), None)
    if found is None or row.counter is not None:
        return row
    place = Place(Kind.ITERATION, found.value, None, found.name, False, -1, -1)
    return replace(
        row,
        places=(*row.places, place),
        pairs=tuple(pair for pair in row.pairs if pair is not found),
    )


def _letters(rows: Sequence[TextRow]) -> frozenset[str]:
    """Return the letters that count the iterations: beside a metric and no other counter, up by the
    same step or back to the start.
    """
    seen: dict[str, list[float]] = {}
    for row in rows:
        for pair in row.pairs if row.has_metric and row.counter is None else ():
            if pair.name in LETTERS:
                seen.setdefault(pair.name, []).append(pair.value)
    return frozenset(name for name, values in seen.items() if _counts(values))


def _counts(values: Sequence[float]) -> bool:
    """Return whether numbers are those of a counter."""
    steps = Counter(after - before for before, after in pairwise(values))
    usual = max((step for step in steps if step > 0), key=lambda step: steps[step], default=0.0)
    fits = sum(after - before == usual or after <= usual for before, after in pairwise(values))
    whole = all(float(value).is_integer() and value >= 0 for value in values)
    return (
        len(values) >= LEAST_NEIGHBOURS
        and whole
        and usual > 0
        and steps[usual] > 1
        and fits >= EPOCHS_SHARE * (len(values) - 1)
    )


LETTERS: Final = frozenset(("i", "j", "n", "idx", "ix", "ii"))
"""What loops call their counter; `k` is how many of a ranking count."""


def _are_passes(rows: Sequence[TextRow]) -> bool:
    """Return whether the numbers behind words of splits are epochs: `Train 3, ..` and `Test 3, ..`,
    up by one.
    """
    passes = [
        (row.places[0].x, row.split)
        for row in rows
        if row.has_metric and len(row.places) == 1 and row.places[0].word == PASS
    ]
    trained = [x for x, split in passes if split == "train"]
    steps = [after - before for before, after in pairwise(trained)]
    return (
        len({split for _, split in passes}) > 1
        and len(steps) >= LEAST_NEIGHBOURS - 1
        and all(step == 1 for step in steps)
    )


def _is_bare(place: Place) -> bool:
    return place.word == "" and place.of is not None and place.first == 0


def _are_outer(rows: Sequence[TextRow]) -> bool:
    """Return whether iterations are rounds around steps: beside a step of a total that begins
    again, they only go on.
    """
    both = [
        (row.place(Kind.ITERATION), row.place(Kind.STEP))
        for row in rows
        if row.has_metric and row.epoch is None
    ]
    pairs = [
        (outer.x, inner.x)
        for outer, inner in both
        if outer is not None and inner is not None and inner.of is not None
    ]
    steps = list(pairwise(pairs))
    return (
        len(pairs) >= LEAST_NEIGHBOURS
        and all(before[0] <= after[0] for before, after in steps)
        and any(after[1] < before[1] for before, after in steps)
    )


def _count_epochs(rows: Sequence[TextRow]) -> bool:
    """Return whether bare fractions at the beginning of lines are epochs: they go up by one, and a
    line tells of a validation as well.
    """
    fractions = [
        (row.places[0].x, row)
        for row in rows
        if row.has_metric and len(row.places) == 1 and _is_bare(row.places[0])
    ]
    if len(fractions) < LEAST_NEIGHBOURS or any(row.epoch is not None for row in rows):
        return False
    steps = [after - before for (before, _), (after, _) in pairwise(fractions)]
    validated = sum(
        any(split_name(pair.name, pair.split)[0] not in ("", "train") for pair in row.pairs)
        for _, row in fractions
    )
    return sum(step == 1 for step in steps) >= EPOCHS_SHARE * len(
        steps
    ) and validated >= EPOCHS_SHARE * len(fractions)


def total_words(rows: Sequence[TextRow]) -> frozenset[str]:
    """Return the words that say how many steps an epoch has, not at which one a row stands: `Epoch:
    3, Steps: 225 | ...`.

    The word is in the plural, stands beside an epoch in every row, and its number is the same in
    all of them.
    """
    seen: dict[str, set[float]] = {}
    for row in rows:
        counter = row.counter
        if counter is not None and counter.word in PLURAL:
            alone = row.epoch is None or counter.of is not None
            seen.setdefault(counter.word, set()).add(-1.0 if alone else counter.x)
    idle = {
        word: {
            row.counter.x
            for row in rows
            if row.counter is not None and row.counter.word == word and row.pairs
        }
        for word in _words(rows)
    }
    # `epoch 3 iteration 0`: printed once an epoch
    never = {word for word, steps in idle.items() if steps == {0.0}}
    return frozenset(
        word for word, steps in seen.items() if len(steps) == 1 and -1.0 not in steps
    ) | frozenset(never)


def _words(rows: Sequence[TextRow]) -> set[str]:
    """Return the words of counters that stand beside epochs, in more than a few rows each."""
    counts = Counter(
        row.counter.word
        for row in rows
        if row.counter is not None and row.epoch is not None and row.counter.of is None
    )
    return {word for word, count in counts.items() if count >= LEAST_NEIGHBOURS}


def _are_episodes(rows: Sequence[TextRow]) -> bool:
    """Return whether `Ep` stands for episode: beside rewards, never beside an accuracy or the word
    epoch.
    """
    words = [place.word for row in rows for place in row.places if place.kind is Kind.EPOCH]
    names = [pair.name.lower() for row in rows for pair in row.pairs]
    rewarded = any(
        name.startswith(
            ("rew", "return", "ep_r", "ep_l", "score", "total_reward", "total reward", "r_")
        )
        or "reward" in name
        for name in names
    )
    return (
        bool(words)
        and set(words) == {"ep"}
        and rewarded
        and not any("acc" in name for name in names)
    )
