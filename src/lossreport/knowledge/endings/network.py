"""Hubs and networks: no connection, too many requests, a model that needs consent, a tracker that
cannot log in.
"""

from __future__ import annotations

from lossreport.knowledge.ending import Ending, Endings, words
from lossreport.text import Text

ENDINGS = Endings(
    id="network",
    order=18,
    endings=(
        Ending(
            id="gated_repo",
            pattern=words(
                r"GatedRepoError|gated repo|\b40[13] Client Error|RepositoryNotFoundError|"
                r"Invalid credentials in Authorization header|You must (?:be authenticated|"
                r"have access)|AccessDenied\b|Access to model .{1,80} is restricted"
            ),
            title=Text(zh="没有访问这个仓库的授权", en="The repository may not be accessed"),
            means=Text(
                zh="仓库需要登录或同意条款（401、403），名字写错时也是这样报。",
                en="The repository asks for a login or for its terms to be accepted (401, "
                "403); a wrong name gives the same.",
            ),
            do=Text(
                zh="在网页上申请访问并登录；离线的机器先把模型下载好，再给本地路径。",
                en="Ask for access on its page and log in; for machines without network, "
                "download first and give the local path.",
            ),
            reference="Hugging Face Hub documentation: Gated models",
            codes=((r"", "huggingface-cli login"),),
        ),
        Ending(
            id="too_many_requests",
            pattern=words(
                r"\b429\b.{0,40}(?:Client Error|Too Many Requests)|Too Many Requests|rate limit"
                r"(?:ed| exceeded)"
            ),
            title=Text(zh="请求过于频繁（429）", en="Too many requests (429)"),
            means=Text(
                zh="多个进程同时向同一服务下载或写入。",
                en="Several processes download from or write to one service at the same time.",
            ),
            do=Text(
                zh="先由一个进程下载到缓存，再离线启动训练；上报指标的频率也调低。",
                en="Let one process fill the cache, then start the training offline; report "
                "metrics less often.",
            ),
            reference="Hugging Face Hub documentation: Rate limits",
            codes=((r"", "HF_HUB_OFFLINE=1 python train.py"),),
        ),
        Ending(
            id="tracker_login",
            pattern=words(
                r"api_key not configured|wandb\.errors|wandb: ERROR|"
                r"mlflow\.exceptions\.MlflowException"
            ),
            title=Text(zh="实验追踪服务出错", en="The experiment tracker failed"),
            means=Text(
                zh="训练本身没有问题，停在记录指标上。",
                en="The training has no fault of its own; it stopped at recording metrics.",
            ),
            do=Text(
                zh="登录，或改为离线记录、事后同步。",
                en="Log in, or record offline and synchronise later.",
            ),
            reference="Weights & Biases documentation: Environment variables, WANDB_MODE",
            codes=((r"wandb|api_key", "WANDB_MODE=offline python train.py"),),
        ),
        Ending(
            id="no_connection",
            pattern=words(
                r"Max retries exceeded|ConnectionError|ConnectTimeout|ReadTimeout|"
                r"NewConnectionError|Temporary failure in name resolution|"
                r"Name or service not known|SSLError|ProxyError|ConnectionReset|"
                r"Connection reset by peer|Connection refused"
                r"|couldn't connect to|LocalEntryNotFoundError|OfflineModeIsEnabled|"
                r"IncompleteRead|ChunkedEncodingError|50[0234] Server Error|URLError|"
                r"Network is unreachable"
            ),
            title=Text(zh="网络连接失败", en="The network failed"),
            means=Text(
                zh="训练途中要访问网络（下载模型、数据或上报），而连接不通或被中断。",
                en="The training needs the network on its way (model, data or reports), and "
                "the connection failed.",
            ),
            do=Text(
                zh="先把模型与数据下载到本地，训练时离线运行；国内网络可设镜像。",
                en="Download model and data first and train offline; where the hub is hard to "
                "reach, name a mirror.",
            ),
            reference="Hugging Face Transformers documentation: Offline mode",
            codes=((r"", "HF_HUB_OFFLINE=1 python train.py"),),
        ),
    ),
)
