"""What a line says of the end of a run, in every spelling; and what only looks like it."""

from __future__ import annotations

import pytest

from lossreport.model.run import Status
from lossreport.reading.kit.events import phrase_in

FINISHED = """\
Training complete
Training completed successfully!
INFO:__main__:Training completed successfully!
2025-11-20 13:49:22,997 - INFO - Training completed in 186.60 seconds
2025-11-20 13:49:22,998 - INFO - ========== Training completed ==========
Finished Training
Finished training in 12 s
Training done.
02:13:51.152 [main] INFO reviews.Train - Training is Done
🎉 Enhanced training pipeline completed successfully!
2026-12-27 23:40:55.769 host:0 train:377 INFO Training complete
Training finished after 30 epochs
Training finished for fold 2
Model training complete. Best val acc 0.92
Training of model resnet50 finished.
training time 1 day, 7:22:20
Training time 0:13:00
Total training time: 2:49:33.357978 (0.5087s / it)
Total Training Time: 4.57 min
Total running time: 3421.5 s
Total elapsed time: 1:02:13
done training in 1234.5 seconds
End of training.
END train.py
Process finished with exit code 0
进程已结束，退出代码为 0
exit code 0
Exit_status=0
Done!
All done
Exiting...
Finished running train.py
Experiment completed successfully
训练完成
===== 训练结束 =====
模型训练已完成！
[INFO] 训练完成，总耗时 3 小时
完成训练
Optimization completed
I0615 15:56:37.051666  1860 caffe.cpp:259] Optimization Done.
Solving done ...
Total Optimization Iterations: 5200 iterations completed
{'train_runtime': 86619.1, 'train_loss': 0.3, 'epoch': 2.0}
  train_runtime            = 6:37:30.51
`Trainer.fit` stopped: `max_epochs=500` reached.
[11/16 02:58:10] d2.engine.hooks INFO: Overall training speed: 1498 iterations in 0:10:00 (0.4 s / it)
[after training is done] datetime: 2024-01-01
100 epochs completed in 0.523 hours.
Training: 100%|██████████| 60/60 [01:00<00:00,  1.0s/it]
'train' took 12.3 s
bestIteration = 99
Did not meet early stopping. Best iteration is:
State: COMPLETED (exit code 0)
wandb: Run history:
wandb: Synced peach-1: https://wandb.ai/x
wandb: Waiting for W&B process to finish... (success).
Final test accuracy = 92.0%
Final model saved to out/final.zip"""

STOPPED_EARLY = """\
EarlyStopping counter: 10 out of 10
Early stopping at epoch 12 (no_improve=6)
Early stopping triggered after 8 epochs (patience=8)
Early stopping
Early Stop!
Epoch 00012: early stopping
Early stopping: no improvement for 10 epochs
Early stopping due to no improvement
Early stopping, best iteration is:
EarlyStopping: Training stopped early as no improvement observed in last 50 epochs.
early stop since valid performance hasn't improved for last 10 runs
no improvement for 10 epochs, stop
Val loss did not improve for 10 epochs. Stopping training
Monitored metric val_loss did not improve in the last 3 records. Best score: 0.300. Signaling Trainer to stop.
Stopping. Best iteration:
Stopping since valid_loss has not improved in the last 5 epochs.
Restoring model weights from the end of the best epoch: 5.
Stopped by overfitting detector  (50 iterations wait)
Ran out of patience. Stopping training.
早停
早停：验证损失连续 10 轮未改善
[早停] epoch 12
触发早停
提前停止训练
连续 10 轮没有提升，停止训练"""

