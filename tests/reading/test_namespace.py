"""A Namespace printed on one line of a log."""

import pytest

from lossreport.model.run import FactValue
from lossreport.reading.kit.namespace import namespace_facts
from lossreport.reading.kit.settings import Settings


@pytest.mark.parametrize(
    ("item", "value"),
    [
        ("lr=5e-06", 5e-06),
        ("epochs=20", 20),
        ("resume=None", None),
        ("fp16=True", True),
        ("name='a, b=c (d)'", "a, b=c (d)"),
        ("betas=(0.9, 0.95)", (0.9, 0.95)),
        ("tags=['a', 'b']", ("a", "b")),
        ("device=cuda:0", "cuda:0"),
        ("path=PosixPath('/x')", "PosixPath('/x')"),
    ],
)
def test_a_value_is_its_python_literal_or_stays_a_string(item: str, value: FactValue) -> None:
    name = item.partition("=")[0]
    assert namespace_facts(f"2026 >> Namespace(first=1, {item}, last=2)") == [
        ("first", 1),
        (name, value),
        ("last", 2),
    ]


def test_a_mapping_inside_is_flattened_by_dots() -> None:
    assert namespace_facts("Namespace(model={'vocab_size': 7, 'dims': [1, 2]})") == [
        ("model.vocab_size", 7),
        ("model.dims", (1, 2)),
    ]


@pytest.mark.parametrize(
    "text", ["Namespace(batch_size=8,", "no arguments here", "Namespace()", "MyNamespace(a=1)", ""]
)
def test_text_without_a_closed_namespace_holds_no_facts(text: str) -> None:
    assert namespace_facts(text) == []


def test_a_namespace_printed_an_item_a_line_is_read_whole() -> None:
    settings = Settings()
    lines = [
        "Train parameters: Namespace(batch_size=64,",
        "name='Scene15',",
        "dims=[[20,",
        "128],",
        "[59,",
        "128]],",
        "lr=0.002,",
        "save=False)",
    ]
    assert all(settings.see(text, number) for number, text in enumerate(lines, 5))
    found = {fact.name: (fact.value, fact.line) for fact in settings.facts()}
    assert found["lr"] == (0.002, 11)
    assert found["name"] == ("Scene15", 6)
    assert found["dims"] == (((20, 128), (59, 128)), 7)
    assert found["save"] == (False, 12)


def test_a_namespace_that_never_closes_gives_what_its_lines_say() -> None:
    settings = Settings()
    for number, text in enumerate(["Namespace(a=1,", "lr=0.1", "epochs: 30"], 1):
        settings.see(text, number)
    assert {fact.name: fact.value for fact in settings.facts()} == {"lr": 0.1, "epochs": 30}
