"""Facts and options from --set, lossreport.toml and pyproject.toml."""

from pathlib import Path

import pytest

import lossreport
from lossreport.analysis.detector import thresholds
from lossreport.errors import ConfigError
from lossreport.model.run import FactValue
from lossreport.settings import find_settings, parse_facts, with_facts
from lossreport.settings_file import line_of


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(
    ("pair", "name", "value"),
    [
        ("vocab_size=65536", "vocab_size", 65536),
        ("z_loss_weight=1e-5", "z_loss_weight", 1e-5),
        ("range.loss_ct=-1,1", "range.loss_ct", (-1, 1)),
        ("lr_milestones= 0.5 , 0.75 ", "lr_milestones", (0.5, 0.75)),
        ("bf16=True", "bf16", True),
        ("type.loss=cross_entropy", "type.loss", "cross_entropy"),
        ("note=a=b", "note", "a=b"),
        ("empty=", "empty", ""),
    ],
)
def test_a_set_option_is_read_as_what_it_looks_like(pair: str, name: str, value: FactValue) -> None:
    facts = parse_facts([pair])
    assert facts == {name: value}
    assert type(facts[name]) is type(value)


@pytest.mark.parametrize("pair", ["vocab_size", "=3", " =3"])
def test_a_set_option_without_name_or_equals_sign_is_refused_by_its_text(pair: str) -> None:
    with pytest.raises(ConfigError, match="NAME=VALUE") as caught:
        parse_facts([pair])
    assert repr(pair) in str(caught.value)


def test_the_last_of_two_set_options_of_one_name_wins() -> None:
    assert parse_facts(["lr=1", "lr=2"]) == {"lr": 2}


def test_dotted_keys_of_the_settings_file_are_facts(tmp_path: Path) -> None:
    text = 'range.loss_ct = [-1, 1]\nlang = "zh"\n[weight]\nloss_ct = 10\n'
    (tmp_path / "lossreport.toml").write_text(text, encoding="utf-8")
    found = find_settings([tmp_path])
    assert found.facts == {"range.loss_ct": (-1, 1), "weight.loss_ct": 10}
    assert found.options == {"lang": "zh"}
    assert found.origin == "lossreport.toml"


def test_the_file_beside_a_log_file_is_found(tmp_path: Path) -> None:
    (tmp_path / "lossreport.toml").write_text("vocab_size = 7\n", encoding="utf-8")
    assert find_settings([tmp_path / "log.txt"]).facts == {"vocab_size": 7}


