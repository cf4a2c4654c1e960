"""Every format reads its sample: the right parser claims it, and gives exact x, y, lines, splits
and statistics.
"""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest

from lossreport.model.run import Run, Series, Status
from lossreport.reading.bytes.reader import LogFile
from lossreport.reading.discover import MIN_SCORE, ReadOptions, candidates, read_paths, surest
from lossreport.reading.folder import find_logs
from lossreport.reading.parser import parsers

FORMATS = Path(__file__).resolve().parents[2] / "sample_logs" / "formats"
ELSEWHERE = {
    "metriclogger_text": "vla_action_head/output.log",
    "metriclogger_jsonl": "vla_action_head/log_train.txt",
    "args_namespace": "vla_action_head/args.json",
    "wandb": "formats/wandb/offline-run-20261125_155907-9fl22qj2",
    "hf_results": "formats/hf_results/all_results.json",
    "hf_config": "formats/hf_config/config.json",
    "ray_text": "formats/ray_text/train.log",
    "options_txt": "formats/options_txt/opt.txt",
    "plain_settings": "formats/plain_settings/command.txt",
    "guild": "formats/guild/.guild",
    "py_config": "formats/py_config/vis_data/config.py",
    "aim": "formats/aim/.aim",
    "wandb_files": "formats/wandb/offline-run-20261125_155910-1lzr3y8h/files",
}
nan = math.nan

