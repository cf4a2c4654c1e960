"""How texts, phrases and numbers look, the same for every renderer."""

import math

import pytest

from lossreport.text import (
    LANGS,
    Join,
    Phrase,
    Quantity,
    Text,
    Value,
    change,
    factor,
    joined,
    number,
    percent,
    phrase,
    pieces,
    run_on,
    sentences,
    show_number,
    show_value,
)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (4964.0, "4964"),
        (-4964.0, "-4964"),
        (65536, "65536"),
        (1234567.0, "1234567"),
        (12345678.0, "1.235e7"),
        (5e-6, "5e-6"),
        (1e-5, "1e-5"),
        (0.001, "0.001"),
        (0.129, "0.129"),
        (11.0904, "11.09"),
        (95.19, "95.19"),
        (0.0, "0"),
        (-0.0, "0"),
        (2.0, "2"),
        (math.nan, "NaN"),
        (math.inf, "Infinity"),
        (-math.inf, "-Infinity"),
        (True, "true"),
    ],
)
def test_a_number_is_shown_with_four_significant_digits_and_no_grouping(
    value: float, shown: str
) -> None:
    assert show_number(value) == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (percent(0.0757), "7.6%"),
        (percent(0.79), "79%"),
        (change(-0.044), "-4.4%"),
        (change(0.044), "+4.4%"),
        (change(0.0), "0%"),
        (percent(1.0), "100%"),
        (percent(0.0), "0%"),
        (percent(0.9979), "99.8%"),
        (percent(0.998), "99.8%"),
        (number(11.0904, "nats"), "11.09 nats"),
        (percent(math.nan), "NaN"),
        (change(math.inf), "+Infinity"),
    ],
)
def test_a_quantity_carries_its_sign_and_unit(value: Quantity, shown: str) -> None:
    assert [show_value(value, lang) for lang in LANGS] == [shown, shown]


@pytest.mark.parametrize("share", [0.99996, 0.999999, 1 - 1e-9, 0.995, 0.9049, -0.99996])
def test_almost_all_never_reads_100_percent(share: float) -> None:
    shown = show_value(percent(share), "en")
    assert shown == "<100%" or 90 <= abs(float(shown.removesuffix("%"))) < 100


def test_99_996_percent_keeps_the_digits_that_the_rest_to_100_needs() -> None:
    assert show_value(percent(0.99996), "en") == "99.996%"


@pytest.mark.parametrize("share", [1e-9, 1e-6, 4e-5])
def test_a_little_never_reads_0_percent(share: float) -> None:
    assert show_value(percent(share), "en") not in ("0%", "0.0%")


def test_a_multiple_is_written_as_each_language_does() -> None:
    assert show_value(factor(8.583), "en") == "8.6×"
    assert show_value(factor(8.583), "zh") == "8.6 倍"


def test_an_enumeration_uses_the_comma_of_the_language() -> None:
    assert joined(7, 10) == Join(items=(7, 10))
    assert (show_value(joined(7, 10), "en"), show_value(joined(7, 10), "zh")) == ("7, 10", "7、10")


def test_a_unit_in_words_follows_the_language() -> None:
    value = number(3.0, Text(zh="样本", en="samples"))
    assert (show_value(value, "zh"), show_value(value, "en")) == ("3 样本", "3 samples")


@pytest.mark.parametrize(("zh", "en"), [("", "a"), ("甲", "")])
def test_a_missing_language_fails(zh: str, en: str) -> None:
    with pytest.raises(ValueError, match="language is missing"):
        Text(zh=zh, en=en)


def test_placeholders_that_differ_fail() -> None:
    with pytest.raises(ValueError, match="placeholders differ"):
        Text(zh="{metric} 上升", en="{name} rises")


@pytest.mark.parametrize("values", [{}, {"metric": "a", "other": "b"}, {"name": "a"}])
def test_values_that_do_not_fit_the_placeholders_fail(values: dict[str, Value]) -> None:
    with pytest.raises(ValueError, match="do not fit"):
        Text(zh="{metric} 上升", en="{metric} rises")(**values)