CRASHED = """\
[rank0]:[E ProcessGroupNCCL.cpp:828] [Rank 0] Watchdog caught collective operation timeout: WorkNCCL(SeqNum=12, OpType=ALLREDUCE) ran for 1800123 ms
RuntimeError: DataLoader worker (pid 1234) is killed by signal: Bus error.
RuntimeError: DataLoader worker (pid(s) 12, 13) exited unexpectedly
RuntimeError: CUDA error: device-side assert triggered
RuntimeError: mat1 and mat2 shapes cannot be multiplied
2024-01-01 10:00:00 ERROR RuntimeError: boom
Segmentation fault (core dumped)
terminate called after throwing an instance of 'c10::Error'
Fatal Python error: Aborted
OSError: [Errno 28] No space left on device
torch.cuda.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB. Try setting max_split_size_mb to avoid fragmentation.
slurmstepd: error: Detected 1 oom-kill event(s) in StepId=1.batch.
OOM-killer
Out of memory: Killed process 1234 (python)
Process finished with exit code 137 (interrupted by signal 9: SIGKILL)
Process finished with exit code 1
exit code -9
[launch.py:321] Process 1234 exits with return code = -9
srun: error: node1: task 0: Exited with exit code 1
torch.distributed.elastic.multiprocessing.errors.ChildFailedError:
E1101 elastic/multiprocessing/api.py:826] failed (exitcode: -9) local_rank: 0 (pid: 1) of binary: /usr/bin/python
  exitcode  : 1 (pid: 4711)
RuntimeError: [Errno 98] Address already in use
\tsize mismatch for head.weight: copying a param with shape torch.Size([1]) from checkpoint
requests.exceptions.HTTPError: 404 Client Error
huggingface_hub.utils._errors.RepositoryNotFoundError: 401 Client Error
Loss is nan, stopping training
Training errored after 3 iterations at 2024-01-01
Traceback (most recent call last):
[rank0]: Traceback (most recent call last):
wandb: Waiting for W&B process to finish... (failed 1). Press ctrl-c to abort syncing.
State: FAILED
进程已结束，退出代码 1
RuntimeError: 显存不足
显存不足，训练终止
磁盘空间不足
训练失败"""

INTERRUPTED = """\
Received SIGTERM, saving
KeyboardInterrupt
[rank0]: KeyboardInterrupt
Detected KeyboardInterrupt, attempting graceful shutdown ...
torch.distributed.elastic.multiprocessing.api.SignalException: Process 49154 got signal: 15
slurmstepd: error: *** JOB 7 ON n1 CANCELLED AT 2026-01-01T00:00:00 ***
slurmstepd: error: *** JOB 7 ON n1 CANCELLED AT 2026-01-01T00:00:00 DUE TO TIME LIMIT ***
=>> PBS: job killed: walltime 3600 exceeded limit 3600
Job was preempted
Killed
/bin/run.sh: line 3: 1234 Killed                  python train.py
Process finished with exit code 143 (interrupted by signal 15: SIGTERM)
Process finished with exit code 130
^C
Exiting from training early
Training interrupted by user
Terminated
State: TIMEOUT
被用户中断
训练被中断"""

RESUMED = """\
Resuming from checkpoint out/ckpt.pt
Resuming training from epoch 3
Resume from step 1000
Resume training with (gpu(0),gpu(1)) from epoch 145
=> loaded checkpoint 'x.pth.tar' (epoch 25)
Auto resume from out/latest.pth
 loading checkpoint from checkpoints/gpt at iteration 1000
Restored from ./tf_ckpts/ckpt-10
Restored all states from the checkpoint at out/last.ckpt
Starting training from iteration 400
Continuing training from global step 100
I0615 15:39:21.1 1860 caffe.cpp:239] Restoring previous solver status from x_iter_2000.solverstate
从 checkpoint 恢复训练
从检查点 out/3.pth 恢复
加载检查点 './logs/44k/G_800.pdparams' (迭代次数 12)"""