EXPECTED: dict[str, list[tuple[str, list[float], list[float], list[int]]]] = {
    "detectron2_json": [
        ("train/total_loss iteration window_median", [19, 39, 59], [1.923, 1.802, 1.711], [1, 2, 4]),
        ("val/bbox/AP iteration value", [39], [12.5], [3]),
    ],
    "generic_csv": [
        ("train/loss epoch unknown", [1, 2, 3, 4], [1.4635, 1.0584, 0.8745, nan], [2, 3, 4, 5]),
        ("test/loss epoch unknown", [1, 2, 4], [1.1370, 0.9044, 0.8801], [2, 3, 5]),
        ("train/lr epoch value", [1, 2, 3, 4], [0.1, 0.1, 0.1, 0.01], [2, 3, 4, 5]),
    ],
    "generic_dict": [
        ("train/loss step unknown", [200, 400, 600], [9.864, 8.120, 7.402], [1, 2, 5]),
        ("valid/loss epoch value", [1], [7.901], [4]),
    ],
    "generic_text": [
        ("train/Loss iteration unknown", [10, 20, 30, 40, 50], [2.3012, 2.1007, 1.9003, nan, 1.8120], [2, 3, 5, 6, 8]),
        ("val/loss epoch unknown", [1, 2], [2.2, 2.05], [4, 7]),
        ("val/acc epoch unknown", [1, 2], [31.5, 38.2], [4, 7]),
    ],
    "hf_stdout": [
        ("train/loss epoch window_mean", [0.5, 1, 1.5, 2], [1.333, 1.096, 1.163, 1.236], [1, 2, 4, 5]),
        ("eval/loss epoch value", [1, 2, 2], [1.201, 1.197, 1.197], [3, 6, 14]),
    ],
    "hf_trainer_state": [
        ("train/loss step window_mean", [4, 8, 12, 16], [1.3325092792510986, 1.0955301523208618, 1.1631125211715698, 1.2358639240264893], [16, 23, 39, 46]),
        ("eval/loss step value", [8, 16], [1.2012840509414673, 1.19657301902771], [29, 52]),
    ],
    "keras_stdout": [
        ("train/loss epoch epoch_mean", [1, 2], [1.4911, 1.4359], [2, 4]),
        ("val/loss epoch epoch_mean", [1, 2], [1.7396, 1.6840], [2, 4]),
    ],
    "llamafactory_jsonl": [
        ("train/loss step window_mean", [10, 20, 30], [1.2345, 1.1034, 0.9921], [1, 3, 5]),
        ("train/lr step value", [10, 20, 30], [9.9e-05, 9.6e-05, 9.1e-05], [1, 3, 5]),
        ("eval/loss step value", [20], [1.0876], [4]),
    ],
    "llmc_text": [
        ("train/loss step value", [2, 3], [10.8556, 10.7012], [2, 3]),
        ("val/loss step value", [0, 250], [11.0193, 6.5102], [1, 4]),
    ],
    "lossreport_memory": [
        ("train/loss step window_mean", [10, 20, 20, 30], [3.21, 2.75, 2.74, nan], [3, 4, 8, 9]),
        ("train/learning_rate step value", [10, 20, 20, 30], [3e-4, 3e-4, 1e-4, 1e-4], [3, 4, 8, 9]),
        ("eval/loss step value", [20], [2.9], [5]),
    ],
    "flair_text": [
        ("train/loss iteration running_mean", [10, 20, 50], [1.91, 1.72, 1.11], [2, 3, 8]),
        ("train/loss epoch epoch_mean", [1, 2], [1.52, 1.01], [5, 9]),
        ("train/lr epoch value", [1, 2], [4e-5, 3e-5], [5, 9]),
        ("dev/f1-score (micro avg) epoch value", [1, 2], [0.412, 0.553], [6, 10]),
    ],
    "litgpt_text": [
        ("train/loss iteration window_mean", [1, 2, 3, 4], [1.912, 1.850, 1.790, 1.702], [1, 2, 5, 6]),
        ("val/loss iteration value", [2], [1.8012], [4]),
    ],
    "monitor_csv": [
        ("train/episode_reward step value", [12, 43, 65], [12, 31, 22], [3, 4, 5]),
        ("train/episode_length step value", [12, 43, 65], [12, 31, 22], [3, 4, 5]),
    ],
    "sbert_csv": [("eval/cosine_spearman step value", [50, 100, 150], [0.7011, 0.7320, 0.7311], [2, 3, 4])],
    "marian_text": [
        ("train/cost step window_mean", [500, 1000, 1500, 2000], [6.21253986, 5.103332, 4.40111, 4.12], [7, 8, 11, 12]),
        ("train/lr step value", [500, 1000, 1500, 2000], [1.5e-4, 3e-4, 3e-4, 3e-4], [7, 8, 11, 12]),
        ("valid/ce-mean-words step value", [1000, 2000], [5.00277, 5.0201], [9, 13]),
        ("valid/cost (cross-entropy) step value", [1000], [101.5], [10]),
    ],
    "opennmt_text": [
        ("train/xent step window_mean", [50, 100, 150], [9.03, 8.02, 7.30], [3, 4, 9]),
        ("train/tok/s step window_mean", [50, 100, 150], [3372, 3390, 3381], [3, 4, 9]),
        ("valid/perplexity step value", [100], [2410.5], [7]),
        ("valid/accuracy step value", [100], [9.1], [8]),
    ],
    "spacy_text": [
        ("train/LOSS NER step sum", [100, 200, 300], [910.5, 402.3, 188.7], [13, 14, 15]),
        ("dev/ENTS_F step value", [0, 100, 200, 300], [0, 41.1, 58.7, 63.4], [12, 13, 14, 15]),
    ],
    "word_lm_text": [
        ("train/loss iteration window_mean", [200, 400, 650, 850], [6.90, 6.10, 5.70, 5.55], [1, 2, 6, 7]),
        ("train/lr iteration value", [200, 400, 650, 850], [20, 20, 5, 5], [1, 2, 6, 7]),
        ("valid/loss iteration value", [450, 900], [5.90, 5.62], [4, 9]),
        ("test/ppl iteration value", [850], [265.07], [12]),
    ],
    "mmengine_json": [
        ("train/loss iteration window_mean", [4, 8, 12, 16], [1.6819795370101929, 1.7688593715429306, 1.808259904384613, 1.7027093768119812], [1, 2, 4, 5]),
    ],
    "msswift_jsonl": [
        ("train/loss step window_mean", [5, 10, 15], [1.23, 1.05, 0.97], [1, 2, 4]),
        ("train/grad_norm step value", [5, 10, 15], [0.9, 0.8, nan], [1, 2, 4]),
        ("eval/loss step value", [10], [1.01], [3]),
    ],
    "ultralytics_csv": [
        ("train/box_loss epoch epoch_mean", [1, 2, 3], [1.4834, 1.4021, 1.3512], [2, 3, 4]),
        ("val/mAP50(B) epoch value", [1, 2, 3], [0.31004, 0.35110, 0.40217], [2, 3, 4]),
        ("train/lr/pg0 epoch value", [1, 2, 3], [0.0033, 0.0066, 0.0099], [2, 3, 4]),
    ],
    "ultralytics_stdout": [
        ("train/box_loss epoch epoch_mean", [1, 2], [1.5, 1.301], [2, 7]),
        ("val/mAP50 epoch value", [1, 2], [0.551, 0.602], [4, 9]),
    ],
    "yolov5_results_txt": [
        ("train/box_loss epoch epoch_mean", [0, 1, 2], [0.01548, 0.01398, 0.01461], [1, 2, 3]),
        ("val/mAP_0.5 epoch value", [0, 1, 2], [0.4968, 0.5968, 0.6968], [1, 2, 3]),
        ("val/obj_loss epoch value", [0, 1, 2], [0.0016, 0.001601, 0.0016], [1, 2, 3]),
    ],
    "boosting_text": [
        ("train/loss iteration value", [0, 5, 10, 15, 20, 25, 30, 35, 40, 45, 50], [0.6293127, 0.4382286, 0.3476128, 0.2985785, 0.2635830, 0.2381556, 0.2174304, 0.1970991, 0.1844674, 0.1755831, 0.1624558], list(range(1, 12))),
        ("test/loss iteration value", [0, 5, 10, 15, 20, 25, 30, 35, 40, 45, 50], [0.6383945, 0.4874203, 0.4139728, 0.3827219, 0.3755200, 0.3750594, 0.3699672, 0.3634816, 0.3608355, 0.3543228, 0.3558672], list(range(1, 12))),
    ],
    "caffe_text": [
        ("train/loss iteration value", [0, 500], [9.2707, 8.89619], [8, 12]),
        ("train/net/center_loss iteration value", [0, 500], [0.500898, 1.39872], [9, 13]),
        ("train/lr iteration value", [0, 500], [0.1, 0.05], [11, 15]),
        ("test/net/accuracy iteration epoch_mean", [0, 1000], [0.0112, 0.1512], [6, 17]),
    ],
    "deepspeed_text": [
        ("train/loss step value", [10, 20, 30], [8.5123, 8.1004, 7.9021], [3, 7, 8]),
        ("train/skipped step value", [10, 20], [0, 1], [2, 5]),
        ("train/RunningAvgSamplesPerSec step running_mean", [20], [25.8], [6]),
    ],
    "detectron2_text": [
        ("train/total_loss iteration window_median", [19, 39, 59], [1.923, 1.283, 1.105], [8, 9, 15]),
        ("train/lr iteration value", [19, 39, 59], [0.0071733, 0.0077067, 0.00824], [8, 9, 15]),
        ("val/bbox/AP iteration value", [39], [11.4201], [14]),
        ("val/bbox/APs iteration value", [39], [nan], [14]),
    ],
    "fairseq_text": [
        ("train/loss step window_mean", [100, 200, 299], [12.345, 10.201, 9.512], [3, 4, 8]),
        ("train/loss epoch epoch_mean", [1, 2], [11.2, 9.31], [6, 10]),
        ("valid/nll_loss epoch value", [1, 2], [9.4, 8.21], [5, 9]),
        ("train/lr step value", [100, 200, 299], [1.25e-05, 2.5e-05, 3.74e-05], [3, 4, 8]),
    ],
    "funasr_text": [
        ("train/loss step value", [10, 20, 50], [5.123, 4.812, 4.4], [1, 3, 7]),
        ("train/loss step running_mean", [10, 20, 50], [5.3, 5.11, 4.5], [1, 3, 7]),
        ("val/loss epoch epoch_mean", [0], [4.81], [6]),
    ],
    "lerobot_text": [
        ("train/loss step window_mean", [250, 500, 750, 1000, 1250, 1500, 1750, 2000], [3.0, 2.7, 2.4, 2.1, 1.8, 1.5, 1.2, 0.9], list(range(5, 13))),
        ("eval/loss step value", [2000], [0.9321], [13]),
    ],
    "megatron_text": [
        ("train/lm loss iteration window_mean", [20, 30, 40], [10.82345, 9.876543, 9.10203], [11, 12, 16]),
        ("train/number of skipped iterations iteration sum", [10, 20, 30, 40], [10, 2, 0, 0], [10, 11, 12, 16]),
        ("train/number of nan iterations iteration sum", [10, 20, 30, 40], [0, 0, 1, 0], [10, 11, 12, 16]),
        ("val/lm loss iteration value", [30], [9.701234], [14]),
    ],
    "mlperf_text": [
        ("train/loss step unknown", [100, 200, 300], [6.91, 5.75, 4.20], [6, 7, 9]),
        ("eval/accuracy epoch value", [1, 2], [0.31, 0.52], [8, 10]),
    ],
    "mmlab_text": [
        ("val/accuracy epoch value", [1, 2, 3, 4, 5], [59.3333, 73.0, 76.0, 75.3333, 78.6667], [11, 20, 29, 38, 47]),
    ],
    "nnunet_text": [
        ("train/loss epoch epoch_mean", [0, 1], [0.1234, -0.2345], [11, 19]),
        ("val/loss epoch epoch_mean", [0, 1], [0.0456, -0.1987], [12, 20]),
        ("val/mean_fg_dice epoch epoch_mean", [0, 1], [0.3, 0.5], [13, 21]),
        ("val/dice_class_2 epoch epoch_mean", [0], [0.4], [13]),
        ("train/lr epoch value", [0, 1], [0.01, 0.00991], [10, 18]),
    ],
    "cyclegan_text": [
        ("train/G_L1 iteration value", [100, 200, 300, 400], [22.31, 18.044, 15.9, 14.275], [2, 3, 4, 5]),
        ("train/D_real iteration value", [100, 200, 300, 400], [0.512, 0.433, 0.35, 0.362], [2, 3, 4, 5]),
    ],
    "basicsr_text": [
        ("train/l_pix iteration value", [500, 1000, 1500, 2000], [0.051, 0.042, 0.039, 0.038], [5, 6, 11, 12]),
        ("train/lr iteration value", [500, 1000, 1500, 2000], [2e-4, 2e-4, 1e-4, 1e-4], [5, 6, 11, 12]),
        ("val/psnr iteration value", [1000, 2000], [29.1, 29.9], [8, 14]),
        ("val/ssim iteration value", [1000, 2000], [0.83, 0.845], [9, 15]),
    ],
    "darknet_text": [
        ("train/loss iteration value", [1, 2, 3], [812.345678, 790.111111, 760.222222], [2, 5, 7]),
        ("train/loss iteration ema", [1, 2, 3], [812.345678, 810.122222, 805.132222], [2, 5, 7]),
        ("train/lr iteration value", [2, 3], [1e-5, 1e-3], [5, 7]),
        ("val/mAP@0.50 iteration value", [3], [0.123456], [8]),
    ],
    "openpcdet_text": [
        ("train/loss iteration value", [1, 50, 150], [9.1, 4.2, 2.1], [4, 5, 6]),
        ("train/loss iteration running_mean", [1, 50, 150], [9.1, 6.2, 2.3], [4, 5, 6]),
    ],
    "arcface_text": [
        ("train/Loss step window_mean", [50, 100, 150], [41.5, 38.25, 35.125], [2, 3, 7]),
        ("train/LearningRate step value", [50, 100], [0.1, 0.05], [2, 3]),
        ("val/lfw/Accuracy-Flip step value", [100], [0.91], [5]),
    ],
    "stylegan_text": [
        ("eval/fid50k_full samples value", [0, 8000], [310.5, 254.25], [4, 7]),
        ("train/augment samples value", [100, 4100, 8100], [0.0, 0.004, 0.009], [3, 5, 6]),
    ],
    "stylegan_jsonl": [
        ("train/Loss/G/loss samples window_mean", [0, 4000, 8000], [0.9, 1.0, 1.1], [1, 2, 3]),
        ("train/Loss/D/loss samples window_mean", [0, 4000, 8000], [1.1, 1.0, 0.9], [1, 2, 3]),
    ],
    "mxnet_text": [
        ("train/accuracy iteration window_mean", [50, 100, 150], [0.101016, 0.151484, 0.247344], [3, 5, 11]),
        ("train/Speed iteration window_mean", [50, 100, 150], [305.32, 297.49, 305.08], [3, 5, 11]),
        ("val/accuracy epoch epoch_mean", [0], [0.172513], [9]),
    ],
    "nanogpt_text": [
        ("train/loss step value", [0, 10, 20, 30, 40], [4.2654, 3.2405, 2.7901, 2.4986, 2.4533], [10, 11, 12, 15, 16]),
        ("train/loss step window_mean", [0, 30], [4.2874, 2.5010], [9, 13]),
        ("val/loss step value", [0, 30], [4.2823, 2.5123], [9, 13]),
        ("train/mfu step value", [10, 20, 30, 40], [32.10, 32.11, 30.22, 31.35], [11, 12, 15, 16]),
    ],
    "olmo_text": [
        ("train/CrossEntropyLoss step value", [10, 20, 30], [9.362, 8.243, 7.512], [6, 13, 23]),
        ("train/Perplexity step value", [10, 20, 30], [11633, 3799, 1830], [7, 14, 24]),
        ("eval/pile/CrossEntropyLoss step value", [20], [8.301], [19]),
        ("train/System/Peak GPU Memory (MB) step value", [0, 10, 20, 30], [173, 21313, 21313, 21313], [3, 10, 17, 27]),
    ],
    "open_clip_text": [
        ("train/Loss samples value", [1024, 100000, 101024], [6.9312, 5.8312, 5.7310], [4, 5, 7]),
        ("train/Loss samples running_mean", [1024, 100000, 101024], [6.9312, 6.3120, 5.7310], [4, 5, 7]),
        ("val/clip_val_loss epoch value", [1], [5.7], [6]),
    ],
    "openpi_text": [
        ("train/loss step window_mean", [0, 100, 200], [0.2456, 0.0956, 0.0456], [2, 3, 4]),
        ("train/param_norm step window_mean", [0, 100, 200], [1801.2341, 1801.3341, 1801.4341], [2, 3, 4]),
    ],
    "openvla_text": [("train/Loss step unknown", [1, 2, 3], [9.125, 8.5, 7.75], [1, 1, 1])],
    "paddle_text": [
        ("train/loss iteration running_mean", [0, 10, 20], [7.02, 6.6, 6.15], [4, 5, 10]),
        ("train/lr iteration value", [0, 10, 20], [0.1, 0.1, 0.1], [4, 5, 10]),
        ("train/CELoss epoch epoch_mean", [1, 2], [6.4, 5.9], [6, 11]),
        ("eval/top1 epoch epoch_mean", [1], [0.031], [8]),
    ],
    "paddlenlp_text": [
        ("train/loss step window_mean", [10, 20, 30], [8.51234567, 8.10234567, 7.90234567], [1, 2, 4]),
        ("train/learning_rate step value", [10, 20, 30], [5e-06, 4e-06, 3e-06], [1, 2, 4]),
        ("eval/loss step value", [20], [8.05], [3]),
    ],
    "rl_table": [
        ("train/rollout/ep_rew_mean step window_mean", [2048, 4096], [22.1, 26.4], [12, 22]),
        ("train/learning_rate step value", [4096], [0.0003], [31]),
        ("eval/mean_reward step value", [1000], [9.2], [5]),
    ],
    "skorch_text": [
        ("train/loss epoch epoch_mean", [1, 2, 3], [0.6868, 0.6706, 0.6710], [3, 4, 5]),
        ("valid/loss epoch epoch_mean", [1, 2, 3], [0.6740, 0.6617, 0.6646], [3, 4, 5]),
    ],
    "timm_text": [
        ("train/Loss iteration value", [0, 10, 20, 30], [6.95, 6.91, 6.80, 6.71], [1, 2, 7, 8]),
        ("train/Loss iteration running_mean", [0, 10, 20, 30], [6.95, 6.93, 6.80, 6.75], [1, 2, 7, 8]),
        ("test/Loss epoch epoch_mean", [0], [6.885], [4]),
        ("test_ema/Acc@1 epoch epoch_mean", [0], [0.299], [6]),
    ],
    "torch7_text": [
        ("train/loss epoch epoch_mean", [1, 2, 3], [1.3908, 0.9102, 0.7201], [9, 11, 13]),
        ("train/lr epoch value", [1, 2, 3], [0.1, 0.1, 0.02], [9, 11, 13]),
        ("test/acc epoch epoch_mean", [1, 2, 3], [58.57, 68.12, 75.01], [9, 11, 13]),
    ],
    "torchtitan_text": [
        ("train/loss step unknown", [1, 10, 20], [8.1528, 7.8123, 7.41001], [2, 3, 5]),
        ("train/tps step value", [1, 10, 20], [1234, 11234, 11201], [2, 3, 5]),
        ("val/loss step value", [10], [7.7234], [4]),
    ],
    "torchtune_text": [
        ("train/loss step value", [1, 2, 3], [1.5839389562606812, 1.49, 1.45], [1, 2, 3]),
        ("train/grad_norm step value", [1, 2, 3], [3.1, 2.9, 2.5], [1, 2, 3]),
    ],
    "verl_text": [
        ("train/actor/pg_loss step value", [1, 2], [-0.0012, 0.0021], [2, 3]),
        ("val/val-core/openai/gsm8k/reward/mean@1 step value", [0, 2], [0.21, 0.29], [1, 3]),
    ],
    "espnet_text": [
        ("train/loss iteration window_mean", [50, 100, 150, 200], [189.325, 96.425, 63.325, 53.425], [2, 4, 8, 9]),
        ("train/grad_norm iteration value", [50, 100, 150, 200], [61.2, math.nan, 41.2, 38.5], [2, 4, 8, 9]),
        ("train/lr iteration value", [50, 100, 150, 200], [1e-4, 2e-4, 3e-4, 4e-4], [2, 4, 8, 9]),
        ("train/loss epoch epoch_mean", [1, 2], [142.875, 58.375], [5, 10]),
        ("valid/loss epoch epoch_mean", [1, 2], [73.325, 43.325], [5, 10]),
    ],
    "deepxde_text": [
        ("train/loss step value", [0, 1000, 2000], [17.5, 3.75, 1.25], [7, 8, 9]),
        ("test/loss_2 step value", [0, 1000, 2000], [14.0, 2.4, 0.8], [7, 8, 9]),
        ("test/metric_1 step value", [0, 1000, 2000], [1.1, 0.8, 0.3], [7, 8, 9]),
    ],
    "generic_json_list": [
        ("train/main/loss iteration unknown", [600, 1200, 1800], [1.5, 0.75, math.nan], [3, 11, 19]),
        ("val/main/loss iteration value", [600, 1200, 1800], [1.25, 0.875, math.nan], [5, 13, 21]),
    ],
    "wenet_text": [
        ("train/loss iteration value", [0, 100, 101, 201], [45.123456, 40.123456, 38.123456, 36.123456], [1, 3, 6, 7]),
        ("val/loss epoch epoch_mean", [0, 1], [38.3, 35.1], [5, 8]),
    ],
    "xtuner_text": [
        ("train/reduced_llm_loss step value", [1, 2, 3], [2.31456789, 2.20456789, 2.10456789], [1, 2, 3]),
        ("train/lr step value", [1, 2, 3], [1e-06, 2e-06, 3e-06], [1, 2, 3]),
    ],
}  # fmt: skip
STORES: dict[str, list[tuple[str, list[float], list[float], list[int]]]] = {
    "catboost": [("train/Logloss iteration value", list(range(25)), [0.6760070189, 0.6628622178, 0.6513234313], list(range(4, 29)))],
    "dvclive": [
        ("train/loss step unknown", list(range(12)), [2.3, 1.883080732079358], list(range(2, 14))),
        ("val/heads/action_loss step value", [3, 7, 11], [1.4556735833103203, 0.7473677373950344, 0.38371139059126536], [2, 3, 4]),
    ],
    "evals_result": [("eval/logloss iteration value", list(range(120)), [0.6939458549022675], [1] * 120)],
    "skorch_history": [
        ("train/loss epoch epoch_mean", [1, 2, 3, 4, 5], [1.283581252914248], [1] * 5),
        ("train/loss row value", list(range(20)), [1.246081252914248, 1.296081252914248], [1] * 20),
    ],
    "swanlab": [
        ("train/loss step unknown", list(range(0, 120, 10)), [2.3, 1.883080732079358], [12, 15, 17, 19, 23, 25, 27, 29, 32, 34, 36, 38]),
        ("val/loss step value", [30, 70, 110], [1.85, 1.65, 1.45], [22, 31, 40]),
    ],
    "visualdl": [
        ("train/loss step unknown", list(range(31)), [2.3025999069213867], [*(2 * i + 2 + (i > 9) + (i > 19) for i in range(30)), 65]),
        ("eval/acc step value", [9, 19, 29], [0.2800000011920929, 0.47999998927116394, 0.6800000071525574], [22, 43, 64]),
    ],
    "wandb": [
        ("train/loss step unknown", list(range(10, 130, 10)), [2.3, 1.883080732079358], [14, 17, 20, 23, 26, 29, 32, 35, 38, 41, 44, 47]),
        ("eval/loss step value", [40, 80, 120], [1.4556735833103203, 0.7473677373950344, 0.38371139059126536], [23, 35, 47]),
        ("train/parts.b step unknown", [3, 7, 11], [-1.5, -1.5, -1.5], [23, 35, 47]),
    ],
}  # fmt: skip
"""Formats that are no lines of rows; of a long series the first values."""
ENDS = {
    "generic_jsonl": ("train/loss step unknown", 40, 2.050891399383545),
    "keras_csv": ("val/loss epoch epoch_mean", 12, 1.1356688737869263),
    "keras_history": ("val/loss epoch epoch_mean", 12, 1.1356688737869263),
    "mmlab_text": ("train/loss iteration window_mean", 30, 2.2814),
    "lightning_csv": ("train/loss step value", 17, 2.326184034347534),
    "tfevents": ("train/loss step unknown", 20, 10.100000381469727),
}