def test_settings_beside_the_logs_win_over_the_project(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(
        '[tool.lossreport]\nvocab_size = 11\nseed = 2\nlang = "en"\n', encoding="utf-8"
    )
    logs = tmp_path / "logs"
    logs.mkdir()
    (logs / "lossreport.toml").write_text("vocab_size = 3\n", encoding="utf-8")
    found = find_settings([logs])
    assert found.facts == {"vocab_size": 3, "seed": 2}
    assert found.options == {"lang": "en"}


def test_a_chosen_file_is_the_only_one(tmp_path: Path) -> None:
    (tmp_path / "lossreport.toml").write_text("vocab_size = 11\n", encoding="utf-8")
    (tmp_path / "other.toml").write_text("seed = 2\n", encoding="utf-8")
    assert find_settings([tmp_path], str(tmp_path / "other.toml")).facts == {"seed": 2}


def test_no_settings_are_no_facts(tmp_path: Path) -> None:
    assert find_settings([tmp_path]).facts == {}
    assert find_settings(["-"]).options == {}


@pytest.mark.parametrize("name", ["lossreport.toml", "pyproject.toml"])
@pytest.mark.parametrize(
    "data", [b"vocab_size = = 3\n", b"a = '\xff'\n"], ids=["syntax", "no UTF-8"]
)
def test_bad_toml_is_told_with_the_name_of_the_file(tmp_path: Path, name: str, data: bytes) -> None:
    (tmp_path / name).write_bytes(data)
    with pytest.raises(ConfigError, match=name):
        find_settings([tmp_path])


def test_a_missing_chosen_file_is_told_by_its_path(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"gone\.toml"):
        find_settings([tmp_path], "gone.toml")


WRONG = """
vocab_sise = 3
lang = "jp"
[type]
closs = "cross_entropi"
[range]
loss_ct = [1, -1]
[threshold]
spike_exces = 2
clip_share = 7.0
[[reference]]
metric = "closs"
value = "2.1"
source = "run 17"
[[ignore_finding]]
kind = "spik"
reason = "x"
[[ignore_finding]]
reason = "x"
"""


def test_all_mistakes_are_told_at_once_with_their_lines_and_what_was_meant(tmp_path: Path) -> None:
    (tmp_path / "lossreport.toml").write_text(WRONG, encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        find_settings([tmp_path])
    told = str(caught.value).split("\n")
    expected = {
        "line 2: vocab_sise": "vocab_size",
        "line 3: lang": "'both', 'zh', 'en' or 'ja'",
        "line 5: type.closs": "cross_entropy",
        "line 7: range.loss_ct": "[low, high]",
        "line 9: threshold.spike_exces": "spike_excess",
        "line 10: threshold.clip_share": "less than or equal to 0.99",
        "line 13: reference.value": "number",
        "line 16: ignore_finding.kind": "spike",
        "line 18: ignore_finding": "kind, metric or key",
    }
    assert "9 mistakes" in told[0]
    for start, part in expected.items():
        (line,) = [line for line in told if line.strip().startswith(f"{start}:")]
        assert part in line


def test_a_slip_of_a_known_fact_is_refused_and_another_name_is_kept() -> None:
    with pytest.raises(ConfigError, match="vocab_size"):
        parse_facts(["vocab_sise=3"])
    assert parse_facts(["my_cluster=a100"]) == {"my_cluster": "a100"}


@pytest.mark.parametrize(
    ("place", "line"),
    [(("range", "a"), 2), (("weight", "b"), 4), (("reference", 1, "value"), 9), (("gone",), None)],
)
def test_the_line_of_a_setting_is_found(place: tuple[str | int, ...], line: int | None) -> None:
    text = (
        "# settings\nrange.a = [0, 1]\n[weight]\n'b' = 2\n[[reference]]\nvalue = "
        "1\n\n[[reference]]\nvalue = 2\n"
    )
    assert line_of(text, place) == line


def test_guidance_knows_where_it_was_written(tmp_path: Path) -> None:
    text = (
        "vocab_size = 7\n[threshold]\nclip_share = 0.3\n[[reference]]\nmetric = 'loss'\nvalue "
        "= 2.0\nsource = 'run 17'\n"
    )
    (tmp_path / "lossreport.toml").write_text(text, encoding="utf-8")
    guidance = find_settings([tmp_path]).guidance
    assert guidance.thresholds == {"clip_share": 0.3}
    assert guidance.origins == {
        "vocab_size": "lossreport.toml:1",
        "threshold.clip_share": "lossreport.toml:3",
    }
    assert with_facts(guidance, {"vocab_size": 8}).origins["vocab_size"] == "--set"
    assert [one.source for one in guidance.references] == ["run 17"]


@pytest.mark.parametrize("name", ["settings.md", "settings.zh.md"])
def test_the_example_of_the_documentation_is_valid_and_names_every_threshold(
    name: str, tmp_path: Path
) -> None:
    page = (Path(__file__).resolve().parents[1] / "docs" / name).read_text(encoding="utf-8")
    (tmp_path / "lossreport.toml").write_text(
        page.split("```toml")[1].split("```")[0], encoding="utf-8"
    )
    found = find_settings([tmp_path])
    assert found.guidance.ignored
    assert found.guidance.references
    for threshold, limits in thresholds().items():
        (row,) = [line for line in page.split("\n") if line.startswith(f"| `{threshold}` |")]
        assert f"{limits.low:g}" in row
        assert f"{limits.high:g}" in row


@pytest.mark.parametrize(
    ("inner", "is_refused"),
    [("vocab_size = 1000", True), ("layers = 12", False)],
    ids=["a setting", "a fact of one's own"],
)
def test_a_setting_in_a_table_of_ones_own_is_not_lost_silently(
    inner: str, is_refused: bool, tmp_path: Path
) -> None:
    (tmp_path / "log.csv").write_text("epoch,loss\n1,2\n2,1\n", encoding="utf-8")
    (tmp_path / "lossreport.toml").write_text(f"[facts]\n{inner}\n", encoding="utf-8")
    if is_refused:
        with pytest.raises(
            ConfigError, match=r"line 2: facts.vocab_size: belongs above all tables"
        ):
            lossreport.build([tmp_path], tmp_path / "r.html")
    else:
        lossreport.build([tmp_path], tmp_path / "r.html")
