"""Classes that are not found while another is are told, however good their mean looks; means and
sizes of object are no classes.
"""

from __future__ import annotations

import numpy as np
import pytest

import lossreport
from lossreport.analysis.detectors.lost_class import FOUND, LEAST_CLASSES, NEAR_NOTHING
from lossreport.model.analysis import Analysis, Finding
from lossreport.model.run import Entity, EntityKind
from runs import falling, make_run, make_series

RISING = 0.9 - 0.4 * np.exp(-np.arange(8) / 2)


def analysed(**scores: object) -> Analysis:
    return lossreport.analyze(
        make_run(loss=falling(8), **{f"val_{name}": np.asarray(y) for name, y in scores.items()}),
        strict=True,
    )


def lost(analysis: Analysis) -> list[Finding]:
    return [finding for finding in analysis.findings if finding.kind == "lost_class"]


def flat_at(level: float) -> object:
    return level * (1 - 0.1 * (np.arange(8) % 2))


@pytest.mark.parametrize(
    ("level", "expected"),
    [(NEAR_NOTHING * 0.9, 1), (NEAR_NOTHING * 1.5, 0)],
    ids=["near nothing", "above"],
)
def test_a_class_near_nothing_is_told(level: float, expected: int) -> None:
    found = lost(
        analysed(dice_class_1=RISING, dice_class_2=RISING - 0.1, dice_class_3=flat_at(level))
    )
    assert len(found) == expected
    for finding in found:
        assert finding.numbers == {
            "lost": 1.0,
            "classes": 3.0,
            "highest": pytest.approx(level),
            "best": pytest.approx(RISING[-1]),
        }
        assert "`val/dice_class_3`" in finding.text.plain(
            "en"
        ) or "val/dice_class_3" in finding.text.plain("en")


@pytest.mark.parametrize(("factor", "expected"), [(1.1, 1), (0.9, 0)], ids=["found", "not found"])
def test_another_class_must_be_found(factor: float, expected: int) -> None:
    best = RISING / RISING[-1] * FOUND * factor
    assert (
        len(lost(analysed(dice_class_1=best, dice_class_2=best / 2, dice_class_3=np.zeros(8))))
        == expected
    )


def test_two_classes_have_no_mean_that_hides_one() -> None:
    scores = {f"dice_class_{number}": RISING for number in range(1, LEAST_CLASSES - 1)} | {
        "dice_class_9": np.zeros(8)
    }
    assert len(scores) < LEAST_CLASSES
    assert not lost(analysed(**scores))


@pytest.mark.parametrize(
    "names",
    [
        ("IoU.road", "IoU.car", "IoU.rider"),
        ("road_iou", "car_iou", "rider_iou"),
        ("AP/road", "AP/car", "AP/rider"),
    ],
)
def test_classes_are_told_by_the_names_that_logs_use(names: tuple[str, str, str]) -> None:
    (found,) = lost(
        analysed(**dict(zip(names, (RISING * 100, RISING * 90, np.zeros(8)), strict=True)))
    )
    assert found.series[-1] != found.series[0]


@pytest.mark.parametrize(
    "names",
    [
        ("mean_dice", "dice_loss", "ema_dice"),
        ("AP_50", "AP_75", "AP_small"),
        ("top_1_acc", "top_5_acc", "all_acc"),
        ("word_acc", "char_acc", "sentence_acc"),
        ("bbox_iou", "mask_iou", "3d_iou"),
    ],
)
def test_means_thresholds_and_sizes_are_no_classes(names: tuple[str, str, str]) -> None:
    assert not lost(analysed(**dict(zip(names, (RISING, RISING, np.zeros(8)), strict=True))))


def test_labels_of_a_report_by_class_are_classes() -> None:
    series = [make_series(falling(8), "loss")]
    for number, (name, y) in enumerate((("cat", RISING), ("dog", RISING), ("emu", np.zeros(8))), 2):
        series.append(
            make_series(
                y,
                "f1",
                split="val",
                id=f"m{number}",
                entity=Entity(kind=EntityKind.LABEL, value=name),
            )
        )
    (found,) = lost(lossreport.analyze(make_run(series), strict=True))
    assert found.numbers["lost"] == 1


def test_that_its_score_never_changes_is_part_of_it() -> None:
    analysis = analysed(dice_class_1=RISING, dice_class_2=RISING, dice_class_3=np.zeros(8))
    (found,) = lost(analysis)
    assert all(
        f.explained_by == found.key for f in analysis.findings if f.kind == "constant_metric"
    )
    assert any(found.id in step.because for step in analysis.recommendations)


def test_a_class_that_was_never_found_does_not_get_worse() -> None:
    y = np.array([0.0065, 0.0043, 0.004, 0.004, 0.0035, 0.003, 0.003, 0.003])
    assert not any(
        f.kind == "worsening"
        for f in analysed(dice_class_1=RISING, dice_class_2=RISING, dice_class_3=y).findings
    )
    assert any(
        f.kind == "worsening"
        for f in analysed(dice_class_1=RISING, dice_class_2=RISING, dice_class_3=y * 100).findings
    )
