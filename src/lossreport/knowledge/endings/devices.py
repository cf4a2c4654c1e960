"""The GPU, its driver and its libraries: illegal access, broken hardware, versions that do not fit,
no device at all.
"""

from __future__ import annotations

from lossreport.knowledge.ending import CPU_FIRST, Ending, Endings, words
from lossreport.text import Text

ENDINGS = Endings(
    id="devices",
    order=35,
    endings=(
        Ending(
            id="hardware",
            pattern=words(
                r"uncorrectable (?:ECC|NVLink) error|\bECC error|NVRM: Xid|\bXid\b.{0,40}\b(?:31|"
                r"43|45|48|61|62|63|64|74|79|94|95|119|120)\b|fallen off the bus|GPU is lost|"
                r"Unable to determine the device handle"
                r"|hardware error|CUDA_ERROR_ECC"
            ),
            title=Text(zh="GPU 硬件或驱动故障", en="A fault of the GPU or its driver"),
            means=Text(
                zh="这是硬件或驱动层的错误，训练代码多半无关；同一张卡会再次出现。",
                en="The error is of hardware or driver, mostly not of the training; the same "
                "card will fail again.",
            ),
            do=Text(
                zh="记下卡号与 Xid，让管理员检查或换节点；再从 checkpoint 续训。",
                en="Note card and Xid, have it checked or take another node, and resume there.",
            ),
            reference="NVIDIA GPU deployment documentation: Xid Errors",
            numbers=words(r"Xid.{0,40}?[:\s](?P<xid>\d{1,3})[,:\s]"),
            said=Text(zh="错误号是 Xid {xid}。", en="It is Xid {xid}."),
            codes=((r"", "nvidia-smi -q -d ECC,ROW_REMAPPER"),),
        ),
        Ending(
            id="no_kernel_image",
            pattern=words(
                r"no kernel image is available|driver version is insufficient|"
                r"driver on your system is too old|PTX was compiled with an unsupported|"
                r"forward compatibility was attempted|unsupported gpu architecture"
                r"|CUDA driver initialization failed|system not yet initialized|"
                r"Failed to initialize NVML"
            ),
            title=Text(
                zh="驱动、CUDA 与框架版本不匹配", en="Driver, CUDA and framework do not fit"
            ),
            means=Text(
                zh="安装的构建不支持这张卡或这个驱动。",
                en="The build that is installed supports not this card or driver.",
            ),
            do=Text(
                zh="按 `nvidia-smi` 显示的驱动与卡的架构重装对应 CUDA 版本的框架，或升级驱动。",
                en="Install the framework for the CUDA version that `nvidia-smi` and the card "
                "allow, or update the driver.",
            ),
            reference="NVIDIA documentation: CUDA Compatibility",
            codes=(
                (
                    r"",
                    'python -c "import torch; print(torch.version.cuda, '
                    'torch.cuda.get_arch_list())"',
                ),
            ),
        ),
        Ending(
            id="device_ordinal",
            pattern=words(
                r"invalid device ordinal|Invalid device id|device_ids?\[\d+\] is invalid|"
                r"You requested gpu: .{0,80}But your machine only has|"
                r"local_rank \(?\d+\)? .{0,40}(?:GPU|device)s? available"
            ),
            title=Text(
                zh="进程数（nproc_per_node）多于看得见的 GPU，或卡号不存在",
                en="More processes (nproc_per_node) than visible GPUs, or a card number that does "
                "not exist",
            ),
            means=Text(
                zh="每个进程占用编号等于 local_rank 的卡，卡号从 0 数到“可见卡数减一”；"
                "CUDA_VISIBLE_DEVICES 会让剩下的卡从 0 重新编号。",
                en="Each process takes the card numbered by its local rank, from 0 to the number "
                "of visible cards less one; CUDA_VISIBLE_DEVICES numbers what is left anew from 0.",
            ),
            do=Text(
                zh="把 --nproc_per_node（或 gpus、devices、-gpuid、CUDA_VISIBLE_DEVICES）"
                "改成这台机器看得见的卡数：`nvidia-smi -L`。",
                en="Set --nproc_per_node (or gpus, devices, -gpuid, CUDA_VISIBLE_DEVICES) to the "
                "cards that this machine shows: `nvidia-smi -L`.",
            ),
            reference="tatsu-lab/stanford_alpaca #67: CUDA error: invalid device ordinal",
            codes=((r"", "torchrun --nproc_per_node=$(nvidia-smi -L | wc -l) train.py ..."),),
            is_own=True,
        ),
        Ending(
            id="no_gpu",
            pattern=words(
                r"No CUDA GPUs are available|Torch not compiled with CUDA|Found no NVIDIA driver|"
                r"no CUDA-capable device|"
                r"torch\.cuda\.is_available\(\) is False|CUDA_ERROR_NO_DEVICE"
            ),
            title=Text(zh="看不到 GPU", en="No GPU is visible"),
            means=Text(
                zh="进程看不到任何 GPU：CUDA_VISIBLE_DEVICES 为空、容器没有挂载 GPU，"
                "或装的是 CPU 版框架。",
                en="The process sees no GPU at all: an empty CUDA_VISIBLE_DEVICES, a container "
                "without GPUs, or a CPU build.",
            ),
            do=Text(
                zh="先看 `nvidia-smi` 与 CUDA_VISIBLE_DEVICES；读 CPU 上的 checkpoint 时加 "
                "map_location。",
                en="Look at `nvidia-smi` and CUDA_VISIBLE_DEVICES first; to load a checkpoint "
                "without a GPU, give map_location.",
            ),
            reference="PyTorch documentation, torch.cuda: CUDA_VISIBLE_DEVICES and device ordinals",
            codes=(
                (r"is_available\(\) is False|map_location", "torch.load(path, map_location='cpu')"),
            ),
        ),
        Ending(
            id="illegal_access",
            pattern=words(
                r"illegal memory access|misaligned address|unspecified launch failure|"
                r"illegal instruction was encountered|CUDA_ERROR_(?:ILLEGAL_ADDRESS|"
                r"LAUNCH_FAILED)|cudaErrorIllegalAddress|the launch timed out and was terminated"
            ),
            title=Text(zh="GPU 上的非法内存访问", en="An illegal memory access on the GPU"),
            means=Text(
                zh="某个 kernel 读写越界：自定义算子、索引越界、版本不合的扩展，偶尔是硬件。",
                en="A kernel reads or writes out of bounds: a custom operator, an index, an "
                "extension built for another version, at times the hardware.",
            ),
            do=Text(
                zh="同步执行以定位 kernel；换掉自定义或融合算子再试；"
                "同一代码只在一张卡上出错时换卡。",
                en="Run synchronously to find the kernel; try without custom or fused "
                "operators; where only one card fails, change it.",
            ),
            reference="open-mmlab/mmrotate #500: RuntimeError: CUDA error: an illegal memory "
            "access was encountered",
            codes=((r"", CPU_FIRST),),
        ),
        Ending(
            id="gpu_library",
            pattern=words(
                r"CUDNN_STATUS_\w|cuDNN error|CUBLAS_STATUS_\w|cuBLAS error|"
                r"cuDNN failed to initialize|Failed to get convolution algorithm|"
                r"Unable to find a valid cuDNN algorithm|CUSOLVER_STATUS|CUFFT_\w"
            ),
            title=Text(zh="cuDNN 或 cuBLAS 报错", en="cuDNN or cuBLAS failed"),
            means=Text(
                zh="多数是显存所剩无几或更早的一次越界，也可能是版本不合。",
                en="Mostly there is next to no memory left or an index was out of range "
                "before; else versions do not fit.",
            ),
            do=Text(
                zh="先减小 batch 再试；仍出现就同步执行找出前一个错误，再核对 cuDNN 与框架版本。",
                en="Try a smaller batch first; if it stays, run synchronously to find the "
                "error before it, then check the versions of cuDNN and framework.",
            ),
            reference="NVIDIA cuDNN documentation: Error Reporting and API Logging",
            codes=((r"", CPU_FIRST),),
        ),
        Ending(
            id="cuda_error",
            pattern=words(r"CUDA error: "),
            title=Text(zh="CUDA 报错", en="CUDA reports an error"),
            means=Text(
                zh="GPU 异步执行，报错的那一行未必是出错的那一行。",
                en="The GPU runs asynchronously, and the line that reports an error need not "
                "be the one that made it.",
            ),
            do=Text(
                zh="同步执行重跑同一步，按它指出的那一行查。",
                en="Run the same step synchronously and look at the line it then names.",
            ),
            reference="PyTorch documentation, CUDA semantics: Asynchronous execution",
            codes=((r"", CPU_FIRST),),
            broad=True,
        ),
    ),
)
