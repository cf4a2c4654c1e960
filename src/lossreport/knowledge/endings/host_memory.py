"""The memory of the machine, the container or the job is full, and the kernel or the scheduler ends
the process.
"""

from __future__ import annotations

from lossreport.knowledge.ending import Ending, Endings, words
from lossreport.text import Text

LESS = Text(
    zh="减少 dataloader worker 与预取、不要在每个 worker 里整份载入数据，"
    "或为作业申请更多内存；再用 `free -h` 或 `sacct -j 作业号 --format=MaxRSS` 核对峰值。",
    en="Use fewer loader workers and less prefetching, do not load the whole data set in "
    "every worker, or ask for more memory; then check the peak with `free -h` or `sacct -j "
    "JOB --format=MaxRSS`.",
)

ENDINGS = Endings(
    id="host_memory",
    order=20,
    endings=(
        Ending(
            id="job_memory",
            pattern=words(
                r"slurm\w{0,40}: error: .{0,200}(?:oom.?kill|Exceeded (?:job|step) memory limit)|"
                r"State\s{0,3}[:=]\s{0,3}OUT_OF_MEMORY|srun: error: .{0,120}Out Of Memory"
                r"|node was low on resource: memory|OOMKilled|memory limit of the (?:job|container)"
            ),
            title=Text(zh="作业用尽了申请的内存", en="The job used up its memory"),
            means=Text(
                zh="调度器或容器按内存上限结束了进程：这是主机内存，不是显存。",
                en="The scheduler or the container ended the process at its memory limit: "
                "memory of the host, not of the GPU.",
            ),
            do=LESS,
            reference="Slurm documentation, sacct: job state OUT_OF_MEMORY",
            codes=((r"slurm|srun|OUT_OF_MEMORY", "#SBATCH --mem=128G"),),
        ),
        Ending(
            id="host_memory",
            pattern=words(
                r"oom[- _]?kill|out of memory: kill|\bMemoryError\b|"
                r"Unable to allocate [\d.]+ [KMGT]iB|not enough memory: you tried to allocate"
                r"|node running low on memory|Cannot allocate memory|内存(?:不足|溢出|耗尽)|"
                r"std::bad_alloc"
            ),
            title=Text(zh="主机内存不足", en="The host is out of memory"),
            means=Text(
                zh="不够的是主机内存，不是显存：常见于整份载入的数据集、过多的 worker、"
                "评估时攒在内存里的预测，或逐步增长的缓存。",
                en="It is the memory of the host, not of the GPU: a data set loaded whole, "
                "too many workers, predictions that an evaluation keeps, or a cache that "
                "grows.",
            ),
            do=LESS,
            reference="Linux kernel documentation, admin-guide/mm: Out Of Memory Handling",
            numbers=words(
                r"(?:Unable to allocate|tried to allocate) (?P<wanted>[\d.]{1,16} ?(?:[KMGT]i?B|"
                r"bytes))"
            ),
            said=Text(zh="报错要分配 {wanted}。", en="The message asks for {wanted}."),
        ),
        Ending(
            id="killed_by_kernel",
            pattern=words(
                r"^(?:\S{1,40}: line \d+: +\d+ )?(?-i:Killed)(?:$| {2,}\S)|exit\w{0,9}(?: with)?"
                r"(?: return)? ?(?:code|status)?\W{0,4}(?:137|-9)\b|return code\W{0,4}-9\b"
                r"|terminated with signal SIGKILL|killed by signal: Killed|exited on signal 9|"
                r"signal 9\b"
            ),
            title=Text(zh="进程被 SIGKILL 强制结束", en="The process was ended by SIGKILL"),
            means=Text(
                zh="SIGKILL 不留下报错：多数情况是主机内存用尽后内核的 OOM killer 所为，"
                "也可能是调度器或有人执行了 kill -9。",
                en="SIGKILL leaves no message: mostly it is the kernel's OOM killer after the "
                "host ran out of memory, else a scheduler or a person.",
            ),
            do=Text(
                zh="先查内核日志中有没有 “Out of memory: Killed process”；若有，减少 worker "
                "或申请更多内存，若没有，问调度器。",
                en="Look for “Out of memory: Killed process” in the kernel log: if it is "
                "there, use fewer workers or ask for more memory; if not, ask the "
                "scheduler.",
            ),
            reference="databrickslabs/dolly #166: Getting error when running deepseed in dolly "
            "training with exits return code = -9",
            codes=((r"", "dmesg -T | grep -i 'killed process'"),),
            broad=True,
        ),
    ),
)
