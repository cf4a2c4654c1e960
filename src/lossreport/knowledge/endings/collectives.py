"""Several processes that train together: one falls behind, a connection breaks, they cannot meet,
or they disagree.
"""

from __future__ import annotations

from lossreport.knowledge.ending import Ending, Endings, words
from lossreport.text import Text

FLIGHT = ((r"", "TORCH_NCCL_TRACE_BUFFER_SIZE=2000 NCCL_DEBUG=INFO torchrun ..."),)
"""PyTorch's flight recorder tells which rank did not enter the collective."""

ENDINGS = Endings(
    id="collectives",
    order=25,
    endings=(
        Ending(
            id="duplicate_gpu",
            pattern=words(r"Duplicate GPU detected"),
            title=Text(zh="两个 rank 用了同一张卡", en="Two ranks use the same GPU"),
            means=Text(
                zh="每个 rank 都应按 LOCAL_RANK 选卡，至少有两个没有。",
                en="Each rank should take the GPU of its LOCAL_RANK, and at least two did not.",
            ),
            do=Text(
                zh="在建立通信之前按 LOCAL_RANK 设置设备，并核对 CUDA_VISIBLE_DEVICES 的卡数。",
                en="Set the device by LOCAL_RANK before the group is made, and check how many "
                "GPUs CUDA_VISIBLE_DEVICES names.",
            ),
            reference="PyTorch documentation, torch.distributed: NCCL backend",
            codes=((r"", "torch.cuda.set_device(int(os.environ['LOCAL_RANK']))"),),
            is_own=True,
        ),
        Ending(
            id="port_in_use",
            pattern=words(r"Address already in use|EADDRINUSE|server socket has failed to listen"),
            title=Text(zh="通信端口已被占用", en="The port is in use"),
            means=Text(
                zh="同一台机器上有另一个作业，或上一次的进程没有退出，占着 MASTER_PORT。",
                en="Another job on the machine, or a process left over from the last one, "
                "holds MASTER_PORT.",
            ),
            do=Text(
                zh="结束残留进程，或换一个端口（单机用 0 让系统选）。",
                en="End what is left over, or take another port (0 lets the system choose on "
                "one machine).",
            ),
            reference="PyTorch documentation, torchrun: Elastic Launch",
            codes=((r"", "torchrun --rdzv-backend=c10d --rdzv-endpoint=localhost:0 ..."),),
        ),
        Ending(
            id="rendezvous",
            pattern=words(
                r"Timed out after \d+ seconds waiting for clients|DistStoreError|"
                r"RendezvousTimeoutError|RendezvousConnectionError|connect\(\) timed out|"
                r"Gloo connectFullMesh failed"
                r"|DistNetworkError|The client socket has timed out"
            ),
            title=Text(zh="各进程没有聚齐", en="The processes did not meet"),
            means=Text(
                zh="有进程没有启动、启动太晚，或到主节点的网络不通。",
                en="One of them did not start, started late, or cannot reach the main node.",
            ),
            do=Text(
                zh="核对 nnodes、node_rank、MASTER_ADDR 与防火墙，"
                "先看最后一个没有报到的节点的日志。",
                en="Check nnodes, node_rank, MASTER_ADDR and the firewall, and read the log "
                "of the node that never reported first.",
            ),
            reference="PyTorch documentation, torchrun: Elastic Launch",
        ),
        Ending(
            id="collective_timeout",
            pattern=words(
                r"WorkNCCL\(|Watchdog caught collective operation timeout|\bNCCL\b.{0,80}\b"
                r"(?:timed out|operation timeout)|ProcessGroup(?:NCCL|Gloo).{0,160}(?:timed out|"
                r"timeout)|monitoredBarrier"
            ),
            title=Text(zh="集合通信超时", en="A collective timed out"),
            means=Text(
                zh="有一个 rank 没有走到这次通信：它更早就报错、在做别的事（保存、验证、"
                "下载），或各 rank 的步数、分支不一致。",
                en="One rank did not come to this call: it failed before, was busy (saving, "
                "evaluating, downloading), or ranks take different numbers of steps or "
                "different branches.",
            ),
            do=Text(
                zh="先看每个 rank 的最后一行，找出最早停下的那个；确认各 rank 的 batch "
                "数一致；确有耗时操作时才加大超时。",
                en="Read the last line of every rank and find the one that stopped first; see "
                "that all ranks have the same number of batches; only for work that takes "
                "long, raise the time-out.",
            ),
            reference="pytorch/pytorch #118369: NCCL watchdog thread terminated with exception: "
            "[Rank 7] Watchdog caught collective operation timeout",
            numbers=words(r"OpType=(?P<op>\w{1,40}).{0,120}?Timeout\(ms\)=(?P<limit>\d{1,10})"),
            said=Text(
                zh="等待的是 {op}，时限 {limit} 毫秒。",
                en="It waited for {op}, {limit} ms at most.",
            ),
            codes=FLIGHT,
        ),
        Ending(
            id="collective_connection",
            pattern=words(
                r"ncclRemoteError|ncclSystemError|ncclInternalError|ncclUnhandledCudaError|"
                r"\bNCCL error\b|Connection (?:closed|reset) by (?:remote )?peer.{0,200}(?:gloo|"
                r"nccl)|Broken pipe.{0,120}nccl|remote process exited"
            ),
            title=Text(zh="进程间通信中断", en="The connection between processes broke"),
            means=Text(
                zh="对端进程已经退出，或网络、网卡出错；这一行多半是后果，不是起因。",
                en="The other process is gone, or network or adapter failed; this line is "
                "mostly a consequence.",
            ),
            do=Text(
                zh="先找最早报错的 rank；都没有报错时打开 NCCL_DEBUG 查网卡与拓扑。",
                en="Find the rank that failed first; where none did, look at adapters and "
                "topology with NCCL_DEBUG.",
            ),
            reference="NVIDIA NCCL documentation: Troubleshooting",
            codes=FLIGHT,
            broad=True,
        ),
        Ending(
            id="unused_parameters",
            pattern=words(r"Expected to have finished reduction in the prior iteration"),
            title=Text(
                zh="DDP：有参数没有参与 loss", en="DDP: parameters took no part in the loss"
            ),
            means=Text(
                zh="有的参数在这一步没有得到梯度（某个分支没走、某个头没用），DDP 一直等着它们。",
                en="Some parameters got no gradient in this step (a branch not taken, a head "
                "not used), and DDP waits for them.",
            ),
            do=Text(
                zh="找出没有用到的参数并去掉、冻结，或让它们参与 loss；分支确实会变时再打开 "
                "find_unused_parameters。",
                en="Find these parameters and remove, freeze or use them; only where branches "
                "change on purpose, turn find_unused_parameters on.",
            ),
            reference="pytorch/pytorch #43259: RuntimeError: Expected to have finished reduction "
            "in the prior iteration before starting a new one.",
            codes=(
                (r"hf_|transformers|swift|llamafactory", "--ddp_find_unused_parameters true"),
                (r"lightning", "Trainer(strategy='ddp_find_unused_parameters_true')"),
                (r"mmengine|mmdet|mmcv", "find_unused_parameters = True"),
                (r"", "TORCH_DISTRIBUTED_DEBUG=DETAIL torchrun ..."),
            ),
            is_own=True,
        ),
        Ending(
            id="ready_twice",
            pattern=words(r"Expected to mark a variable ready only once"),
            title=Text(zh="DDP：同一参数被归约了两次", en="DDP: a parameter was reduced twice"),
            means=Text(
                zh="参数在一次反向里被用了两次：重入式 activation checkpointing，或共享的模块。",
                en="A parameter is used twice in one backward pass: reentrant activation "
                "checkpointing, or shared modules.",
            ),
            do=Text(
                zh="checkpointing 改用 use_reentrant=False，关闭 find_unused_parameters；"
                "共享模块时设 static_graph=True。",
                en="Use use_reentrant=False for checkpointing and turn find_unused_parameters "
                "off; for shared modules set static_graph=True.",
            ),
            reference="PyTorch documentation, torch.nn.parallel.DistributedDataParallel: "
            "static_graph",
            codes=(
                (
                    r"hf_|transformers|swift",
                    "gradient_checkpointing_kwargs={'use_reentrant': False}",
                ),
            ),
            is_own=True,
        ),
        Ending(
            id="no_process_group",
            pattern=words(
                r"Default process group has not been initialized|environment variable (?:RANK|"
                r"WORLD_SIZE|MASTER_ADDR|MASTER_PORT) expected|NCCL version mismatch|"
                r"Distributed package doesn't have NCCL"
            ),
            title=Text(zh="分布式环境没有建立", en="The distributed environment is not set up"),
            means=Text(
                zh="程序没有经启动器启动，或安装的 PyTorch 缺少所需的后端。",
                en="The program was not started by a launcher, or this PyTorch lacks the backend.",
            ),
            do=Text(
                zh="用 torchrun 或框架自带的启动器启动；Windows 上用 gloo 后端。",
                en="Start it by torchrun or the framework's launcher; on Windows use the "
                "backend gloo.",
            ),
            reference="PyTorch documentation, torch.distributed: Initialization",
            codes=((r"", "torchrun --nproc_per_node=gpu train.py"),),
            is_own=True,
        ),
        Ending(
            id="launcher_report",
            pattern=words(
                r"ChildFailedError|torch\.distributed\.(?:elastic|launch)|ProcessExitedException|"
                r"ProcessRaisedException|MPI_ABORT was invoked|mpirun noticed"
            ),
            title=Text(zh="启动器报告有 rank 失败", en="The launcher reports a failed rank"),
            means=Text(
                zh="这一行只转述结果：真正的报错在那个 rank 自己的输出里。",
                en="This line reports only: the error itself is in the output of that rank.",
            ),
            do=Text(
                zh="到第一个失败的 rank 的日志里找它自己的 traceback；没有 traceback "
                "而退出码是 -9 时，查主机内存。",
                en="Find the traceback in the log of the rank that failed first; with no "
                "traceback and exit code -9, look at the memory of the host.",
            ),
            reference="PyTorch documentation, torch.distributed.elastic: Error propagation",
            codes=((r"", "torchrun --log-dir logs --redirects 3 ..."),),
            broad=True,
        ),
    ),
)