@pytest.mark.parametrize(
    "name", ["{metric}", "**bold**", "`code`", "<img src=x onerror=1>", "a{b", "{0}", "%s"]
)
def test_a_value_stays_as_it_is_in_plain_text(name: str) -> None:
    said = Text(zh="指标 **`{metric}`** 上升", en="**`{metric}`** rises")(metric=name)
    assert (said.plain("zh"), said.plain("en")) == (f"指标 {name} 上升", f"{name} rises")


def test_a_phrase_inside_a_phrase_follows_the_language() -> None:
    inner = Text(zh="第 {n} 轮", en="epoch {n}")(n=7)
    outer = Text(zh="在{at}", en="at {at}")(at=inner)
    assert (outer.plain("zh"), outer.plain("en")) == ("在第 7 轮", "at epoch 7")


def test_the_values_of_a_phrase_cannot_be_changed() -> None:
    said = Text(zh="{a}", en="{a}")(a=1)
    with pytest.raises(TypeError):
        said.values["a"] = 2  # type: ignore[index]


def test_pieces_put_together_are_the_template() -> None:
    template = "{a} and {b_2}: done"
    assert (
        "".join(
            piece if isinstance(piece, str) else f"{{{piece.name}}}" for piece in pieces(template)
        )
        == template
    )


def test_a_text_without_placeholders_is_a_phrase_without_values() -> None:
    text = Text(zh="轮", en="epoch")
    assert phrase(text) == Phrase(text=text)
    assert phrase(text()) == text()


PARTS = Text(zh="{status}{goal}", en="{status} {goal}")
TWO = Text(
    zh="`{metric}` 已走平。另外：{names} 仍在改善。",
    en="`{metric}` is flat. Besides, {names} improves.",
)
LED = Text(zh="{first}目标 {second}", en="{first} The goal: {second}")


def test_a_phrase_is_broken_into_the_same_sentences_in_both_languages() -> None:
    ended = Text(zh="训练已结束。", en="Finished.")()
    told = TWO(metric="loss. Not an end.", names="acc")
    whole = PARTS(status=ended, goal=LED(first=told, second=ended))
    assert [part.plain("en") for part in sentences(whole)] == [
        "Finished.",
        "loss. Not an end. is flat.",
        "Besides, acc improves.",
        "The goal: Finished.",
    ]
    assert [part.plain("zh") for part in sentences(whole)] == [
        "训练已结束。",
        "loss. Not an end. 已走平。",
        "另外：acc 仍在改善。",
        "目标训练已结束。",
    ]
    assert run_on(sentences(whole)).plain("en") == whole.plain("en")


def test_the_cost_of_a_step_is_a_sentence_even_where_the_languages_break_up_the_rest_differently() -> (
    None
):
    step = Text(
        zh="先看 {name}；再看别的。代价：几分钟。",
        en="Look at {name}. Then at others. Cost: minutes.",
    )
    assert [part.plain("en") for part in sentences(step(name="a"))] == [
        "Look at a. Then at others.",
        "Cost: minutes.",
    ]
    uneven = Text(zh="先看 {name}，再看别的。", en="Look at {name}. Then at others.")
    assert [part.plain("en") for part in sentences(uneven(name="a"))] == [
        "Look at a. Then at others."
    ]


@pytest.mark.parametrize("rate", ["", "（1）"])
def test_a_sentence_is_whole_where_a_value_within_it_is_empty(rate: str) -> None:
    step = Text(
        zh="没有 checkpoint。{first}检查学习率{lr}、初始化。代价：几分钟。",
        en="No checkpoint.{first} Check the rate{lr}, the weights. Cost: minutes.",
    )
    made = sentences(step(first="", lr=rate))
    assert [part.plain("en") for part in made] == [
        "No checkpoint.",
        f"Check the rate{rate}, the weights.",
        "Cost: minutes.",
    ]
    assert [part.plain("zh") for part in made] == [
        "没有 checkpoint。",
        f"检查学习率{rate}、初始化。",
        "代价：几分钟。",
    ]
