"""What of the first screen is seen at once: whole sentences within a budget of words."""

import pytest

import lossreport
from lossreport.compose.brief import OUTCOMES, brief, brief_events, fitted, words, words_of
from lossreport.compose.section import Story
from lossreport.compose.sections.answer import place
from lossreport.model.report import Step
from lossreport.text import Text
from runs import falling, make_run

ENDED = Text(zh="训练已结束。", en="Finished.")
GOAL = Text(
    zh="指标一直改善到最后，没有回升，末值就是最好的一次。另外，训练 loss 仍在下降。",
    en="The metric improved to the very end and never turned, so that its last value is its "
    "best. Besides, the training loss falls.",
)
WHOLE = Text(zh="{status}{goal}{fault}", en="{status} {goal}{fault}")
STEP = Text(zh="先看 batch。代价：几分钟。", en="Look at the batches. Cost: minutes.")


def test_how_a_run_ended_is_never_told_without_its_goal() -> None:
    screen = fitted(WHOLE(status=ENDED(), goal=GOAL(), fault=""), (), (), (), room=1)
    assert screen.outcome.seen.plain("en").startswith("Finished. The metric improved")
    assert screen.outcome.rest is not None
    assert screen.outcome.rest.plain("en") == "Besides, the training loss falls."


def test_what_fits_is_seen_and_the_rest_is_kept() -> None:
    text = GOAL()
    for most in range(1, 40):
        made = brief(text, most)
        assert words([made.seen]) <= most or made.seen.plain("en").startswith(
            "The metric improved to the very end"
        )
        told = made.seen.plain("en") + (
            f" {made.rest.plain('en')}" if made.rest is not None else ""
        )
        assert told == text.plain("en")


@pytest.mark.parametrize("room", [1, 100])
def test_the_cost_of_a_step_is_asked_after_the_step(room: int) -> None:
    (step,) = fitted(ENDED(), (), (), (Step(text=STEP()),), room).steps
    assert step.brief is not None
    assert step.brief.seen.plain("zh") == "先看 batch。"


def test_events_that_do_not_fit_are_told_by_their_places_the_later_first() -> None:
    loss = falling(80, noise=0.001)
    loss[[20, 60]] = 40.0
    analysis = lossreport.analyze(make_run(loss=loss, axis="step"), strict=True)
    (story,) = Story.all_of(analysis)
    findings = story.findings[:1] * 3
    places = [place(story, one) for one in findings]
    whole = words_of(brief_events(findings, places, 10_000))
    fewer = brief_events(findings, places, whole - 1)
    assert words_of(fewer) < whole
    assert [one.text == at for one, at in zip(fewer, places, strict=True)] == sorted(
        one.text == at for one, at in zip(fewer, places, strict=True)
    )
    assert [one.text for one in brief_events(findings, places, 0, whole=0)] == places
    assert max(OUTCOMES) == OUTCOMES[0]
