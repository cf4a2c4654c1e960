"""Errors of the program itself, where nothing more special is known: crashes below Python, and the
exceptions of Python.
"""

from __future__ import annotations

from lossreport.knowledge.ending import Ending, Endings, words
from lossreport.text import Text

ENDINGS = Endings(
    id="program",
    order=90,
    endings=(
        Ending(
            id="segfault",
            pattern=words(
                r"Segmentation fault|SIGSEGV|SIGABRT|core dumped|terminate called|double free|"
                r"malloc\(\)|Fatal Python error|Illegal instruction|signal 11\b|"
                r"exit\w{0,9} code:? ?(?:-11|139|-6|134)\b"
            ),
            title=Text(zh="进程在 Python 之下崩溃", en="The process crashed below Python"),
            means=Text(
                zh="出错的是 C++ 或 CUDA 扩展：版本不合的库、多线程的解码器，或不支持这个 CPU "
                "指令集的构建。",
                en="A C++ or CUDA extension failed: libraries that do not fit, a decoder used "
                "by several threads, or a build for another CPU.",
            ),
            do=Text(
                zh="打开 faulthandler 看崩溃时的 Python 调用栈，再用 num_workers=0、"
                "去掉可选扩展逐个排除。",
                en="Turn faulthandler on to see the Python stack at the crash, then leave "
                "things out one by one: num_workers=0, optional extensions.",
            ),
            reference="Python documentation, faulthandler",
            codes=((r"", "python -X faulthandler train.py"),),
            broad=True,
        ),
        Ending(
            id="schedule_over",
            pattern=words(r"Tried to step \d+ times\. The specified number of total steps is \d+"),
            title=Text(
                zh="学习率调度走过了终点", en="The learning rate schedule was stepped past its end"
            ),
            means=Text(
                zh="OneCycleLR 的 total_steps 少于实际的步数：按 epoch 算了却每个 batch 都 "
                "step，续训时没有恢复调度器，或梯度累积没有算进去。",
                en="OneCycleLR was given fewer total_steps than there are: counted by epochs "
                "and stepped by batches, resumed without its state, or without gradient "
                "accumulation in the count.",
            ),
            do=Text(
                zh="把 total_steps 设为 epoch 数乘以每个 epoch 实际更新的次数，"
                "并只在优化器更新之后 step；续训时载入调度器的状态。",
                en="Set total_steps to the epochs times the updates of an epoch, step only "
                "behind an update of the optimizer, and load the state of the schedule on "
                "a resume.",
            ),
            reference="PyTorch documentation, torch.optim.lr_scheduler.OneCycleLR",
            numbers=words(
                r"Tried to step (?P<made>\d{1,12}) times\. The specified number of total steps is"
                r" (?P<planned>\d{1,12})"
            ),
            said=Text(
                zh="调度设了 {planned} 步，这是第 {made} 步。",
                en="The schedule has {planned} steps; this was step {made}.",
            ),
            codes=(
                (r"", "OneCycleLR(optimizer, max_lr=lr, total_steps=epochs * updates_per_epoch)"),
            ),
            is_own=True,
        ),
        Ending(
            id="missing_key",
            pattern=words(r"^(?:\w+\.){0,6}KeyError\b"),
            title=Text(zh="要用的键不存在", en="A key does not exist"),
            means=Text(
                zh="数据列、配置项或 checkpoint 里没有这个名字。",
                en="A column, a setting or a checkpoint has no such name.",
            ),
            do=Text(
                zh="打印那一处实际有的键，对照数据的列名与配置。",
                en="Print the keys that are there, and hold them against the columns of the "
                "data and the configuration.",
            ),
            reference="Python documentation, Built-in Exceptions: KeyError",
            numbers=words(r"KeyError: ['\"“]?(?P<name>[\w./\- ]{1,80})"),
            said=Text(zh="缺的是 `{name}`。", en="What is missing is `{name}`."),
            broad=True,
            is_own=True,
        ),
        Ending(
            id="assertion",
            pattern=words(r"^(?:\w+\.){0,6}AssertionError\b"),
            title=Text(zh="程序自带的检查没有通过", en="A check of the program failed"),
            means=Text(
                zh="代码作者预设的条件不成立，报错处写着是哪一个。",
                en="A condition that the authors took for granted does not hold; the line of "
                "the error says which.",
            ),
            do=Text(
                zh="打开报错那一行，把断言里的值打印出来再决定是数据还是配置的问题。",
                en="Open that line, print the values in the assertion, and see whether data "
                "or configuration is wrong.",
            ),
            reference="Python documentation, Built-in Exceptions: AssertionError",
            broad=True,
            is_own=True,
        ),
    ),
)
