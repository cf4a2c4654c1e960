"""Every published spike rule fires above its threshold, is silent below it, and says when it has
too few rows to judge.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

import lossreport
from lossreport.analysis.jury import JURORS, _kill_loss_spike, _lightning, _rolling
from lossreport.model.analysis import Position, Vote
from lossreport.model.run import Floats
from lossreport.render.thinning import LIMIT
from lossreport.render.to_json import to_dict
from runs import SAMPLES, SEED_CLOSS, flat, make_run, rng

BY_ID = {juror.id: juror for juror in JURORS}


def votes(y: object, name: str = "closs") -> dict[str, Vote]:
    analysis = lossreport.analyze(make_run(**{name: y}), strict=True)  # type: ignore[arg-type]
    return {vote.juror: vote for vote in analysis.juries[0].votes}


def test_the_table_of_the_document_s_closs() -> None:
    found = {name: [at.x for at in vote.fires] for name, vote in votes(SEED_CLOSS).items()}
    assert found == {
        "olmo": [],
        "olmo_core": [],
        "skip_step": [],
        "kill_loss_spike": [],
        "megatron": [],
        "lightning": [7, 10],
        "autotrainer": [],
        "z_score": [7],
        "iqr": [7, 10],
        "mad": [7, 10],
    }


def test_who_has_too_few_rows_says_so() -> None:
    reasons = {
        name: vote.reason.plain("en")
        for name, vote in votes(SEED_CLOSS).items()
        if vote.reason is not None
    }
    assert reasons == {
        "olmo": "needs 1001 rows, has 12",
        "olmo_core": "needs 128 rows, has 12",
        "skip_step": "needs 64 rows, has 12",
        "kill_loss_spike": "needs 100 rows, has 12",
        "megatron": "needs 100 rows, has 12",
    }


def sd_away(n: int, row: int, sd: float) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """A flat curve whose row stands `sd` standard deviations of the rows before above their
    mean.
    """
    y = 4 + 0.1 * rng(1).standard_normal(n)
    before = y[max(0, row - 1000) : row]
    y[row] = before.mean() + sd * before.std(ddof=1)
    return y


CASES = [
    ("olmo", sd_away(1100, 1050, 7.1), [1050], sd_away(1100, 1050, 6.9)),
    (
        "megatron",
        np.r_[flat(120), 10.5 * flat(100).max(), 2.0],
        [120],
        np.r_[flat(120), 9.5 * flat(100).max(), 2.0],
    ),
    ("autotrainer", [5.0, 1000.0, 5.0], [1], [5.0, 999.0, 5.0]),
    ("lightning", [1.0] * 12 + [3.0, 1.0], [12], [1.0] * 12 + [2.9, 1.0]),
    ("kill_loss_spike", [1.0] * 100 + [3.0] * 5 + [1.0], [104], [1.0] * 100 + [3.0] * 4 + [1.0]),
]


@pytest.mark.parametrize(("name", "above", "rows", "below"), CASES, ids=[case[0] for case in CASES])
def test_a_rule_fires_above_its_threshold_and_not_below(
    name: str, above: object, rows: list[int], below: object
) -> None:
    judge = BY_ID[name].judge
    assert list(judge(np.array(above, dtype=float)) or ()) == rows
    assert list(judge(np.array(below, dtype=float)) or ()) == []


@pytest.mark.parametrize(("name", "least"), [("olmo_core", 128), ("skip_step", 63)])
def test_the_rolling_rules_fire_six_deviations_away_once_they_have_their_rows(
    name: str, least: int
) -> None:
    y = np.r_[4 + 0.1 * rng(2).standard_normal(least), 9.0]
    assert BY_ID[name].judge(y) == [least]
    assert BY_ID[name].judge(y[1:]) == []


def test_high_losses_count_for_llm_foundry_after_two_windows() -> None:
    assert list(BY_ID["kill_loss_spike"].judge(np.full(202, 11.0)) or ()) == [200, 201]
    assert list(BY_ID["kill_loss_spike"].judge(np.full(202, 9.0)) or ()) == []


def test_a_spread_of_zero_is_no_vote() -> None:
    y = np.full(40, 4.0)
    y[20] = 9.0
    assert votes(y)["mad"].reason is not None
    assert votes(y)["z_score"].reason is None


def test_no_spike_no_jury_and_no_verdict_changes() -> None:
    assert lossreport.analyze(make_run(closs=flat(40)), strict=True).juries == ()


def test_the_json_holds_the_votes() -> None:
    data = to_dict(
        lossreport.analyze(lossreport.read_run([SAMPLES / "vla_action_head"]), strict=True)
    )
    votes = {vote["juror"]: vote for vote in data["juries"][0]["votes"]}
    assert [at["x"] for at in votes["lightning"]["fires"]] == [7, 10]
    assert votes["olmo_core"]["reason"]["zh"] == "需要 128 行，只有 12 行"


@pytest.mark.parametrize(("fired", "held"), [(LIMIT, LIMIT), (LIMIT + 1, LIMIT)])
def test_the_json_holds_as_many_places_as_points_and_counts_all(fired: int, held: int) -> None:
    analysis = lossreport.analyze(lossreport.read_run([SAMPLES / "vla_action_head"]))
    (jury, *_), (vote, *_) = analysis.juries, analysis.juries[0].votes
    place = Position(x=1.0, row=1, line=2)
    jury = replace(jury, votes=(replace(vote, reason=None, fires=(place,) * fired),))
    told = to_dict(replace(analysis, juries=(jury,)))["juries"][0]["votes"][0]
    assert len(told["fires"]) == held
    assert told["fired"] == fired


# What the rules say row by row, as their sources do


def rolling(y: Floats, least: int, most: int, limit: float, *, both: bool) -> list[int]:
    found = []
    for row in range(least, len(y)):
        before = y[max(0, row - most) : row]
        away, spread = y[row] - before.mean(), before.std(ddof=1)
        if spread > 0 and (abs(away) if both else away) > limit * spread:
            found.append(row)
    return found


def kill_loss_spike(y: Floats) -> list[int]:
    found, in_a_row = [], 0
    for row in range(100, len(y)):
        before = y[row - 100 : row]
        in_a_row = in_a_row + 1 if y[row] >= 2 * before.mean() else 0
        if in_a_row >= 5 or (row >= 200 and np.count_nonzero(before > 10) >= 50):
            found.append(row)
    return found


def lightning(y: Floats) -> list[int]:
    found: list[int] = []
    kept = [float(y[0])]
    for row in range(1, len(y)):
        mean = float(np.mean(kept[-10:]))
        if y[row] > kept[-1] and abs(y[row] - mean) >= abs(2.0 * mean):
            found.append(row)
        else:
            kept.append(float(y[row]))
    return found


def curves() -> Iterator[Floats]:
    """Yield curves of many lengths: noise, spikes, steps, constants, runs of large values, values
    without bound.
    """
    draw = np.random.default_rng(3)
    for n in (1, 2, 9, 11, 64, 65, 99, 101, 128, 129, 201, 205, 300, 1001, 2100):
        base = 3 + 0.1 * draw.standard_normal(n)
        spiky = base * np.where(draw.random(n) < 0.02, draw.uniform(1, 20, n), 1.0)
        yield from (
            base,
            spiky,
            np.round(base, 1),
            np.full(n, 0.1),
            np.where(np.arange(n) % 300 < 60, 50.0, base),
        )
        yield from (
            np.where(draw.random(n) < 0.01, 1e26, base),
            base + 1e9,
            draw.standard_cauchy(n),
            np.zeros(n),
            2.0 ** np.minimum(np.arange(n), 400),
        )


def test_the_rules_say_of_all_rows_at_once_what_they_say_row_by_row() -> None:
    fired = 0
    for y in curves():
        for least, most, limit, both in (
            (1000, 1000, 7.0, False),
            (128, 128, 6.0, False),
            (63, 128, 6.0, True),
            (8, 16, 1.5, True),
        ):
            expected = rolling(y, least, most, limit, both=both)
            assert _rolling(y, least=least, most=most, limit=limit, both=both) == expected
            fired += len(expected)
        assert _kill_loss_spike(y) == kill_loss_spike(y)
        assert _lightning(y) == lightning(y)
        fired += min(len(lightning(y)), 1) + min(len(kill_loss_spike(y)), 1)
    assert fired > 1000
