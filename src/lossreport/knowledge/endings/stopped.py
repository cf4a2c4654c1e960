"""Stopped from outside: a person, a scheduler, a time limit, a preemption."""

from __future__ import annotations

from lossreport.knowledge.ending import Ending, Endings, words
from lossreport.text import Text

ENDINGS = Endings(
    id="stopped",
    order=5,
    endings=(
        Ending(
            id="time_limit",
            pattern=words(
                r"DUE TO TIME LIMIT|job killed: walltime|State\s{0,3}[:=]\s{0,3}TIMEOUT\b|"
                r"exceeded .{0,30}(?:walltime|time limit)"
            ),
            title=Text(zh="作业到了时限", en="The job reached its time limit"),
            means=Text(
                zh="调度器按申请的时长结束了作业，训练本身没有出错。",
                en="The scheduler ended the job after the time it had asked for; the training "
                "has no fault.",
            ),
            do=Text(
                zh="申请更长时间，或让作业在时限前收到信号、存好 checkpoint 并自动重排队。",
                en="Ask for more time, or have the job signalled before the limit so that it "
                "saves a checkpoint and queues again.",
            ),
            reference="Slurm documentation, sbatch: --signal and --requeue",
            codes=((r"SLURM|TIME LIMIT|TIMEOUT", "#SBATCH --signal=B:USR1@120 --requeue"),),
        ),
        Ending(
            id="preempted",
            pattern=words(r"preempt|Spot (?:instance|interruption)|Evicted\b"),
            title=Text(zh="作业被抢占", en="The job was preempted"),
            means=Text(
                zh="资源被优先级更高的作业或云厂商收回，训练本身没有出错。",
                en="A job of higher priority or the cloud took the machine back; the training "
                "has no fault.",
            ),
            do=Text(
                zh="打开自动续训，并让保存间隔短于你能接受重算的时间。",
                en="Let it resume by itself, and save as often as you are willing to do again.",
            ),
            reference="Slurm documentation: Preemption",
            codes=(
                (r"hf_|transformers", "--resume_from_checkpoint last"),
                (r"SLURM", "#SBATCH --requeue --open-mode=append"),
            ),
        ),
        Ending(
            id="interrupted_by_hand",
            pattern=words(
                r"KeyboardInterrupt|Ctrl\W{0,3}C|^\^C$|interrupted by (?:the )?user|"
                r"signal\W{0,3}2\b|SIGINT|exit code 130|用户中断|手动"
            ),
            title=Text(zh="训练被手动中断", en="The training was interrupted by hand"),
            means=Text(
                zh="有人按了 Ctrl-C，或在停止按钮、notebook 里中断了它。",
                en="Somebody pressed Ctrl-C, or stopped it in a notebook or a tool.",
            ),
            do=Text(
                zh="不必查错；若终端断开是起因，放进 tmux 或用 nohup 运行。",
                en="There is no error to look for; where a lost terminal was the reason, run "
                "it in tmux or with nohup.",
            ),
            reference="Python documentation, Built-in Exceptions: KeyboardInterrupt",
        ),
        Ending(
            id="cancelled",
            pattern=words(
                r"CANCELLED|SIGTERM|SIGHUP|signal\W{0,3}(?:1|15)\b|Terminated|exit code 143"
            ),
            title=Text(zh="进程收到终止信号", en="The process was told to terminate"),
            means=Text(
                zh="作业被取消、终端断开，或别的 rank 先出错后启动器结束了它。",
                en="The job was cancelled, the terminal was lost, or the launcher ended it "
                "after another rank had failed.",
            ),
            do=Text(
                zh="看调度器的记录和其他 rank 的日志里有没有更早的报错；终端断开时改用 tmux "
                "或 nohup。",
                en="Look at the scheduler's record and for an earlier error in the logs of "
                "other ranks; for a lost terminal use tmux or nohup.",
            ),
            reference="Slurm documentation, scancel",
            broad=True,
        ),
    ),
)
