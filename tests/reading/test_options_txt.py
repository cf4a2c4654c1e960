"""opt.txt beside a loss log tells the settings and the plan."""

from __future__ import annotations

from pathlib import Path

import lossreport

OPTIONS = """------------ Options -------------
batchSize: 4                             [default: 1]
epoch_count: 1
lr: 0.0001
niter: 15
niter_decay: 5
no_flip: False
-------------- End ----------------
"""
ROWS = "".join(
    f"(epoch: {e}, iters: 100, time: 0.7) G_GAN: {20 + e / 100:.3f} D: {9 - e / 10:.3f} \n"
    for e in range(1, 8)
)


def test_the_options_beside_a_log_are_its_settings_and_both_periods_its_plan(
    tmp_path: Path,
) -> None:
    (tmp_path / "opt.txt").write_text(OPTIONS)
    (tmp_path / "loss_log.txt").write_text(ROWS)
    run = lossreport.read_run([tmp_path])
    assert (
        run.value("lr"),
        run.value("batch_size"),
        run.value("epochs"),
        run.value("no_flip"),
    ) == (0.0001, 4, 20, False)
    assert run.progress.epochs[1] == 20


def test_of_a_file_that_was_appended_to_the_last_options_count(tmp_path: Path) -> None:
    (tmp_path / "opt.txt").write_text(
        OPTIONS + OPTIONS.replace("0.0001", "0.5").replace("niter_decay: 5\n", "")
    )
    (tmp_path / "loss_log.txt").write_text(ROWS)
    run = lossreport.read_run([tmp_path])
    assert (run.value("lr"), run.value("epochs")) == (0.5, None)
