"""Which readings belong to one run: by folder, by what the files hold, and by what goes on where
another stopped.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import field, replace
from typing import Final

import numpy as np

from lossreport import regex as re
from lossreport.model.run import Axis, Skipped
from lossreport.reading.parser import SUMMARY, ColumnKey
from lossreport.reading.runs.copies import without_copies, without_twins
from lossreport.reading.runs.echoes import without_echoes, without_marked, without_restatements
from lossreport.reading.runs.files import (
    folder_of,
    process_of,
    run_in_name,
    stem,
    with_names,
    with_scalars,
)
from lossreport.reading.runs.misnamed import without_misnamed
from lossreport.reading.runs.reading import Column, Reading
from lossreport.text import Text
from lossreport.values import dataclass

RANKED: Final = re.compile(r"(?:rank|worker|proc|gpu|node|default)[-_ ]?\d+|[#]", re.IGNORECASE)
CHECKPOINT: Final = re.compile(r"(?:checkpoint|ckpt)s?[-_]?\d+/", re.IGNORECASE)
OF_SETTINGS: Final = re.compile(
    r"(?:config|configuration|cfg|conf|setting|option|arg|hparam|param)s?", re.IGNORECASE
)
"""Folders of settings: they set no run apart."""
RIVAL_SHARE: Final = 0.5
"""Two files of one format whose rows cover the same x by half, and differ in half of these, are two
runs.
"""
EQUAL: Final = 0.9
"""Two files whose common rows are equal in so many of them are of one training."""
DRAWER: Final = 4
"""A folder with so many runs in files of their own is no folder of one run: a table beside them
that agrees with none is nobody's of them.
"""
MIN_COMMON: Final = 2
MIN_PIECE: Final = 3
"""Two pieces of one training have at least so many rows each; fewer follow one another by
chance.
"""
WORD: Final = re.compile(r"[a-z\u4e00-\u9fff]+")
CONTINUES: Final = re.compile(
    r"resumed?|restart(?:ed)?|cont(?:inued?)?|part|old|new|bak|backup|latest|last|final|log|logs|"
    r"copy",
    re.IGNORECASE,
)
"""Words that files of one training are called by beside its name."""
NEAR_ROWS: Final = 20
"""A run that goes on after another begins at most so many of its row distances behind the other's
end.
"""

NO_METRIC = Text(zh="它所属的运行没有任何指标", en="belongs to a run without any metric")
WHOSE = Text(
    zh="是某一个运行的最终数值，但看不出属于哪一个",
    en="holds the last values of one run without saying which",
)


@dataclass
class Group:
    """The readings of one run, its name inside the folder, and what was left out as a copy.

    `is_named` says that the name of a file sets the run apart (fold_1.csv): it never goes on from
    another.
    """

    name: str
    parts: list[Reading]
    skipped: list[Skipped] = field(default_factory=list)
    is_named: bool = False


def grouped(parts: Sequence[Reading]) -> list[Group]:
    """Return the runs that the readings hold, in the order of their names and places.

    Configuration goes to every run below its folder. Readings without a metric make no run of their
    own.
    """
    measured = with_names(with_scalars([part for part in parts if part.columns]))
    groups = _by_folder(measured)
    groups = [piece for group in groups for piece in _by_part(_once(group))]
    groups = [piece for group in groups for piece in _rivals_apart(group)]
    groups = [_without_twins(group) for group in _tested(_continued(_with_root(groups)))]
    settings = [part for part in parts if not part.columns]
    for part in sorted(settings, key=lambda part: -len(_levels(part))):
        _give(part, groups, settings)
    return _named(groups)


def _without_twins(group: Group) -> Group:
    named, wrong = without_misnamed(group.parts)
    kept, twins = without_twins(named)
    kept, marked = without_marked(kept)
    kept, echoes = without_echoes(kept)
    kept, restated = without_restatements(kept)
    twins += [*wrong, *marked, *echoes, *restated]
    return replace(
        group,
        parts=[part for part in kept if part.columns or part.facts or part.events or part.status],
        skipped=[*group.skipped, *twins],
    )


def _named(groups: list[Group]) -> list[Group]:
    """Call runs as the tracker that kept them does, where no two of them are called so."""
    called = [
        {name for part in group.parts if not part.parser.config and (name := _called(part))}
        for group in groups
    ]
    known = Counter(name for names in called for name in names)
    for group, names in zip(groups, called, strict=True):
        if len(names) == 1 and known[min(names)] == 1:
            group.name = min(names)
    return groups


def _by_folder(parts: Sequence[Reading]) -> list[Group]:
    """Return one group a folder of a run; in one folder the folds and versions that files are
    called by are runs of their own.
    """
    groups: dict[tuple[str, ...], Group] = {}
    called: dict[tuple[str, ...], set[str]] = {}
    for part in parts:
        called.setdefault(folder_of(part), set()).update({run_in_name(part)} - {""})
    for part in parts:
        folder, name = folder_of(part), run_in_name(part)
        is_named = bool(name) and len(called[folder]) > 1
        place = (*folder, name) if is_named else folder
        groups.setdefault(place, Group("/".join(place), [], is_named=is_named)).parts.append(part)
    return list(groups.values())


def _once(group: Group) -> Group:
    kept, skipped = without_copies(group.parts)
    return replace(group, parts=kept, skipped=[*group.skipped, *skipped])


def _by_part(group: Group) -> list[Group]:
    """Set the runs of one file apart; the group's other files go with the run they agree with, else
    with the last one.
    """
    cut = [part for part in group.parts if part.is_cut]
    if not cut:
        return [group]
    lead = max(
        {part.log.shown for part in cut},
        key=lambda shown: sum(part.log.shown == shown for part in cut),
    )
    pieces = [part for part in cut if part.log.shown == lead]
    names = [_called(piece) for piece in pieces]
    counted = Counter(names)
    groups = [
        Group(
            name
            if name and counted[name] == 1
            else f"{name or piece.log.shown}:{_first_line(piece)}",
            [piece],
        )
        for name, piece in zip(names, pieces, strict=True)
    ]
    for other in group.parts:
        if other.log.shown != lead:
            _likest(other, groups, len(pieces)).parts.append(other)
    groups[-1].skipped = group.skipped
    return groups


def _called(part: Reading) -> str:
    """Return the name that the file itself gives to a run, or nothing."""
    return part.name or next(
        (str(fact.value) for fact in part.facts if fact.name == "run_name" and fact.value), ""
    )


def _first_line(part: Reading) -> int:
    return part.begins or int(min(column.line[0] for column in part.columns.values()))


def _likest(part: Reading, groups: list[Group], count: int) -> Group:
    scores = [
        max((_agreement(part, other) or 0.0 for other in group.parts), default=0.0)
        for group in groups
    ]
    if max(scores) > 0:
        return groups[int(np.argmax(scores))]
    return groups[min(part.part, count - 1)] if part.part else groups[-1]


def _rivals_apart(group: Group) -> list[Group]:
    """Set files of one format apart that tell of the same steps with other numbers; files of single
    ranks stay together.
    """
    rivals = [
        part
        for part in group.parts
        if any(_are_rivals(part, other) for other in group.parts if other is not part)
    ]
    if len(rivals) < 2:
        return [group]
    stems = [stem(part) for part in rivals]
    called = (
        stems
        if len(set(stems)) == len(stems)
        else [part.log.shown.rpartition("/")[0] or part.log.shown for part in rivals]
    )
    inside = _inside(group)
    whole = [_of_file(group, inside, part, name) for name, part in zip(called, rivals, strict=True)]
    apart = [Group(name, [part], is_named=True) for name, part in zip(whole, rivals, strict=True)]
    alone: dict[str, list[Reading]] = {}
    set_apart = set(map(id, rivals))
    for part in (part for part in group.parts if id(part) not in set_apart):
        if len(rivals) >= DRAWER and not any(
            _agreement(part, other) for one in apart for other in one.parts
        ):
            alone.setdefault(part.log.shown, []).append(part)
        else:
            _likest(part, apart, 0).parts.append(part)
    apart += [Group(shown, held, is_named=True) for shown, held in alone.items()]
    apart[0].skipped = group.skipped
    return apart


def _inside(group: Group) -> Reading | None:
    """Return the run inside a file that a group is called after (`train.log:124`), if it is."""
    return next(
        (
            one
            for one in group.parts
            if one.is_cut and group.name == f"{one.name or one.log.shown}:{_first_line(one)}"
        ),
        None,
    )


def _of_file(group: Group, inside: Reading | None, part: Reading, called: str) -> str:
    """Return the name of a file's run in its group; where the group is called after a run `inside`
    another file, that says nothing of this one.
    """
    if inside is None:
        return "/".join(filter(None, (group.name, called)))
    return group.name if part is inside else part.log.shown


def _are_rivals(a: Reading, b: Reading) -> bool:
    if (
        a is b
        or a.parser is not b.parser
        or a.log.shown == b.log.shown
        or RANKED.search(a.log.shown)
        or RANKED.search(b.log.shown)
    ):
        return False
    snapshots = CHECKPOINT.search(a.log.shown) and CHECKPOINT.search(b.log.shown)
    single = (
        len(a.columns) == 1
        and len(b.columns) == 1
        and a.log.path
        and b.log.path
        and a.log.path.parent != b.log.path.parent
    )
    if single and not snapshots:  # a store that keeps a folder for every curve
        return False
    # states of one training repeat all earlier rows
    same_name = a.log.shown.rpartition("/")[2] == b.log.shown.rpartition("/")[2]
    if _are_variants(a, b) or _are_launches(a, b):
        return True
    # one program wrote both: a single place tells them apart
    alike = a.columns.keys() == b.columns.keys()
    agreement = _agreement(
        a, b, share=0.0 if same_name else RIVAL_SHARE, least=1 if alike else MIN_COMMON
    )
    return agreement is not None and agreement < 1 - RIVAL_SHARE


def _are_launches(a: Reading, b: Reading) -> bool:
    """Return whether two processes wrote event files of the same curves into one folder, and
    neither goes on from the other.
    """
    first, second = process_of(a), process_of(b)
    if (
        first is None
        or second is None
        or first == second
        or not a.columns.keys() & b.columns.keys()
    ):
        return False
    if a.log.shown.rpartition("/")[0] != b.log.shown.rpartition("/")[0]:
        return False
    pairs = [(a.columns[key], b.columns[key]) for key in a.columns.keys() & b.columns.keys()]
    return not all(
        _follows(*sorted(pair, key=lambda column: float(column.x.min()))) for pair in pairs
    )


def _are_variants(a: Reading, b: Reading) -> bool:
    """Return whether one program wrote two files called after different things: the same columns,
    other words, and neither goes on from the other.
    """
    same_place = a.log.shown.rpartition("/")[0] == b.log.shown.rpartition("/")[0]
    alike = (
        len(a.columns) > 1
        and a.columns.keys() == b.columns.keys()
        and not any(key.entity for key in a.columns)
    )
    if not (same_place and alike) or _words(a) == _words(b):
        return False
    first, second = sorted(
        (a.longest, b.longest), key=lambda column: float(column.x.min()) if column else 0.0
    )
    if first is None or second is None:
        return False
    return not (min(len(first.x), len(second.x)) >= MIN_PIECE and _follows(first, second))


def _words(part: Reading) -> str:
    return " ".join(
        word for word in WORD.findall(stem(part).lower()) if not CONTINUES.fullmatch(word)
    )


def _agreement(
    a: Reading, b: Reading, share: float = RIVAL_SHARE, least: int = MIN_COMMON
) -> float | None:
    """Return how many of the common places hold equal values; None where fewer than `share` of the
    places, or `least`, are common.
    """
    pairs = (
        (column, other)
        for key, column in a.columns.items()
        if key.axis is not Axis.ROW
        for other in _like(key, b)
    )
    shares = [
        equal
        for column, other in pairs
        if (equal := _equal_share(column, other, share, least)) is not None
    ]
    return float(np.mean(shares)) if shares else None


def _like(key: ColumnKey, reading: Reading) -> list[Column]:
    return [column for other, column in reading.columns.items() if _place(other) == _place(key)]


def _place(key: ColumnKey) -> tuple[object, ...]:
    return key.name, key.split, key.axis, key.entity


def _equal_share(a: Column, b: Column, share: float, least: int) -> float | None:
    common, rows, others = np.intersect1d(a.x, b.x, return_indices=True)
    if len(common) < least or len(common) < share * min(len(np.unique(a.x)), len(np.unique(b.x))):
        return None
    if len(common) > 1 and np.ptp(a.y[rows]) == 0 and np.ptp(b.y[others]) == 0:
        return None
    return float(np.mean(np.isclose(a.y[rows], b.y[others], rtol=1e-3, atol=0, equal_nan=True)))


def _with_root(groups: list[Group]) -> list[Group]:
    """Join the files beside a single run's folder to it, a launcher's output beside the logger's
    own folder; of several to that whose rows they hold.
    """
    root = next((group for group in groups if group.name == ""), None)
    if root is None or len(groups) < 2:
        return groups
    if len(groups) > 2:
        return _with_equals(root, [group for group in groups if group is not root])
    root, other = sorted(groups, key=lambda group: group.name)
    if _differ(root, other):
        return groups
    return [Group(other.name, [*root.parts, *other.parts], [*root.skipped, *other.skipped])]


def _differ(root: Group, other: Group) -> bool:
    """Return whether files of one format tell of the same places with other numbers: a folder of an
    older run below the log of a new one.
    """
    pairs = [
        (one, its)
        for one in root.parts
        for its in other.parts
        if one.parser is its.parser and one.columns.keys() == its.columns.keys()
    ]
    shares = [share for one, its in pairs if (share := _agreement(one, its, least=1)) is not None]
    return bool(shares) and max(shares) < 1 - RIVAL_SHARE


def _with_equals(root: Group, others: list[Group]) -> list[Group]:
    """Give each file of the root to the run of a folder that tells the same rows; the others stay a
    run of their own.
    """
    left = []
    for part in root.parts:
        shares = [
            max((_agreement(part, other) or 0.0 for other in group.parts), default=0.0)
            for group in others
        ]
        if max(shares) >= EQUAL:
            others[int(np.argmax(shares))].parts.append(part)
        else:
            left.append(part)
    return (
        [replace(root, parts=left), *others]
        if left
        else [replace(others[0], skipped=[*root.skipped, *others[0].skipped]), *others[1:]]
    )


def _continued(groups: list[Group]) -> list[Group]:
    """Join runs of neighbouring folders where the later one goes on from the steps of the earlier
    one: a resumed training.
    """
    joined: list[Group] = []
    for group in groups:
        before = joined[-1] if joined else None
        if (
            before is not None
            and before.name != ""
            and not group.is_named
            and not _are_cut(before, group)
            and _goes_on(before, group)
        ):
            before.parts += [replace(part, why="resume") for part in group.parts]
            before.skipped += group.skipped
        else:
            joined.append(group)
    return joined


def _are_cut(before: Group, after: Group) -> bool:
    """Return whether two runs were cut from one file and the later one begins one step from 0: it
    stands apart from the end of the other.
    """
    files = [{part.log.shown for part in group.parts if part.is_cut} for group in (before, after)]
    columns = _main_columns(after).values()
    anew = all(len(one.x) > 1 and float(one.x[0]) == float(one.x[1] - one.x[0]) for one in columns)
    return not files[0].isdisjoint(files[1]) and anew


def _tested(groups: list[Group]) -> list[Group]:
    """Join what only a test of one row wrote to the run before it in the same folder: the program
    that trained it tested it.
    """
    joined: list[Group] = []
    for group in groups:
        before = joined[-1] if joined else None
        if (
            before is not None
            and _is_test(group)
            and not _is_test(before)
            and _above(before) == _above(group)
        ):
            before.parts += group.parts
            before.skipped += group.skipped
        else:
            joined.append(group)
    return joined


def _is_test(group: Group) -> bool:
    columns = [(key, column) for part in group.parts for key, column in part.columns.items()]
    return bool(columns) and all(
        key.split == "test" and len(column.x) == 1 for key, column in columns
    )


def _above(group: Group) -> str:
    return group.name.rpartition("/")[0]


def _goes_on(before: Group, after: Group) -> bool:
    a, b = _main_columns(before), _main_columns(after)
    common = set(a) & set(b)
    return bool(common) and all(_follows(a[key], b[key]) for key in common)


def _main_columns(group: Group) -> dict[tuple[str, str, Axis], Column]:
    found: dict[tuple[str, str, Axis], Column] = {}
    for part in group.parts:
        for key, column in part.columns.items():
            name = (key.name, key.split, key.axis)
            if key.axis in (Axis.STEP, Axis.ITERATION) and len(column.x) > len(
                found[name].x if name in found else ()
            ):
                found[name] = column
    return found


def _follows(before: Column, after: Column) -> bool:
    step = float(np.median(np.diff(before.x))) if len(before.x) > 1 else 1.0
    begin, end = float(after.x.min()), float(before.x.max())
    middle = (float(before.x.min()) + end) / 2
    return bool(middle < begin <= end + NEAR_ROWS * max(step, 1.0))


def _folder(part: Reading) -> str:
    return part.log.shown.rpartition("/")[0]


def _levels(part: Reading) -> tuple[str, ...]:
    """Return the folders that set a configuration apart from those of other runs, without a folder
    that only holds settings.
    """
    return tuple(name for name in folder_of(part) if not OF_SETTINGS.fullmatch(name))


def _give(part: Reading, groups: list[Group], settings: Sequence[Reading]) -> None:
    """Give a configuration to every run below its folder, and to all where none lies below it; last
    values only where it is one run.

    Of files called alike the one in the nearest folder counts, and one that lies beside the folders
    of the runs is of another run where a run has its own. A store that keeps each run in a folder
    of its own says whose a file is: that of a run without a metric is no other run's, and neither
    is a log of a folder beside those of several runs.
    """
    place = "/".join(folder_of(part))
    beside = [
        group
        for group in groups
        if any(one.columns and _folder(one) == _folder(part) for one in group.parts)
    ]
    beside = (
        beside
        if _folder(part) or any(_are_alike(one, group) for one in beside for group in groups)
        else []
    )
    below = beside or [
        group
        for group in groups
        if not place or group.name == place or group.name.startswith(f"{place}/")
    ]
    # a log without a row: how another run ended is no word on these
    tells = not part.parser.config and len(groups) > 1
    if not below and groups and (part.parser.run_folder or tells or _is_of_another(part, groups)):
        groups[0].skipped.append(Skipped(path=part.log.shown, reason=NO_METRIC(), code="empty"))
        return
    chosen = [
        group for group in below or groups if not any(_is_nearer(one, part) for one in group.parts)
    ]
    if len(chosen) > 1 and any(fact.name.startswith(SUMMARY) for fact in part.facts):
        chosen[0].skipped.append(Skipped(path=part.log.shown, reason=WHOSE(), code="empty"))
        return
    for group in chosen:
        group.parts.append(part)


def _are_alike(one: Group, other: Group) -> bool:
    """Return whether two runs are of one program: its settings beside the first, at the root, are
    not those of the second in a folder.
    """
    return one is not other and any(
        a.parser is b.parser and a.columns.keys() == b.columns.keys()
        for a in one.parts
        for b in other.parts
    )


def _is_nearer(one: Reading, part: Reading) -> bool:
    """Return whether a run has settings of the same file name from a folder below that of a file,
    which no store of a tracker keeps.
    """
    return (
        part.parser.run_folder is None
        and not one.columns
        and _file(one) == _file(part)
        and one is not part
        and len(_levels(one)) > len(_levels(part))
    )


def _is_of_another(part: Reading, groups: Sequence[Group]) -> bool:
    """Return whether settings lie beside the folders of runs of which one has settings of the same
    name: they are of a run without rows.
    """
    named = any(
        _file(one) == _file(part) and not one.columns for group in groups for one in group.parts
    )
    return named and bool(_levels(part)) and all(group.name for group in groups)


def _file(part: Reading) -> str:
    return part.log.shown.rpartition("/")[2]
