"""The scale section asks what a reader asks, and answers first."""

import lossreport
from lossreport.model.run import Run
from runs import falling, make_run


def asked(run: Run) -> str:
    report = lossreport.compose(lossreport.analyze(run, strict=True), strict=True)
    page = lossreport.render(report, "md", "en")
    return page.partition("## The scale of each loss")[2].partition("<details>")[0]


def test_a_loss_below_chance_is_better_than_a_guess() -> None:
    told = asked(make_run(ce_loss=falling(30, 6, 2), facts={"vocab_size": 1000}))
    assert "good?** **It is below the chance level**" in told
    assert "6.908 nats (ln(vocab\\_size))" in told


def test_a_loss_at_or_above_chance_is_no_better_than_a_guess() -> None:
    told = asked(
        make_run(ce_loss=[9.0, 8.5, 8.2, 8.0, 7.9, 7.8, 7.7, 7.7], facts={"vocab_size": 1000})
    )
    assert "**Not by this number**: it is not below the chance level" in told


def test_of_a_loss_of_no_known_kind_it_is_said_that_its_size_tells_nothing() -> None:
    told = asked(make_run(loss=falling(30)))
    assert (
        "Are the values of `loss` good?** **That cannot be told**: their names do not say" in told
    )
    assert "| loss |" not in told  # a table of unknowns stands behind the fold


def test_two_losses_of_different_kinds_and_sizes_are_said_to_have_different_scales() -> None:
    facts = {"vocab_size": 1000}
    far = asked(make_run(ce_loss=falling(30, 6, 3), l1_loss=falling(30, 0.5, 0.1), facts=facts))
    near = asked(make_run(ce_loss=falling(30, 6, 3), l1_loss=falling(30, 5, 2), facts=facts))
    assert "Why is `ce_loss` (" in far
    assert "They are on different scales and cannot be compared" in far
    assert "different scales" not in near


def test_two_entropies_in_nats_are_not_called_incomparable() -> None:
    told = asked(
        make_run(
            ce_loss=falling(30, 6, 3),
            mlogloss=falling(30, 0.9, 0.3),
            facts={"vocab_size": 1000, "num_classes": 10},
        )
    )
    assert "different scales" not in told
