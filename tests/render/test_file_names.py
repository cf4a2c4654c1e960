"""Files are named in sentences as a reader needs them, and in full where one looks for them."""

import pytest

from lossreport.render.file_names import LONGEST, FileNames, short_names, without_file
from lossreport.text import Join, Text, show_value

SPIKE = Text(zh="`{metric}`（{path}）跳到 {value}。", en="`{metric}` ({path}) jumps to {value}.")
IN_WORDS = Text(zh="{path} 里的 `{metric}`", en="`{metric}` in {path}")


def test_one_file_is_not_named_in_every_sentence() -> None:
    said = SPIKE(metric="loss", path="train.log", value=3.0)
    one, two = FileNames(is_one=True, short={}), FileNames(is_one=False, short={})
    assert [show_value(names.told(said), "en") for names in (one, two)] == [
        "loss jumps to 3.",
        "loss (train.log) jumps to 3.",
    ]
    assert show_value(one.told(Join(items=(said, "x"))), "zh") == "loss跳到 3。、x"


def test_a_sentence_that_names_its_file_in_other_words_keeps_it() -> None:
    assert without_file(IN_WORDS) is IN_WORDS


@pytest.mark.parametrize(("length", "is_short"), [(LONGEST, False), (LONGEST + 1, True)])
def test_a_name_is_shortened_from_a_length_on(length: int, is_short: bool) -> None:
    path = "runs/" + "a" * (length - 4) + ".log"
    assert (path in short_names([path])) is is_short


def test_names_that_would_be_alike_are_kept_and_event_files_go_by_their_time() -> None:
    alike = [f"{'a' * 12}{middle}{'b' * 30}.log" for middle in "xy"]
    assert short_names(alike) == {}
    assert short_names(["tb/events.out.tfevents.1795330586.vm.21500.0"]) == {
        "tb/events.out.tfevents.1795330586.vm.21500.0": "tb/tfevents…0586"
    }


def test_a_series_through_several_files_names_each_briefly() -> None:
    long = "x" * 60 + ".log"
    names = FileNames(is_one=False, short=short_names([long]))
    said = SPIKE(metric="loss", path=f"{long} + b.log", value=3.0)
    assert (
        show_value(names.told(said), "en")
        == f"loss ({short_names([long])[long]} + b.log) jumps to 3."
    )
