"""What the user says about judging: thresholds on both sides, findings left alone with a reason and
an end, own references.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date

import numpy as np
import numpy.typing as npt
import pytest

import lossreport
from lossreport.analysis.detector import thresholds
from lossreport.model.analysis import Analysis, State
from lossreport.model.guidance import Guidance, IgnoreRule, OwnReference
from lossreport.model.run import Run
from runs import falling, flat, make_run, rng


def judged(run: Run, **guidance: object) -> Analysis:
    return lossreport.analyze(replace(run, guidance=Guidance(**guidance)), strict=True)  # type: ignore[arg-type]


def spiked(factor: float = 2.0) -> Run:
    y = falling(100, noise=0.003)
    y[[60, 80]] *= factor
    return make_run(loss=y)


def step(at: float, n: int = 400) -> npt.NDArray[np.float64]:
    return flat(n, 4.0, 0.003) * np.where(np.arange(n) < n // 2, 1.0, at)


def clipped(share: float) -> Run:
    return make_run(
        loss=falling(400),
        grad_norm=np.where(rng(1).random(400) < share, 2.0, 0.5),
        facts={"clip_grad": 1.0},
    )


def waiting(share: float) -> Run:
    data = np.where(rng(2).random(200) < 0.2, share, 0.01)
    return make_run(loss=falling(200), data_time=data, step_time=np.ones(200))


CASES: dict[str, tuple[str, Callable[[], Run], float, float]] = {
    "above_chance": (
        "above_chance",
        lambda: make_run(closs=flat(40, np.log(100) * 1.05), facts={"vocab_size": 100}),
        0.02,
        0.10,
    ),
    "clip_share": ("clip_saturation", lambda: clipped(0.6), 0.5, 0.8),
    "data_wait": ("data_stall", lambda: waiting(0.4), 0.3, 0.5),
    "divergence_rise": (
        "divergence",
        lambda: make_run(loss=np.r_[falling(60), 2 * np.linspace(1, 1.6, 60)]),
        0.15,
        2.0,
    ),
    "flat_gain": (
        "plateau",
        lambda: make_run(loss=np.r_[falling(300, 8, 4), flat(300, 4.0, 0.003)]),
        0.02,
        0.001,
    ),
    "level_shift": ("level_shift", lambda: make_run(loss=step(1.2)), 0.07, 0.5),
    "memory_growth": (
        "memory_growth",
        lambda: make_run(loss=falling(200), memory=np.linspace(1e4, 1.2e4, 200)),
        0.05,
        0.5,
    ),
    "overfitting_rise": (
        "overfitting",
        lambda: make_run(
            loss=falling(40), val_loss=np.r_[np.linspace(3, 2, 20), np.linspace(2, 2.2, 20)]
        ),
        0.03,
        0.5,
    ),
    "spike_excess": ("spike", spiked, 0.10, 2.0),
    "throughput_drop": (
        "throughput_drop",
        lambda: make_run(
            loss=falling(200), tokens_per_sec=np.r_[flat(100, 1000.0), np.linspace(1000, 700, 100)]
        ),
        0.13,
        0.5,
    ),
}


def test_every_threshold_has_a_case() -> None:
    assert set(CASES) == set(thresholds())


@pytest.mark.parametrize("name", CASES)
def test_a_threshold_decides_on_both_sides(name: str) -> None:
    kind, make, fires, silent = CASES[name]
    for value, expected in ((fires, True), (silent, False)):
        assert thresholds()[name].low <= value <= thresholds()[name].high
        found = judged(make(), thresholds={name: value}).findings
        assert (kind in {finding.kind for finding in found}) is expected, value


@pytest.mark.parametrize("name", CASES)
def test_the_default_of_a_threshold_lies_within_its_limits(name: str) -> None:
    one = thresholds()[name]
    assert one.low <= one.default <= one.high
    kind, make, _, _ = CASES[name]
    assert kind in {finding.kind for finding in judged(make()).findings}


def test_an_ignored_spike_counts_for_nothing_and_is_shown_with_its_reason() -> None:
    rule = IgnoreRule(reason="known bad shard", kind="spike", metric="loss")
    plain, made = judged(spiked()), judged(spiked(), ignored=(rule,))
    assert plain.run_verdict("r1").state is State.UNSTABLE
    assert made.run_verdict("r1").state is State.IMPROVING
    assert not [finding for finding in made.findings if finding.kind == "spike"]
    assert [one.reason for one in made.ignored] == ["known bad shard"] * 2
    trends = [
        next(v.trend for v in analysis.verdicts if v.series)
        for analysis in (made, judged(make_run(loss=falling(100, noise=0.003))))
    ]
    assert trends[0] is not None
    assert trends[1] is not None
    # its rows are still no part of the trend
    assert trends[0].gain == pytest.approx(trends[1].gain, abs=0.01)
    page = lossreport.render(lossreport.compose(made), format="md", lang="both")
    assert page.count("known bad shard") >= 2


@pytest.mark.parametrize(
    ("rule", "left"),
    [
        (IgnoreRule(reason="r", metric="other"), 2),
        (IgnoreRule(reason="r", key="spike:*#60"), 1),
        (IgnoreRule(reason="r", kind="divergence"), 2),
        (IgnoreRule(reason="r", kind="spike"), 0),
    ],
)
def test_a_rule_takes_out_what_it_names_and_nothing_else(rule: IgnoreRule, left: int) -> None:
    found = judged(spiked(), ignored=(rule,)).findings
    assert sum(finding.kind == "spike" for finding in found) == left


@pytest.mark.parametrize(
    ("last", "left", "remarked"),
    [("2026-03-01 10:00:00", 0, False), ("2026-03-02 00:00:01", 2, True), (None, 0, True)],
    ids=["before its end", "after its end", "no date in the log"],
)
def test_a_rule_ends_on_its_day_by_the_time_of_the_log(
    last: str | None, left: int, remarked: bool
) -> None:
    run = replace(spiked(), time=("2026-02-01 10:00:00", last) if last else (None, None))
    made = judged(run, ignored=(IgnoreRule(reason="r", kind="spike", until=date(2026, 3, 1)),))
    assert sum(finding.kind == "spike" for finding in made.findings) == left
    assert any(item.check == "ignore_finding" for item in made.not_applicable) is remarked


def test_a_reference_of_the_users_own_stands_beside_the_published_ones() -> None:
    made = judged(
        make_run(closs=falling(40)),
        references=(OwnReference(metric="closs", value=2.5, source="run 17"),),
    )
    page = lossreport.render(lossreport.compose(made), format="md", lang="en")
    assert "run 17 (given by the user)" in page


# ------------------------------------------------------------------------------- the value in force
def page(run: Run, **set_to: float) -> str:
    return lossreport.render(
        lossreport.compose(judged(run, thresholds=set_to)), format="md", lang="both"
    )


@pytest.mark.parametrize(
    ("set_to", "said"), [({}, "30%"), ({"data_wait": 0.1}, "10%")], ids=["default", "set"]
)
def test_the_sentence_on_waiting_says_the_share_that_counts(
    set_to: dict[str, float], said: str
) -> None:
    text = page(waiting(0.4), **set_to)
    assert f"takes more than {said} of the step time" in text
    assert f"占单步时间（`step_time`）的 {said} 以上" in text


@pytest.mark.parametrize(
    ("set_to", "within", "half"),
    [({}, "2%", "1%"), ({"flat_gain": 0.1}, "10%", "5%")],
    ids=["default", "set"],
)
def test_the_criteria_of_flat_are_those_in_force(
    set_to: dict[str, float], within: str, half: str
) -> None:
    text = page(make_run(loss=falling(100)), **set_to)
    assert f"the whole interval within ±{within} and the estimate below {half}." in text
    assert f"整个区间在 ±{within} 以内、估计值不到 {half} 算走平" in text


def test_what_would_settle_an_open_verdict_is_told_in_the_width_in_force() -> None:
    noisy = make_run(loss=np.r_[falling(60), 2.0 + 0.3 * rng(5).standard_normal(60)])
    minds = [
        v.change_mind
        for v in judged(noisy, thresholds={"flat_gain": 0.004}).verdicts
        if v.change_mind is not None
    ]
    assert minds
    assert all("0.4%" in mind.plain("en") and "0.4%" in mind.plain("zh") for mind in minds)


def test_of_a_fifth_of_the_steps_nothing_says_most_or_half() -> None:
    run = clipped(0.18)
    text = page(run, clip_share=0.1)
    share = next(
        f.numbers["share"]
        for f in judged(run, thresholds={"clip_share": 0.1}).findings
        if f.kind == "clip_saturation"
    )
    assert 0.1 < share < 0.25
    for word in ("most steps", "half of the steps", "多数步", "一半的步"):
        assert word not in text
    assert f"{100 * share:.2g}% of the steps are clipped" in text


def test_a_share_of_clipped_steps_that_is_aimed_at_is_not_advised_against() -> None:
    made = judged(clipped(0.08), thresholds={"clip_share": 0.05})
    assert "clip_saturation" in {finding.kind for finding in made.findings}
    assert not [one for one in made.recommendations if "steps are clipped" in one.text.plain("en")]


def test_a_steady_rise_below_the_bar_of_a_divergence_is_not_called_noise() -> None:
    rise = make_run(loss=np.r_[falling(60), 2 * np.linspace(1, 1.6, 60)])
    assert "beyond its noise" not in page(rise, divergence_rise=10.0)