def named(series: Series) -> str:
    return f"{series.split}/{series.name} {series.axis.value} {series.statistic.value}"


def run_of(parser_id: str) -> Run:
    return read_paths([FORMATS / parser_id], ReadOptions(strict=True))[0]


def one(run: Run, name: str) -> Series:
    return next(series for series in run.series if named(series) == name)


@pytest.mark.parametrize("parser_id", [unit.id for unit in parsers()])
def test_every_format_has_a_sample_that_its_own_parser_claims(parser_id: str) -> None:
    place = FORMATS.parent / ELSEWHERE[parser_id] if parser_id in ELSEWHERE else FORMATS / parser_id
    logs = list(find_logs([place]))
    assert logs, f"sample_logs/formats/{parser_id} is missing"
    for log in logs:
        best = candidates(log)[0]
        assert (best.parser.id, best.score.value >= MIN_SCORE) == (parser_id, True), best
        assert surest(log) == best
        assert all(one.score.value <= one.parser.most for one in candidates(log))


@pytest.mark.parametrize(("parser_id", "expected"), EXPECTED.items(), ids=EXPECTED)
def test_a_format_gives_exact_places_values_and_lines(
    parser_id: str, expected: list[tuple[str, list[float], list[float], list[int]]]
) -> None:
    run = run_of(parser_id)
    for name, x, y, line in expected:
        series = one(run, name)
        assert series.x.tolist() == x
        assert series.y.tolist() == pytest.approx(y, nan_ok=True, rel=1e-12)
        assert series.line.tolist() == line


