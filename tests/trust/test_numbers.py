"""One bad number costs its own row: inf, 1e400, integers of thousands of digits, JSON without an
end of brackets, in every kit of formats.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import lossreport
from lossreport.errors import LossreportError
from lossreport.model.run import Axis, Run, Statistic, frozen_floats, frozen_ints
from lossreport.reading.bytes.bounds import DIGITS, LONG, NO_NUMBER, bounded
from lossreport.reading.kit.untrusted import (
    DEEPEST,
    Unreadable,
    json_at,
    json_line,
    json_of,
    literal_of,
    whole,
    yaml_of,
)
from lossreport.reading.parser import ColumnChunk, ColumnKey, RawFact
from lossreport.reading.runs.sound import MOST, sound_chunk, sound_fact
from lossreport.render.fitting import PLACES

ROWS = 12
BAD = {
    "inf": "Infinity",
    "-inf": "-Infinity",
    "nan": "NaN",
    "1e400": "1e400",
    "400 digits": "9" * 400,
    "5000 digits": "9" * 5000,
    "-400 digits": "-" + "9" * 400,
    "1e300": "1e300",
    "2**63": str(2**63),
}


def losses(start: float = 3.0) -> list[float]:
    return [start * 0.9**i for i in range(ROWS)]


def jsonl(bad: str) -> str:
    lines = [f'{{"step": {i * 10}, "loss": {y}}}' for i, y in enumerate(losses())]
    return (
        "\n".join(
            (
                *lines[:5],
                f'{{"step": {bad}, "loss": 1.5}}',
                f'{{"step": 45, "loss": {bad}}}',
                *lines[5:],
            )
        )
        + "\n"
    )


def trainer_state(bad: str) -> str:
    rows = [
        f'{{"epoch": {i / 4}, "loss": {y}, "step": {i * 10}}}' for i, y in enumerate(losses(), 1)
    ]
    rows[4:4] = [
        f'{{"epoch": {bad}, "loss": 1.0, "step": {bad}}}',
        f'{{"epoch": 1.1, "loss": {bad}, "step": 45}}',
    ]
    return (
        f'{{"epoch": {bad}, "global_step": {bad}, "max_steps": {bad}, "num_train_epochs": '
        f'{bad}, "logging_steps": {bad}, "log_history": [{", ".join(rows)}]}}'
    )


def metriclogger(bad: str) -> str:
    rows = [f'{{"train_lr": 0.1, "train_loss": {y}, "epoch": {i}}}' for i, y in enumerate(losses())]
    return (
        "\n".join(
            (
                *rows[:5],
                f'{{"train_lr": 0.1, "train_loss": 1.0, "epoch": {bad}, "n_parameters": {bad}}}',
                *rows[5:],
            )
        )
        + "\n"
    )


def csv(bad: str) -> str:
    rows = [f"{i},{y},{i * 10}" for i, y in enumerate(losses())]
    return (
        "\n".join(("epoch,loss,step", *rows[:5], f"{bad},1.0,{bad}", f"5,{bad},45", *rows[5:]))
        + "\n"
    )


def monitor(bad: str) -> str:
    rows = [f"{i},{i + 9},{i}.5" for i in range(ROWS)]
    return (
        "\n".join(
            (
                '#{"t_start": 1.0, "env_id": "CartPole-v1"}',
                "r,l,t",
                *rows[:2],
                f"1.0,{bad},{bad}",
                *rows[2:],
            )
        )
        + "\n"
    )


def text(bad: str) -> str:
    rows = [f"Epoch {i}/{ROWS}: loss: {y:.4f} lr: 0.001" for i, y in enumerate(losses(), 1)]
    return (
        "\n".join(
            (
                *rows[:5],
                f"Epoch {bad}/{bad}: loss: {bad} lr: {bad}",
                f"step {bad} loss {bad}",
                *rows[5:],
            )
        )
        + "\n"
    )


def keras(bad: str) -> str:
    rows = [
        f"Epoch {i}/{ROWS}\n10/10 - 1s - loss: {y:.4f} - val_loss: {y + 1:.4f}"
        for i, y in enumerate(losses(), 1)
    ]
    return (
        "\n".join(
            (
                *rows[:5],
                f"Epoch {bad}/{bad}\n{bad}/{bad} - 1s - loss: {bad} - val_loss: {bad}",
                *rows[5:],
            )
        )
        + "\n"
    )


def hf_stdout(bad: str) -> str:
    rows = [
        f"{{'loss': {y:.4f}, 'learning_rate': 1e-05, 'epoch': {i / 4}}}"
        for i, y in enumerate(losses())
    ]
    word = bad.replace("Infinity", "inf").replace("NaN", "nan")
    return "\n".join(
        (
            f"  Num Epochs = {word}",
            f"  Total optimization steps = {word}",
            *rows[:5],
            f"{{'loss': {word}, 'learning_rate': {word}, 'epoch': {word}}}",
            *rows[5:],
        )
    )


def keras_history(bad: str) -> str:
    return (
        f'{{"loss": [{", ".join(map(str, losses()))}, {bad}], "val_loss": '
        f"[{', '.join(map(str, losses(4)))}, {bad}]}}"
    )


def catboost(bad: str) -> str:
    meta = '{"test_sets":["test"],"test_metrics":[{"best_value":"Min","name":"RMSE"}],"learn_metrics":[{"best_value":"Min","name":"RMSE"}],'
    meta += '"launch_mode":"Train","parameters":"","iteration_count":12,"learn_sets":["learn"],"name":"experiment"}'
    rows = [
        f'{{"learn":[{y}],"iteration":{i},"passed_time":0.1,"remaining_time":1,"test":[{y + 1}]}}'
        for i, y in enumerate(losses())
    ]
    rows[5:5] = [
        f'{{"learn":[{bad}],"iteration":{bad},"test":[{bad}]}}',
        '{"learn":[1.0],"passed_time":0.1,"test":[2.0]}',
    ]
    return '{\n"meta":' + meta + ',\n"iterations":[\n' + ",\n".join(rows) + "\n]}"


FORMS: dict[str, tuple[str, Callable[[str], str]]] = {
    "jsonl": ("train.jsonl", jsonl),
    "trainer_state": ("trainer_state.json", trainer_state),
    "metriclogger": ("log_train.txt", metriclogger),
    "csv": ("log.csv", csv),
    "monitor": ("monitor.csv", monitor),
    "text": ("train.log", text),
    "keras": ("keras.log", keras),
    "hf_stdout": ("hf.log", hf_stdout),
    "keras_history": ("history.json", keras_history),
    "catboost": ("catboost_info/catboost_training.json", catboost),
}


def read(folder: Path, name: str, content: str) -> Run:
    (folder / name).parent.mkdir(exist_ok=True, parents=True)
    (folder / name).write_text(content, encoding="utf-8")
    return lossreport.read_run([folder])


def loss_of(run: Run) -> list[float]:
    series = max(
        (
            one
            for one in run.series
            if one.name in ("loss", "reward", "RMSE", "episode_reward", "r")
        ),
        key=lambda one: len(one.y),
    )
    return [y for y in series.y.tolist() if math.isfinite(y) and y < 1e200]


@pytest.mark.parametrize("bad", BAD.values(), ids=BAD)
@pytest.mark.parametrize("form", FORMS)
def test_one_bad_number_costs_no_other_row(form: str, bad: str, tmp_path: Path) -> None:
    name, write = FORMS[form]
    run = read(tmp_path, name, write(bad))
    assert [skip.reason.plain("en") for skip in run.skipped] == []
    assert len(loss_of(run)) >= ROWS - 1
    assert all(np.abs(series.x).max() <= MOST for series in run.series)


@pytest.mark.parametrize("bad", ["1e400", "9" * 400])
@pytest.mark.parametrize("form", FORMS)
def test_a_report_is_made_of_every_one(form: str, bad: str, tmp_path: Path) -> None:
    name, write = FORMS[form]
    analysis = lossreport.analyze(read(tmp_path, name, write(bad)), strict=True)
    report = lossreport.compose(analysis, strict=True)
    assert "<html" in lossreport.render(report, "html")
    json.loads(lossreport.render(report, "json"))
    from lossreport.api import fitted_body

    assert all(fitted_body(report, place, "both") for place in PLACES.values())


def test_a_row_whose_place_cannot_be_counted_is_said(tmp_path: Path) -> None:
    run = read(tmp_path, "log.csv", "step,loss\n1,3.0\n2,2.0\n1e400,1.0\n3,1.5\n")
    assert run.series[0].x.tolist() == [1, 2, 3]
    assert [(line, why.plain("en")[:32]) for line, why in run.sources[0].skips] == [
        (4, "its step or epoch is not finite,")
    ]


# -------------------------------------------------------------------------- brackets without an end
DEEP = {
    "list": "[" * 100_000,
    "object": '{"a":' * 100_000,
    "closed": "[" * 100_000 + "]" * 100_000,
    "just too deep": "[" * 101 + "]" * 101,
}
STRUCTURED = (
    "a.json", "history.json", "trainer_state.json", "metrics.json", "config.json", "run.json", "args.json", "evals_result.json", "all_results.json", "log.json",
    "wandb-summary.json", "metrics.jsonl", "task.json", "experiment.json", "metadata.json", "dvclive.json", "params.yaml", "config.yaml", "train.log", "log.txt",
    "catboost_info/catboost_training.json", "adapter_config.json", "metrics_epoch_1.json",
)  # fmt: skip


@pytest.mark.parametrize("deep", DEEP.values(), ids=DEEP)
@pytest.mark.parametrize("name", STRUCTURED)
def test_brackets_without_an_end_cost_their_file_only(name: str, deep: str, tmp_path: Path) -> None:
    (tmp_path / "good.csv").write_text(
        "epoch,loss\n" + "".join(f"{i},{y}\n" for i, y in enumerate(losses()))
    )
    run = read(
        tmp_path, name, f'{{"config": {{}}, "log_history": {deep}, "meta": {deep}}}\n{deep}\n'
    )
    assert {source.path for source in run.sources} == {"good.csv"}
    assert not any("bug" in skip.reason.plain("en") for skip in run.skipped)


def test_a_header_of_a_monitor_that_is_torn_costs_the_header_only(tmp_path: Path) -> None:
    for torn in ('#{"t_start": 1.0, "env', "#{}", '#{"env_id": 5}', "#{]}"):
        run = read(
            tmp_path,
            "monitor.csv",
            f"{torn}\nr,l,t\n" + "".join(f"{i},{i + 9},{i}.5\n" for i in range(ROWS)),
        )
        assert len(run.series[0].y) == ROWS


@pytest.mark.parametrize(
    "meta",
    [
        "{}",
        "[]",
        '{"learn_metrics": 5, "test_metrics": [5]}',
        '{"learn_sets": ["learn"], "learn_metrics": [{}]}',
    ],
)
def test_a_catboost_without_its_keys_is_read_as_far_as_it_goes(meta: str, tmp_path: Path) -> None:
    lines = (
        f'{{\n"meta":{meta},\n"learn_metrics launch_mode": "learn_metrics", "launch_mode": '
        f'1,\n"iterations":[\n{{"learn":[1.0]}},\n{{"learn":5,"iteration":1}}]}}'
    )
    (tmp_path / "good.csv").write_text(
        "epoch,loss\n" + "".join(f"{i},{y}\n" for i, y in enumerate(losses()))
    )
    run = read(tmp_path, "catboost_info/catboost_training.json", lines)
    assert not any("bug" in skip.reason.plain("en") for skip in run.skipped)


# ---------------------------------------------------------------------------------- the door itself
@pytest.mark.parametrize(
    "door", [json_of, json_line, yaml_of, literal_of, lambda given: json_at(given, 0)]
)
def test_the_door_fails_by_one_error_only(door: Callable[[str], object]) -> None:
    for given in (
        *DEEP.values(),
        "{",
        "",
        "1e",
        "9" * 5000 + "x",
        "-" * 50_000 + "1",
        "2024-13-45",
        "!!int x",
        "&a [*a, *b]",
        "\ud800{",
        "{1: 2, [3]: 4}",
        "? [a]\n: b",
    ):
        try:
            door(given)
        except Unreadable:
            continue


def test_what_comes_through_the_door_can_be_walked_and_counted() -> None:
    assert json_of(f'{{"a": {"9" * 400}, "b": -{"9" * 5000}, "c": 5}}') == {
        "a": math.inf,
        "b": -math.inf,
        "c": 5,
    }
    assert json_of("[" * DEEPEST + "]" * DEEPEST)
    with pytest.raises(Unreadable, match="levels deep"):
        json_of("[" * (DEEPEST + 1) + "]" * (DEEPEST + 1))
    assert json_of(json.dumps({"bar": "[" * 5000})) == {"bar": "[" * 5000}
    assert [whole(x) for x in (3.7, math.inf, math.nan, None)] == [3, None, None, None]


def test_words_of_more_digits_than_a_number_has_are_no_numbers() -> None:
    most, long = "9" * DIGITS, "9" * (DIGITS + 1)
    assert bounded(f"step {most} loss 1") == f"step {most} loss 1"
    assert bounded(f"step {long} loss 1") == f"step {NO_NUMBER} loss 1"
    assert bounded(f"loss 1.5e{long}, x") == f"loss {NO_NUMBER}, x"
    assert bounded(f"a_{long}.{long}b {long}") == f"{NO_NUMBER} {NO_NUMBER}"
    third = "0." + "3" * 400
    assert float(bounded(f"loss: {third} lr: 1").split()[1]) == float(third)
    assert LONG.search(bounded("9.9" * 5000 + long * 20)) is None


def test_counters_beyond_counting_are_left_out_and_printed_totals_are_not_printed() -> None:
    x = [1.0, math.inf, 2.0, math.nan, 2.0**63]
    chunk = ColumnChunk(
        ColumnKey("loss", "train", Axis.STEP, Statistic.VALUE), *(frozen_floats(v) for v in (x, [1.0] * 5)), frozen_ints([1, 2, 3, 4, 5]),
        frozen_floats([math.inf] * 5), frozen_floats([1e300] * 5),
    )  # fmt: skip
    sound, lost = sound_chunk(chunk)
    assert (sound.x.tolist(), lost.tolist()) == ([1, 2], [2, 4, 5])
    assert np.isnan(sound.epoch).all()
    assert np.isnan(sound.of).all()


def test_settings_that_no_program_can_compute_with_are_their_text() -> None:
    given = {
        10**400: "inf",
        -(10**400): "-inf",
        10**30: "1e+30",
        math.inf: "inf",
        5: 5,
        True: True,
        "x" * 5000: "x" * 1999 + "…",
    }
    assert [sound_fact(RawFact("a", value, 1)).value for value in given] == list(given.values())
    assert sound_fact(RawFact("a", (1, [2, 3], {"b": 4}), 1)).value == (1, "(2, 3)", "{'b': 4}")  # type: ignore[arg-type]


def test_no_error_of_a_user_speaks_of_a_bug(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text("[" * 100_000)
    with pytest.raises(LossreportError) as caught:
        lossreport.read_run([tmp_path])
    assert "bug" not in str(caught.value)


@pytest.mark.parametrize("large", [1e200, -1e200, 1e150])
@pytest.mark.parametrize("metric", ["loss", "val_acc", "reward"])
def test_a_value_whose_square_is_no_float_is_judged_without_a_warning(
    large: float, metric: str, tmp_path: Path
) -> None:
    """A loss of 1e200 is what a run that went wrong printed; warnings are errors in these tests."""
    rows = [
        {"step": i, "loss": 3 * 0.9**i, metric: large if i in (0, 20, 39) else 3 * 0.9**i}
        for i in range(40)
    ]
    (tmp_path / "train.jsonl").write_text("\n".join(map(json.dumps, rows)) + "\n")
    analysis = lossreport.analyze(lossreport.read_runs([tmp_path]))
    assert [one for one in analysis.failures if "Warning" in one.error] == []
    assert large in next(s for s in analysis.runs[0].series if s.name in metric).y
