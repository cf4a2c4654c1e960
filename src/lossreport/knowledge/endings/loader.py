"""The processes that load data: their shared memory, their open files, their deaths and how they
are started.
"""

from __future__ import annotations

from lossreport.knowledge.ending import Ending, Endings, words
from lossreport.text import Text

ENDINGS = Endings(
    id="loader",
    order=15,
    endings=(
        Ending(
            id="shared_memory",
            pattern=words(
                r"out of shared memory|insufficient shared memory|killed by signal: Bus error|"
                r"Unexpected bus error encountered in worker|unable to (?:open|mmap|resize|"
                r"allocate) .{0,40}shared memory"
                r"|\bBus error\b.{0,40}core dumped|^Bus error\b|torch_shm_manager|"
                r"/dev/shm\b.{0,80}(?:full|No space)"
            ),
            title=Text(zh="共享内存（/dev/shm）不足", en="The shared memory (/dev/shm) is full"),
            means=Text(
                zh="dataloader worker 通过 /dev/shm 传递 batch，空间用尽时以 Bus error 结束；"
                "容器默认只有 64 MB。",
                en="Loader workers hand their batches over in /dev/shm and die with a bus "
                "error where it is full; a container has 64 MB by default.",
            ),
            do=Text(
                zh="给容器更大的共享内存，或减少 num_workers 与 prefetch_factor。",
                en="Give the container more shared memory, or lower num_workers and "
                "prefetch_factor.",
            ),
            reference="pytorch/pytorch #5040: Give a better error when we run out of shared "
            "memory, instead of “RuntimeError: DataLoader worker (pid 13) is killed by "
            "signal: Bus error.”",
            codes=((r"", "docker run --shm-size=16g ..."),),
        ),
        Ending(
            id="open_files",
            pattern=words(r"Too many open files|received 0 items of ancdata"),
            title=Text(zh="打开的文件过多", en="Too many files are open"),
            means=Text(
                zh="worker 传递张量要占用文件描述符，超出了系统上限。",
                en="Workers hand tensors over by file descriptors, and the limit of the "
                "system is reached.",
            ),
            do=Text(
                zh="提高上限，或把共享策略设为 file_system；并确认数据集没有一直打开文件不关。",
                en="Raise the limit or set the sharing strategy to file_system, and see that "
                "the data set closes its files.",
            ),
            reference="PyTorch documentation, torch.multiprocessing: Sharing strategies",
            codes=((r"", "torch.multiprocessing.set_sharing_strategy('file_system')"),),
        ),
        Ending(
            id="loader_timeout",
            pattern=words(r"DataLoader timed out after"),
            title=Text(zh="dataloader 超时", en="The data loader timed out"),
            means=Text(
                zh="worker 没有在限定时间内交出 batch：存储变慢，或某个样本卡住。",
                en="No worker delivered a batch in time: storage is slow, or one sample hangs.",
            ),
            do=Text(
                zh="用 num_workers=0 走一遍数据，找出卡住的样本；存储慢时先把数据缓存到本地。",
                en="Go through the data with num_workers=0 to find the sample that hangs; "
                "with slow storage, cache the data locally first.",
            ),
            reference="PyTorch documentation, torch.utils.data: Multi-process data loading",
            is_own=True,
        ),
        Ending(
            id="forked_cuda",
            pattern=words(
                r"Cannot re-initialize CUDA in forked subprocess|context has already been set"
            ),
            title=Text(zh="在 fork 出的子进程里用了 CUDA", en="CUDA is used in a forked process"),
            means=Text(
                zh="父进程已初始化 CUDA，fork 出的 worker 不能再用它。",
                en="The parent has initialised CUDA, and a forked worker cannot use it again.",
            ),
            do=Text(
                zh="让 dataset 与 collate_fn 只返回 CPU 张量，在主进程里再搬到 GPU；或改用 spawn。",
                en="Let dataset and collate_fn return CPU tensors and move them in the main "
                "process, or start workers by spawn.",
            ),
            reference="PyTorch documentation, Multiprocessing best practices: CUDA in "
            "multiprocessing",
            codes=((r"", "torch.multiprocessing.set_start_method('spawn')"),),
            is_own=True,
        ),
        Ending(
            id="spawn_without_guard",
            pattern=words(
                r"An attempt has been made to start a new process before the|(?:Can't|"
                r"cannot) pickle (?:local object|<|_thread|generator)|"
                r"Can't get attribute '.{1,60}' on <module"
            ),
            title=Text(zh="worker 进程无法启动", en="The worker processes cannot start"),
            means=Text(
                zh="以 spawn 启动的 worker 会重新导入主程序并序列化 dataset：缺少 `__main__` "
                "保护，或其中有 lambda、局部函数。",
                en="A spawned worker imports the program anew and pickles the data set: the "
                "guard `__main__` is missing, or it holds a lambda or a local function.",
            ),
            do=Text(
                zh="把入口放进 `if __name__ == '__main__':`，把 lambda 改成模块级函数；或设 "
                "num_workers=0。",
                en="Put the entry under `if __name__ == '__main__':` and turn lambdas into "
                "functions of the module, or set num_workers=0.",
            ),
            reference="PyTorch documentation, torch.utils.data: Platform-specific behaviors",
            is_own=True,
        ),
        Ending(
            id="ragged_batch",
            pattern=words(
                r"stack expects each tensor to be equal size|"
                r"each element in list of batch should be of equal size|"
                r"all input arrays must have the same shape|default_collate: batch must contain"
            ),
            title=Text(
                zh="样本形状不一，无法拼成 batch",
                en="Samples of different shapes cannot be stacked",
            ),
            means=Text(
                zh="collate 要求一个 batch 内形状一致，至少有一个样本不是。",
                en="Collating needs one shape in a batch, and at least one sample differs.",
            ),
            do=Text(
                zh="在 collate_fn 里填充或统一尺寸，并剔除损坏的样本（通道数不同的图、空样本）。",
                en="Pad or resize in collate_fn, and drop broken samples (images with other "
                "channels, empty ones).",
            ),
            reference="PyTorch documentation, torch.utils.data: Working with collate_fn",
            is_own=True,
        ),
        Ending(
            id="loader_worker",
            pattern=words(
                r"DataLoader worker \(pid|Caught \w{1,40} in DataLoader worker|"
                r"Pin memory thread exited unexpectedly|"
                r"A worker process managed by the executor was unexpectedly terminated"
            ),
            title=Text(zh="dataloader worker 中途退出", en="A data loader worker died"),
            means=Text(
                zh="退出的是加载数据的子进程：内存不足，或读取、解码某个样本时出错。",
                en="The process that died loads data: it ran out of memory, or failed at "
                "reading or decoding a sample.",
            ),
            do=Text(
                zh="用 num_workers=0 重跑以看到真正的报错，再查内核日志里有没有 OOM。",
                en="Run again with num_workers=0 to see the error itself, and look into the "
                "kernel log for an OOM kill.",
            ),
            reference="pytorch/pytorch #108861: RuntimeError: DataLoader worker (pid 11011) is "
            "killed by signal: Bus error",
            broad=True,
        ),
    ),
)