@pytest.mark.parametrize(("parser_id", "expected"), STORES.items(), ids=STORES)
def test_a_store_gives_exact_places_values_and_records(
    parser_id: str, expected: list[tuple[str, list[float], list[float], list[int]]]
) -> None:
    run = run_of(parser_id)
    for name, x, y, line in expected:
        series = one(run, name)
        assert series.x.tolist() == x
        assert series.y[: len(y)].tolist() == pytest.approx(y, rel=1e-12)
        assert series.line.tolist() == line


@pytest.mark.parametrize(("parser_id", "expected"), ENDS.items(), ids=ENDS)
def test_a_longer_sample_gives_all_rows(parser_id: str, expected: tuple[str, int, float]) -> None:
    name, rows, first = expected
    series = one(run_of(parser_id), name)
    assert len(series) == rows
    assert series.y[0] == first


def test_one_training_in_two_formats_gives_the_same_numbers() -> None:
    csv, history = run_of("keras_csv"), run_of("keras_history")
    for name in (
        "train/loss epoch epoch_mean",
        "val/loss epoch epoch_mean",
        "train/accuracy epoch epoch_mean",
    ):
        assert one(csv, name).y.tolist() == one(history, name).y.tolist()
        assert one(csv, name).x.tolist() == one(history, name).x.tolist()