NOTHING = """\
Epoch 3 finished
Epoch 3 training finished
Finished training epoch 3
End of training epoch 3
training finished for client 3
Client 3: training finished
Local training finished
Stage 1 training completed
Round 3 finished
Finished loading data
Finished loading training data
Training data loading complete
Data loading completed in 3 s
Tokenization completed
Validation finished
Evaluation done in 3 s
done (0.5s)
Done (t=0.12s)
Fold 2 done: best_AUC=0.6000  best_F1=0.6600  epoch=6
Training will be done in 3 hours
After training finished, run eval.py
once training is done we evaluate
training done: False
Training completed: 50%
Downloading: 100%|██████████| 60/60 [01:00<00:00,  1.0s/it]
Epoch 3: 100%|██████████| 60/60 [01:00<00:00,  1.0s/it]
train_loss: 0.3 training time 0.3 s
训练完成后将保存模型
训练完成率: 50%
第 3 轮训练完成
客户端 3 训练完成
Command 'nvidia-smi' exited with code 9
subprocess.CalledProcessError_: Command '['nvidia-smi']' returned non-zero exit status 9.
EarlyStopping counter: 3 out of 10
EarlyStopping(monitor='val_loss', patience=10)
early_stopping: True
Early stopping: True
Early stopping: patience 10
early stopping patience = 10
Early stopping enabled
Early stopping will be used
Using early stopping with patience 5
no improvement for 3 epochs
早停耐心: 10
早停计数 3/10
启用早停机制
NaN or Inf found in input tensor.
loss is nan, skipping batch
There are some potential root causes. (1) The process is killed by SIGKILL by OOM killer due to high memory usage. (2) ray stop --force is called.
(1) The process is killed by SIGKILL by OOM killer due to high memory usage.
ran out of memory, skipping batch
CUDA out of memory, retrying with smaller batch
UserWarning: CUDA initialization: CUDA unknown error
NCCL timeout set to 1800 s
Registering SIGTERM handler
Sending process 123 closing signal SIGTERM
except KeyboardInterrupt:
Press Ctrl+C to stop
preemptible: true
load model epoch 8
loading pretrained weights from x.pth
=> loaded checkpoint 'imagenet_pretrained.pth' (epoch 90)
no checkpoint found in out, ignoring auto resume from out
Resuming from: None
Resume training with (gpu(0),gpu(1)) from epoch 0
INFO: Resuming training from epoch: 0, iter: 0.
resume_from_checkpoint=None
error rate: 0.3
Epoch 3 | train loss 0.3 | val loss 0.4"""

TABLE = {
    **dict.fromkeys(FINISHED.split("\n"), (Status.FINISHED, None)),
    **dict.fromkeys(STOPPED_EARLY.split("\n"), (Status.FINISHED, "early_stop")),
    **dict.fromkeys(CRASHED.split("\n"), (Status.CRASHED, None)),
    **dict.fromkeys(INTERRUPTED.split("\n"), (Status.INTERRUPTED, None)),
    **dict.fromkeys(RESUMED.split("\n"), (None, "resume")),
    **dict.fromkeys(NOTHING.split("\n"), (None, None)),
}


@pytest.mark.parametrize("line", TABLE)
def test_a_line_says_how_a_run_ended_or_nothing_of_it(line: str) -> None:
    ends, kind = TABLE[line]
    found = phrase_in(line)
    assert (found.ends if found else None) is ends
    if kind or not ends:
        assert (found.kind if found else None) == kind


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("RuntimeError: CUDA out of memory.", "oom"),
        ("Watchdog caught collective operation timeout: WorkNCCL(SeqNum=1)", "timeout"),
        (
            "slurmstepd: error: *** JOB 7 ON n1 CANCELLED AT 2026-01-01 DUE TO TIME LIMIT ***",
            "timeout",
        ),
        ("Process finished with exit code 137", "killed"),
        ("Loss is nan, stopping training", "nonfinite_exit"),
        ("Segmentation fault", "other"),
        ("Process finished with exit code 1", "other"),
    ],
)
def test_a_crash_is_an_event_of_its_kind(line: str, kind: str) -> None:
    found = phrase_in(line)
    assert found is not None
    assert found.kind == kind
