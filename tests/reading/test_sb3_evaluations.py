"""evaluations.npz of Stable-Baselines3: the mean over the episodes of every evaluation, at its
step.
"""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lossreport.errors import NothingReadError
from lossreport.reading.discover import ReadOptions, read_paths


def written(folder: Path, **arrays: Any) -> Path:
    np.savez(folder / "evaluations.npz", **arrays)
    return folder


def test_an_evaluation_is_the_mean_of_its_episodes_at_its_step(tmp_path: Path) -> None:
    results = [[-3.0, -1.0], [1.0, 3.0], [5.0, 8.0]]
    folder = written(
        tmp_path,
        timesteps=[500, 1000, 1500],
        results=results,
        ep_lengths=[[10, 20], [5, 5], [7, 8]],
        successes=[[False, False], [True, False], [True, True]],
    )
    (run,) = read_paths([folder], ReadOptions(strict=True))
    found = {
        series.key: (series.x.tolist(), series.y.tolist(), series.line.tolist())
        for series in run.series
    }
    place = "@evaluations.npz:value"
    assert found == {
        f"eval/mean_reward{place}": ([500, 1000, 1500], [-2, 2, 6.5], [1, 2, 3]),
        f"eval/mean_ep_length{place}": ([500, 1000, 1500], [15, 5, 7.5], [1, 2, 3]),
        f"eval/success_rate{place}": ([500, 1000, 1500], [0, 0.5, 1], [1, 2, 3]),
    }
    assert run.value("n_eval_episodes") == 2


def test_arrays_of_a_data_set_are_passed_over_in_a_folder_and_refused_when_named(
    tmp_path: Path,
) -> None:
    np.savez(tmp_path / "train.npz", images=np.zeros(3))
    with pytest.raises(
        NothingReadError, match=r"not looked at: train\.npz \(weights, arrays or media\)"
    ):
        read_paths([tmp_path])
    with pytest.raises(NothingReadError, match="no parser recognises"):
        read_paths([tmp_path / "train.npz"])


def test_objects_are_never_unpickled(tmp_path: Path) -> None:
    ragged = np.array([[1.0], [1.0, 2.0]], dtype=object)
    with pytest.raises(NothingReadError, match="pickled objects"):
        read_paths([written(tmp_path, timesteps=[1, 2], results=ragged)])


def test_a_damaged_file_costs_only_itself(tmp_path: Path) -> None:
    file = written(tmp_path, timesteps=[1, 2], results=[[1.0], [2.0]]) / "evaluations.npz"
    file.write_bytes(file.read_bytes()[:-60])
    with pytest.raises(NothingReadError, match=r"Couldn't read 'evaluations\.npz'"):
        read_paths([tmp_path])


def test_evaluations_in_a_folder_of_their_own_below_the_log_are_of_its_run_and_count_once(
    tmp_path: Path,
) -> None:
    rewards = [115.83, 115.33, 116.26, 116.26]
    (tmp_path / "smoke" / "eval_logs").mkdir(parents=True)
    written(
        tmp_path / "smoke" / "eval_logs",
        timesteps=[1000, 2000, 3000, 4000],
        results=[[r, r] for r in rewards],
    )
    table = "".join(
        f"----------\n| eval/              |       |\n|    mean_reward     | {r:.3g}  |\n| time/ "
        f"             |       |\n|    total_timesteps | {1000 * i}  |\n| train/             |   "
        f"    |\n|    loss            | {5 / i:.2f}  |\n----------\n"
        for i, r in enumerate(rewards, 1)
    )
    (tmp_path / "smoke" / "train.log").write_text(table)
    (run,) = read_paths([tmp_path], ReadOptions())
    (reward,) = [series for series in run.series if series.name == "mean_reward"]
    assert reward.y.tolist() == rewards