def test_a_summary_of_the_whole_run_is_a_fact_and_no_point() -> None:
    run = run_of("hf_stdout")
    assert run.value("train_loss") == 1.207
    assert 1.207 not in one(run, "train/loss epoch window_mean").y
    assert run.status is Status.FINISHED


def test_rows_that_a_callback_has_trimmed_are_still_of_the_trainer(tmp_path: Path) -> None:
    text = "{'loss': 0.7, 'grad_norm': 0.3, 'learning_rate': 1e-06, 'epoch': 0.5}\n{'eval_loss': 0.69, 'epoch': 0.5}\n{'loss': 0.6, 'epoch': 1.0}\n"
    (tmp_path / "train.log").write_text(
        text + "{'eval_loss': 0.68, 'epoch': 1.0}\n", encoding="utf-8"
    )
    (run,) = read_paths([tmp_path], ReadOptions(strict=True))
    assert one(run, "eval/loss epoch value").y.tolist() == [0.69, 0.68]
    assert one(run, "train/loss epoch window_mean").y.tolist() == [0.7, 0.6]


def test_two_trainings_of_one_output_have_their_own_summary_and_share_the_arguments_above_them(
    tmp_path: Path,
) -> None:
    def rows(count: int) -> str:
        return "".join(
            f"{{'loss': {3 / n:.4f}, 'learning_rate': 0.0003, 'epoch': {n / 20:.2f}}}\n"
            for n in range(1, count + 1)
        )

    head = "TrainingArguments(\nfp16=True,\nnum_train_epochs=2,\noptim_args=None,\n)\n"
    (tmp_path / "out.txt").write_text(
        f"{head}{rows(40)}{{'train_runtime': 86.1, 'train_loss': 0.7, 'epoch': 2.0}}\n{rows(20)}",
        encoding="utf-8",
    )
    first, second = read_paths([tmp_path], ReadOptions(strict=True))
    assert (first.status, first.progress.epochs, first.value("train_runtime")) == (
        Status.FINISHED,
        (2, 2),
        86.1,
    )
    assert (second.status, second.progress.epochs, second.value("train_runtime")) == (
        Status.INTERRUPTED,
        (1, 2),
        None,
    )
    assert [run.value("fp16") for run in (first, second)] == [True, True]


