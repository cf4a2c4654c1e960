"""Disks and files: full, over quota, gone, missing, not allowed."""

from __future__ import annotations

from lossreport.knowledge.ending import Ending, Endings, words
from lossreport.text import Text

ENDINGS = Endings(
    id="storage",
    order=22,
    endings=(
        Ending(
            id="disk_full",
            pattern=words(
                r"No space left on device|Disk quota exceeded|ENOSPC|PytorchStreamWriter failed|"
                r"inline_container\.cc.{0,80}(?:write|unexpected pos)|设备上没有空间|磁盘"
                r"(?:空间)?(?:不足|已满)|There is not enough space on the disk"
            ),
            yields_to=("shared_memory",),
            title=Text(zh="磁盘已满或超出配额", en="The disk is full or over its quota"),
            means=Text(
                zh="写 checkpoint 或日志时失败；最后一个 checkpoint 可能不完整。",
                en="Writing a checkpoint or a log failed; the last checkpoint may be incomplete.",
            ),
            do=Text(
                zh="清出空间并限制保留的 checkpoint 个数，续训前先确认上一个 checkpoint 能载入。",
                en="Make room and limit how many checkpoints are kept; before resuming see "
                "that the last one can be loaded.",
            ),
            reference="pytorch/pytorch #175248: Fix PyTorchStreamWriter crash on write failure "
            "(e.g. disk full)",
            codes=(
                (r"hf_|transformers|llamafactory|swift|trl", "--save_total_limit 2"),
                (r"lightning", "ModelCheckpoint(save_top_k=2)"),
                (r"", "df -h . && df -i ."),
            ),
        ),
        Ending(
            id="storage_fault",
            pattern=words(
                r"Stale file handle|Input/output error|Read-only file system|"
                r"Transport endpoint is not connected|Remote I/O error|Bad address"
            ),
            title=Text(zh="存储出错", en="The storage failed"),
            means=Text(
                zh="网络盘断开、被重新挂载，或磁盘本身有错。",
                en="A network disk went away or was mounted anew, or the disk itself has a fault.",
            ),
            do=Text(
                zh="确认挂载与磁盘状态，训练期间把数据和 checkpoint 放到稳定的存储。",
                en="Check mount and disk, and keep data and checkpoints on storage that stays.",
            ),
            reference="Linux man-pages, errno(3): EIO, ESTALE, EROFS",
            codes=((r"", "dmesg -T | tail -50"),),
        ),
        Ending(
            id="permission",
            pattern=words(r"PermissionError|Permission denied|Operation not permitted|EACCES"),
            title=Text(zh="没有权限", en="Permission was refused"),
            means=Text(
                zh="运行训练的用户不能读写这个路径（容器里常是 root 建的文件夹）。",
                en="The user of the training may not read or write this path (in containers, "
                "folders that root made).",
            ),
            do=Text(
                zh="换一个可写的输出目录，或改好目录的属主。",
                en="Take an output folder that can be written, or correct its owner.",
            ),
            reference="Python documentation, Built-in Exceptions: PermissionError",
            numbers=words(r"(?:denied|permitted): ?['\"“](?P<path>[^'\"”]{1,160})"),
            said=Text(zh="路径是 `{path}`。", en="The path is `{path}`."),
        ),
        Ending(
            id="file_missing",
            pattern=words(
                r"FileNotFoundError|No such file or directory|can't open file|"
                r"NotFoundError: .{0,80}(?:file|checkpoint|directory)|NotADirectoryError|"
                r"IsADirectoryError|does not exist\b.{0,40}$|(?:model|checkpoint|"
                r"dataset) .{1,120}not found"
                r"|Can't load (?:tokenizer|the model|model|config)|"
                r"is not a local folder and is not a valid model identifier"
            ),
            title=Text(zh="找不到文件", en="A file is missing"),
            means=Text(
                zh="路径写错、相对路径的起点不同、文件尚未生成，或被清理了。",
                en="The path is wrong, it is relative to another folder, the file was not "
                "made yet, or it was cleaned away.",
            ),
            do=Text(
                zh="核对这条路径在运行的机器与容器里是否存在，尽量用绝对路径。",
                en="See whether the path exists on the machine and in the container that run "
                "it, and use absolute paths.",
            ),
            reference="Python documentation, Built-in Exceptions: FileNotFoundError",
            numbers=words(r"(?:directory|open file):? ?['\"“](?P<path>[^'\"”]{1,160})"),
            said=Text(zh="路径是 `{path}`。", en="The path is `{path}`."),
            is_own=True,
        ),
    ),
)
