"""A comparison says what differs with its interval, and nothing of runs that cannot be judged."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import jsonschema
import numpy as np
import pytest

from lossreport import api
from lossreport.compare.compare import write_comparison
from lossreport.compare.comparison import Comparison, compare
from lossreport.compare.member import members
from lossreport.compare.seeds import groups
from lossreport.compare.side_by_side import report_of
from lossreport.errors import UsageError
from lossreport.model.report import Chart
from lossreport.render.to_json import schema
from lossreport.verify.verify import verify
from runs import falling


def make(
    place: Path,
    name: str,
    seed: int,
    scale: float = 1.0,
    *,
    rows: int = 300,
    facts: dict[str, object] | None = None,
    **spikes: float,
) -> Path:
    folder = place / name
    folder.mkdir()
    y = falling(rows, 4.0, 2.0, 0.02, seed) * scale
    for key, value in spikes.items():
        y[int(key.removeprefix("at"))] = value
    lines = [json.dumps({"step": 10 * i, "loss": round(float(v), 6)}) for i, v in enumerate(y)]
    (folder / "train.jsonl").write_text("\n".join(lines) + "\n")
    if facts:
        (folder / "lossreport.toml").write_text(
            "".join(f"{key} = {json.dumps(value)}\n" for key, value in facts.items())
        )
    return folder


def told(comparison: Comparison, lang: str = "en") -> str:
    return api.rendered(report_of(comparison), "md", lang, charts=False).text.replace("\\", "")  # type: ignore[arg-type]


def test_the_same_process_twice_is_inside_the_noise_and_3_percent_less_is_lower(
    tmp_path: Path,
) -> None:
    found = compare(
        members(
            [make(tmp_path, "base", 1), make(tmp_path, "again", 2), make(tmp_path, "less", 3, 0.97)]
        )
    )
    entries = found.metrics[0].entries
    assert [entry.difference and entry.difference.call for entry in entries] == [
        None,
        "inside",
        "lower",
    ]
    assert [entry.difference and entry.difference.certain for entry in entries] == [
        None,
        False,
        False,
    ]
    text = told(found)
    assert "(r2 · again) against" in text
    assert "is inside the noise (difference" in text
    assert "ends lower than r1 · base" in text
    assert "one pair cannot tell a change from another seed" in text
    assert "better" not in text
    assert "another seed may move a run further" in text
    assert "在噪声之内" in told(found, "zh")


def test_reports_made_earlier_compare_as_their_logs_do(tmp_path: Path) -> None:
    folders = [make(tmp_path, "base", 1), make(tmp_path, "less", 3, 0.97)]
    for folder in folders:
        api.build([folder], folder / "lossreport.json")
        api.build([folder], folder / "lossreport.html")
    from_json = compare(members([folder / "lossreport.json" for folder in folders]))
    from_html = compare(members([folder / "lossreport.html" for folder in folders]))
    mixed = compare(members([folders[0], folders[1] / "lossreport.json"]))
    calls = [one.metrics[0].entries[1].difference for one in (from_json, mixed)]
    assert [call and call.call for call in calls] == ["lower", "lower"]
    assert from_html.metrics[0].metric.name == "loss"
    assert "keep some of the rows only" not in told(from_json)


def test_runs_that_differ_in_their_seed_alone_are_a_group(tmp_path: Path) -> None:
    settings = [
        {"lr": 1e-3, "seed": 1},
        {"lr": 1e-3, "seed": 2},
        {"lr": 1e-3, "seed": 3},
        {"lr": 3e-3, "seed": 1},
        {"lr": 3e-3, "seed": 2},
    ]
    paths = [make(tmp_path, f"run{i}", i, facts=facts) for i, facts in enumerate(settings)]
    found = compare(members(paths))
    assert [[member.id for member in group] for group in found.groups] == [
        ["r1", "r2", "r3"],
        ["r4", "r5"],
    ]
    gap = found.metrics[0].entries[1].difference
    assert gap is not None
    assert gap.knows == "seeds"
    assert "differ in their seed alone" in told(found)
    assert set(found.facts) >= {"lr", "seed"}


def test_a_repeated_seed_is_no_sample_and_runs_without_settings_are_not_taken_for_equal(
    tmp_path: Path,
) -> None:
    same = [make(tmp_path, f"same{i}", i, facts={"lr": 1e-3, "seed": 1}) for i in range(2)]
    bare = [make(tmp_path, f"bare{i}", i, facts={"seed": i}) for i in range(2)]
    assert [len(group) for group in groups(members([*same, *bare]))] == [1, 1, 1, 1]


def test_a_spike_at_the_same_step_of_several_runs_speaks_for_what_they_share(
    tmp_path: Path,
) -> None:
    together = compare(
        members([make(tmp_path, "a", 1, at100=40.0), make(tmp_path, "b", 2, at100=45.0)])
    )
    assert [(one.x, len(one.flags)) for one in together.coincidences] == [(1000.0, 2)]
    assert "train.jsonl:101" in told(together)
    apart = compare(
        members([make(tmp_path, "c", 1, at100=40.0), make(tmp_path, "d", 2, at150=45.0)])
    )
    assert apart.coincidences == ()


def test_nothing_is_said_of_a_broken_run_and_it_does_not_shorten_the_others(tmp_path: Path) -> None:
    broken = make(tmp_path, "broken", 4, rows=40)
    log = broken / "train.jsonl"
    log.write_text(
        log.read_text() + "".join(f'{{"step": {400 + 10 * i}, "loss": NaN}}\n' for i in range(5))
    )
    found = compare(members([broken, make(tmp_path, "base", 1), make(tmp_path, "less", 3, 0.97)]))
    assert found.metrics[0].metric.end == 2990
    assert [entry.difference and entry.difference.call for entry in found.metrics[0].entries] == [
        None,
        None,
        "lower",
    ]
    assert "its values are not compared" in told(found)


def test_a_copy_is_no_second_run(tmp_path: Path) -> None:
    found = compare(members([make(tmp_path, "a", 1), make(tmp_path, "b", 1)]))
    assert found.metrics[0].entries[1].copy_of == "r1 · a"
    assert "two records of one run" in told(found)


def test_steps_become_samples_only_by_a_batch_size_of_the_whole_run(tmp_path: Path) -> None:
    paths = [
        make(tmp_path, f"r{size}", size, facts={"global_batch_size": size}) for size in (8, 16)
    ]
    assert compare(members(paths), "samples").metrics[0].metric.end == 2990 * 8
    paths = [make(tmp_path, f"q{size}", size, facts={"batch_size": size}) for size in (8, 16)]
    with pytest.raises(UsageError):
        compare(members(paths), "samples")


def test_one_run_is_no_comparison(tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        members([make(tmp_path, "a", 1)])


def test_the_report_is_one_file_of_each_form_and_verifies(tmp_path: Path) -> None:
    paths = [make(tmp_path, f"run{i}", i) for i in range(8)]
    for form in ("html", "md", "json"):
        write_comparison(paths, tmp_path / f"c.{form}")
    data = json.loads((tmp_path / "c.json").read_text())
    jsonschema.Draft202012Validator(schema()).validate(data)
    assert len(data["comparison"]["metrics"][0]["entries"]) == 8
    assert verify(tmp_path / "c.html").differences == ()
    assert "2 more runs are not drawn" in (tmp_path / "c.html").read_text()
    first = (tmp_path / "c.html").read_bytes()
    write_comparison(paths, tmp_path / "c.html")
    assert (tmp_path / "c.html").read_bytes() == first


def test_the_command_writes_to_stdout_what_was_asked_for(tmp_path: Path) -> None:
    paths = [make(tmp_path, f"run{i}", i) for i in range(2)]
    done = subprocess.run(
        [sys.executable, "-m", "lossreport", "compare", *paths, "-o", "-", "-f", "json"],
        check=True,
        capture_output=True,
    )
    told = json.loads(done.stdout)["comparison"]["metrics"][0]
    assert told["metric"] == "loss"
    assert told["entries"][1]["difference"]["certain"] is False


def test_a_run_that_is_nan_after_a_tenth_moves_no_window(tmp_path: Path) -> None:
    base, less = make(tmp_path, "base", 1), make(tmp_path, "less", 3, 0.97)
    broken = make(tmp_path, "broken", 4, rows=30)
    log = broken / "train.jsonl"
    log.write_text(
        log.read_text() + "".join(f'{{"step": {300 + 10 * i}, "loss": NaN}}\n' for i in range(5))
    )
    alone, beside = compare(members([base, less])), compare(members([base, less, broken]))
    assert beside.metrics[0].since == alone.metrics[0].since
    assert beside.metrics[0].entries[1].difference == alone.metrics[0].entries[1].difference


def test_the_spread_of_seeds_counts_for_every_setting(tmp_path: Path) -> None:
    seeds = [
        make(tmp_path, f"s{i}", i, 1 + 0.02 * (i - 2), facts={"lr": 1e-3, "seed": i})
        for i in range(1, 4)
    ]
    other = make(tmp_path, "other", 9, 1.02, facts={"lr": 3e-3, "seed": 1})
    far = make(tmp_path, "far", 8, 2.0, facts={"lr": 1.0, "seed": 1})
    found = compare(members([*seeds, other, far]))
    assert [entry.difference and entry.difference.call for entry in found.metrics[0].entries] == [
        None,
        "inside",
        "higher",
    ]
    assert [
        entry.difference and entry.difference.certain for entry in found.metrics[0].entries
    ] == [None, False, True]
    assert "Their settings differ: lr (1 / 0.001)" in told(found)


def test_seeds_of_one_setting_get_a_sentence(tmp_path: Path) -> None:
    found = compare(
        members([make(tmp_path, f"s{i}", i, facts={"lr": 1e-3, "seed": i}) for i in range(2)])
    )
    assert "differ in their seed alone: their levels at the end have a mean of" in told(found)
    assert "mean 2.0" in told(found)


def test_runs_of_other_lengths_are_no_seeds_of_one_setting(tmp_path: Path) -> None:
    paths = [make(tmp_path, f"s{n}", n, rows=n, facts={"lr": 1e-3, "seed": n}) for n in (150, 300)]
    found = compare(members(paths))
    assert [len(group) for group in found.groups] == [1, 1]
    assert "they are of different lengths" in told(found)


def test_a_run_without_the_metric_is_named(tmp_path: Path) -> None:
    bare = tmp_path / "bare"
    bare.mkdir()
    (bare / "train.jsonl").write_text(
        "".join(json.dumps({"step": i, "other_loss": 1 / (i + 1)}) + "\n" for i in range(50))
    )
    text = told(compare(members([make(tmp_path, "a", 1), make(tmp_path, "b", 2), bare])))
    assert (
        "Not part of the comparison of loss: r3 · bare (it has no rows of it that can be aligned)"
        in text.replace("`", "")
    )


# -------------------------------------------------------------------------------------- the picture
def compared_charts(folders: list[Path]) -> list[Chart]:
    report = report_of(compare(members(folders)))
    return [
        block for section in report.sections for block in section.blocks if isinstance(block, Chart)
    ]


def line_of_rows(folder: Path, values: list[float], **settings: float) -> Path:
    folder.mkdir(parents=True)
    (folder / "log.jsonl").write_text(
        "".join(json.dumps({"step": i, "loss": round(v, 5)}) + "\n" for i, v in enumerate(values))
    )
    (folder / "lossreport.toml").write_text(
        "".join(f"{name} = {value}\n" for name, value in settings.items())
    )
    return folder


def test_a_group_is_drawn_as_its_mean_with_the_band_of_its_runs(tmp_path: Path) -> None:
    folders = [
        line_of_rows(
            tmp_path / f"a{seed}",
            [3 - 0.01 * i + 0.1 * seed + 0.01 * (i * 7 % 5) for i in range(40)],
            lr=0.1,
            seed=seed,
        )
        for seed in range(3)
    ]
    folders.append(
        line_of_rows(
            tmp_path / "b", [4 - 0.01 * i + 0.01 * (i * 3 % 5) for i in range(40)], lr=0.2, seed=0
        )
    )
    (chart,) = compared_charts(folders)
    group, other = chart.spec.curves  # type: ignore[union-attr]
    assert (group.name, other.name) == ("r1 + r2 + r3", "r4 · b")
    assert group.band is not None
    assert other.band is None
    assert group.y == pytest.approx([3.1 - 0.01 * i + 0.01 * (i * 7 % 5) for i in range(40)])
    assert group.band[1] - group.band[0] == pytest.approx(np.full(40, 0.2))
    assert "Seeds of one setting are drawn as their mean" in chart.alternative.plain("en")
    assert "同一设置的各个种子画成它们的平均" in chart.alternative.plain("zh")


def test_the_one_that_differs_is_drawn_of_however_many_runs(tmp_path: Path) -> None:
    noise = np.random.default_rng(1)
    folders = [
        line_of_rows(
            tmp_path / f"m{n:02d}",
            list(3 - 0.002 * np.arange(200) + noise.normal(0, 0.02, 200) + (n == 11)),
            lr=0.1 * (n + 1),
        )
        for n in range(12)
    ]
    (chart,) = compared_charts(folders)
    assert [curve.name for curve in chart.spec.curves][:2] == ["r1 · m00", "r12 · m11"]  # type: ignore[union-attr]
    assert (
        "6 more runs are not drawn; none of them is called different."
        in chart.alternative.plain("en")
    )


def test_where_more_differ_than_can_be_drawn_the_others_are_named(tmp_path: Path) -> None:
    noise = np.random.default_rng(2)
    folders = [
        line_of_rows(
            tmp_path / f"m{n}",
            list(3 - 0.002 * np.arange(200) + noise.normal(0, 0.02, 200) + 0.3 * n),
            lr=0.1 * (n + 1),
        )
        for n in range(8)
    ]
    (chart,) = compared_charts(folders)
    assert (
        "2 more runs are not drawn; called different among them: r3 · m2, r2 · m1."
        in chart.alternative.plain("en")
    )


def test_where_the_start_hides_the_end_the_last_half_stands_first_and_the_whole_below(
    tmp_path: Path,
) -> None:
    noise = np.random.default_rng(3)
    folders = [
        line_of_rows(
            tmp_path / f"m{n}",
            list(9 * np.exp(-np.arange(400) / 30) + 1 + 0.1 * n + noise.normal(0, 0.02, 400)),
            lr=0.1 * (n + 1),
        )
        for n in range(2)
    ]
    late, whole = compared_charts(folders)
    assert (late.title.plain("en"), whole.title.plain("en")) == (
        "loss from step 199 on",
        "loss over step",
    )
    assert float(late.spec.curves[0].x.min()) == 199  # type: ignore[union-attr]
    assert (
        len(
            compared_charts(
                [
                    line_of_rows(
                        tmp_path / f"n{n}", list(3 - 0.002 * np.arange(200) + n), lr=0.1 * (n + 1)
                    )
                    for n in range(2)
                ]
            )
        )
        == 1
    )


def test_the_contents_of_a_comparison_name_its_sections(tmp_path: Path) -> None:
    folders = [
        line_of_rows(tmp_path / f"n{n}", list(3 - 0.002 * np.arange(200) + n), lr=0.1 * (n + 1))
        for n in range(2)
    ]
    page = api.rendered(report_of(compare(members(folders))), "html", "en").text
    assert '<a href="#metrics">' in page.partition("<nav")[2].partition("</nav>")[0]