@pytest.mark.parametrize(
    "unit", ["examples/s", "it/s"], ids=["said by its unit", "said by standing still"]
)
def test_a_bar_of_the_data_is_not_the_plan_of_the_training(unit: str, tmp_path: Path) -> None:
    rows = [
        f"{{'loss': {3 - 0.1 * n:.1f}, 'grad_norm': 1.0, 'learning_rate': 0.001, 'epoch': "
        f"{n / 6:.2f}}}"
        for n in range(1, 13)
    ]
    bars = [f" {n * 8}%|# | {5 * n}/60 [00:0{n % 10}<00:09,  9.9it/s]" for n in range(1, 13)]
    lines = [
        f"Map: 100%|#| 480/480 [00:00<00:00, 1.5 {unit}]",
        *(line for pair in zip(bars, rows, strict=True) for line in pair),
    ]
    (tmp_path / "train.log").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (run,) = read_paths([tmp_path], ReadOptions(strict=True))
    assert run.value("max_steps") == 60


def test_two_trainings_in_one_output_are_two_runs() -> None:
    first, second = read_paths([FORMATS / "keras_stdout"], ReadOptions(strict=True))
    assert one(first, "train/loss epoch epoch_mean").y.tolist() == [1.4911, 1.4359]
    assert one(second, "train/loss epoch epoch_mean").y.tolist() == [1.3764, 1.3323]
    assert [segment.why for segment in second.segments] == ["new_run"]


@pytest.mark.parametrize("parser_id", sorted(set(EXPECTED) - {"hf_trainer_state"}))
def test_a_torn_end_costs_at_most_the_last_record(parser_id: str) -> None:
    path = next((FORMATS / parser_id).iterdir())
    data = path.read_bytes().rstrip(b"\r\n")
    unit = next(unit for unit in parsers() if unit.id == parser_id)
    whole = sum(
        len(record.y)
        for record in unit.read(LogFile(path.name, data=data + b"\n"))
        if hasattr(record, "y")
    )
    last = len(data[data.rfind(b"\n") + 1 :])
    torn = sum(
        len(record.y)
        for record in unit.read(LogFile(path.name, data=data[: -last // 2]))
        if hasattr(record, "y")
    )
    assert 0 < torn <= whole
    assert whole - torn <= 20


NO_LOGS = {
    "requirements": b"numpy==1.26.4\npandas==2.2.0\ntorch==2.3.0\n" * 5,
    "source": b"def loss(x):\n    total_loss = 0.5 * x\n    return total_loss\nprint('epoch', 3)\n"
    * 5,
    "server log": b"".join(
        b'10.0.0.1 - - [10/Oct/2023:13:55:%02d] "GET /index.html HTTP/1.1" 200 2326\n' % i
        for i in range(30)
    ),
    "pip": b"Collecting numpy\n  Downloading numpy-1.26.4.whl (18.2 MB)\n     18.2/18.2 MB 5.1 "
    b"MB/s eta 0:00:00\nInstalling collected packages\n" * 5,
    "data set": b"".join(b"%d,%d,%d\n" % (i, i * 2, i * 3) for i in range(40)),
    "housing table": b"price,rooms,area\n"
    + b"".join(b"%d,%d,%d\n" % (i * 1000, i % 7, i * 11) for i in range(40)),
    "data JSON lines": b"".join(
        b'{"prompt": "how are you", "label": %d}\n' % (i % 2) for i in range(30)
    ),
    "package.json": b'{"name": "x", "version": "1.0.0", "dependencies": {"a": "1.2"}}\n',
}


@pytest.mark.parametrize("data", NO_LOGS.values(), ids=NO_LOGS)
def test_what_is_no_training_log_is_refused(data: bytes) -> None:
    best = candidates(LogFile("some.file", data=data))[0]
    assert best.score.value < MIN_SCORE, best


@pytest.mark.parametrize(("reached", "status"), [(12, Status.FINISHED), (10, Status.INTERRUPTED)])
def test_a_trainer_that_reached_its_plan_is_finished_though_its_last_steps_are_not_logged(
    tmp_path: Path, reached: int, status: Status
) -> None:
    state = {
        "global_step": reached,
        "log_history": [{"loss": 1.5, "step": 5}, {"loss": 1.4, "step": 10}],
        "max_steps": 12,
    }
    (tmp_path / "trainer_state.json").write_text(json.dumps(state), encoding="utf-8")
    assert read_paths([tmp_path], ReadOptions(strict=True))[0].status is status


def test_scores_in_the_table_of_a_notebook_are_of_the_validation(tmp_path: Path) -> None:
    head = "Epoch\tTraining Loss\tValidation Loss\tAccuracy\tRouge1\n"
    (tmp_path / "table.txt").write_text(
        head + "1\tNo log\t2.8\t0.5\t0.14\n2\t2.9\t2.6\t0.6\t0.15\n3\t2.7\t2.5\t0.7\t0.16\n",
        encoding="utf-8",
    )
    run = read_paths([tmp_path], ReadOptions(strict=True))[0]
    assert {(s.split, s.name) for s in run.series} == {
        ("train", "Loss"),
        ("val", "Loss"),
        ("val", "Accuracy"),
        ("val", "Rouge1"),
    }


def test_a_list_of_records_that_breaks_off_gives_what_stands_before(tmp_path: Path) -> None:
    (tmp_path / "log").write_text(
        '[{"epoch": 1, "loss": 2.0}, {"epoch": 2, "loss": 1.0}, {"epoch": 3, "lo'
    )
    run = read_paths([tmp_path], ReadOptions(strict=True))[0]
    assert run.series[0].y.tolist() == [2.0, 1.0]


def test_the_results_of_a_detector_are_no_log(tmp_path: Path) -> None:
    (tmp_path / "results.json").write_text(
        '[{"image_id": 1, "score": 0.9, "bbox": [1, 2, 3, 4]}, '
        '{"image_id": 2, "score": 0.8, "bbox": [1, 2, 3, 4]}]'
    )
    assert candidates(next(iter(find_logs([tmp_path]))))[0].score.value < MIN_SCORE


def test_a_broken_row_of_a_monitor_costs_only_itself(tmp_path: Path) -> None:
    (tmp_path / "monitor.csv").write_text(
        '#{"t_start": 1.5, "env_id": "Pendulum-v1"}\nr,l,t,is_success\n-900.5,200,1.1,0\n-800\n-700.25,200,2.2,1\n'
    )
    run = read_paths([tmp_path], ReadOptions(strict=True))[0]
    assert {s.name: (s.x.tolist(), s.y.tolist()) for s in run.series} == {
        "episode_reward": ([200, 400], [-900.5, -700.25]),
        "episode_length": ([200, 400], [200, 200]),
        "is_success": ([200, 400], [0, 1]),
    }
    assert run.value("env_id") == "Pendulum-v1"
    assert run.sources[0].skipped == 1
