"""Takes out of everything quoted what does not belong into a report that is passed on: secrets,
people, home folders, addresses.

Applied where a run is put together, so that no later room ever sees it; numbers, and names of
metrics and files, stay as they are.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from lossreport import regex as re
from lossreport.reading.privacy.known import without_known
from lossreport.reading.privacy.tokens import without_tokens

if TYPE_CHECKING:
    # hooks redact inside a training's environment, which may have none of our dependencies
    from lossreport.model.run import FactValue

LOCAL: Final = frozenset(("127.0.0.1", "0.0.0.0"))
SECRET: Final = "[secret]"
PERSON: Final = "[user]"
HOST: Final = "[host]"
ADDRESS: Final = "[address]"
EMAIL: Final = "[email]"
PHONE: Final = "[phone]"

Replacement = str | Callable[[re.Match[str]], str]
Rule = tuple[re.Pattern[str], Replacement]

_KEY: Final = (
    r"(?:api|account|storage|master|service|app|license|deploy|comet|wandb|neptune|openai|"
    r"anthropic|azure|subscription|shared_access)_?key|access_?key(?:_?id|_?secret)?|secret"
    r"(?:_?access)?(?:_?key)?|private_?key|password|(?<!no)passwd|passphrase|pwd|credentials?"
    r"|webhook(?:_?url)?|cookie"
)
_TOKEN: Final = (
    r"(?:auth|access|session|security|hf|hub|api|bearer|bot|refresh|github|gitlab|wandb)_?token"
)
SECRET_NAME: Final = re.compile(rf"(?:.*[_.\-])?(?:{_TOKEN}|token)|.*?(?:{_KEY})", re.IGNORECASE)
PERSON_NAME: Final = re.compile(
    r"(?:.*[_.\-])?(?:user(?:_?name)?|log(?:in|name)|author|owner|email|account)", re.IGNORECASE
)
HOST_NAME: Final = re.compile(
    r"(?:.*[_.\-])?(?:host(?:_?name)?|node_?name|node_?list|master_addr|rdzv_endpoint|server|"
    r"machine|ip(?:_?addr(?:ess)?)?)",
    re.IGNORECASE,
)
"""Names of settings whose value, where it is a word, is a secret, a person or a machine."""
_SET: Final = r"['\"]?\s*[=:]\s*"
_KEY_TEXT: Final = _KEY.replace("_?", r"[_\-]?")
_END: Final = r"/\s'\",:;)\]}"
_VERSION: Final = re.compile(
    r"(?i)(?:\b(?:version|ver|v|driver|cuda|cudnn|nccl|cublas|tensorrt|toolkit|release|build)|"
    r"[=<>~]=)[\s:=v]{0,24}+$"
)
"""What stands before four numbers that are a version and not an address."""
_SPECIAL_TOKEN: Final = re.compile(r"<.*>|\[[A-Z]+\]")
"""The value of `pad_token` and its like: a token of the vocabulary, not of an account."""
_NO_VALUE: Final = frozenset(("none", "null", "true", "false", "***", "<redacted>"))
_REFERENCE: Final = re.compile(
    r"\$(?:[A-Z][A-Z0-9_]*+(?:[^\w!@#$%^*+=?~\-].*)?|[{(]\s*+[A-Za-z_{].*)|<[A-Z][A-Za-z_ -]*+>"
)
"""A value that names where the secret is to be found, as `$HF_TOKEN`, `${{ secrets.X }}` and
`<HF_TOKEN>` do; `$Tr0ub4dor` is a password.
"""
OF_VOCABULARY: Final = re.compile(
    r"(?:.*[_.\-])?(?:cls|class|mask|pad|eos|bos|unk|sep|image|img|register|query|special|dist|"
    r"stop|end|start|add|id)[_\-]tokens?",
    re.IGNORECASE,
)
"""Tokens of a model or a vocabulary, and the permission `id-token`."""


def names_no_secret(value: str) -> bool:
    """Return whether the value of a secret's name is none, or says where the secret is."""
    return value.lower() in _NO_VALUE or _REFERENCE.fullmatch(value) is not None


def _keep_name(match: re.Match[str]) -> str:
    """Return name, separator and quote as they were, and the mark for the value; a value that says
    nothing stays.
    """
    return (
        match[0]
        if names_no_secret(match["value"])
        else match[0][: match.start("value") - match.start()] + SECRET
    )


def _address_v4(match: re.Match[str]) -> str:
    is_version = (
        _VERSION.search(match.string, max(0, match.start() - 24), match.start()) is not None
    )
    is_address = all(int(part) < 256 for part in match[0].split("."))
    return ADDRESS if is_address and not is_version and match[0] not in LOCAL else match[0]


def _address_v6(match: re.Match[str]) -> str:
    try:
        found = ipaddress.IPv6Address(match[0].partition("%")[0])
    except ValueError:  # a time, a C++ name
        return match[0]
    return (
        match[0]
        if found.is_loopback
        or found.is_unspecified
        or (found.is_reserved and not found.ipv4_mapped)
        else ADDRESS
    )


SECRETS: Final[tuple[Rule, ...]] = (
    (
        re.compile(
            r"-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----.*?(?:-----END [A-Z ]{0,40}PRIVATE KEY-----|"
            r"$)",
            re.DOTALL,
        ),
        SECRET,
    ),
    (re.compile(r"\beyJ[\w\-]{8,2000}+\.[\w\-]{8,2000}+\.[\w\-]{4,}"), SECRET),
    (
        re.compile(
            r"(?i)https://(?:hooks\.|open\.(?:feishu\.cn|larksuite\.com)/open-apis/bot/|"
            r"oapi\.dingtalk\.com/robot/|qyapi\.weixin\.qq\.com/cgi-bin/webhook/"
            r"|discord(?:app)?\.com/api/webhooks/)[^\s'\"<>)]+"
        ),
        SECRET,
    ),
    (
        re.compile(
            r"(?i)\b(?:authorization['\"]?\s*[:=]\s*['\"]?(?:bearer|basic|token)|bearer)\s+"
            r"(?P<value>[A-Za-z0-9+/._\-=]{16,})"
        ),
        _keep_name,
    ),
    (
        re.compile(
            r"(?i)\bwandb\b[^\n]{0,60}?\b(?:login|key|ai)\s*+[:=]?\s*+(?P<value>[0-9a-f]{40,})\b"
        ),
        _keep_name,
    ),
    (
        re.compile(rf"(?i)(?:{_KEY_TEXT}){_SET}(?P<quote>['\"])(?P<value>(?!\[)[^'\"\n]{{4,}})"),
        _keep_name,
    ),
    (re.compile(rf"(?i)(?:{_KEY_TEXT}){_SET}(?P<value>(?!\[)[^\s'\",;&]{{4,}})"), _keep_name),
    (
        re.compile(
            rf"(?i)(?<!-)--[\w\-]{{0,40}}?(?:{_KEY_TEXT}|token)\s+['\"]?(?P<value>"
            rf"(?![\[\-])[^\s'\",;&]{{6,}})"
        ),
        _keep_name,
    ),
    (
        re.compile(
            rf"(?i)(?<![A-Za-z])token{_SET}['\"]?(?P<value>(?=[\w+/\-.=]*[A-Za-z])(?:"
            rf"(?=[\w+/\-.=]*\d)[\w+/\-.=]{{6,}}|[\w+/\-.=]{{20,}}))"
        ),
        _keep_name,
    ),
    (
        re.compile(
            r"(?i)(?<=[?&])(?:x-amz-\w+(?:-\w+)?|signature|sig|access_?token|key)="
            r"(?P<value>[^\s'\"&]{6,})"
        ),
        _keep_name,
    ),
    (re.compile(r"(?<=://)[^/\s:@]*:[^/\s@]+(?=@)"), SECRET),
)
"""Keys by their shape (see `tokens.py` for those of vendors), by the name before them, and in
addresses of servers.
"""
PEOPLE: Final[tuple[Rule, ...]] = (
    (re.compile(r"(?<=://)[\w.\-]+(?=@)"), PERSON),
    (re.compile(r"\b[\w.+\-]{1,64}@[\w\-]+(?:\.[\w\-]+)*\.[A-Za-z]{2,}\b"), EMAIL),
    (
        re.compile(
            r"\b((?:s3[an]?|oss|gs|gcs|tos|cos|obs|bos|hdfs|abfss?|wasbs?)://)[^\s'\"]*/"
            r"(?=[^\s'\"/]*)"
        ),
        rf"\1{ADDRESS}/",
    ),
    (
        re.compile(
            r"(?<![\w.+\-])\+\d{1,3}[ \-](?:\(\d{1,4}\)|\d{1,4})[ \-]\d{3,4}[ \-]?\d{2,4}"
            r"(?![\w.])|(?<![\w.+\-])\+(?:86[ \-]?1[3-9]\d{9}|1\d{10})(?![\w.])"
            r"|(?<![\w.+\-])1[3-9]\d[ \-]\d{4}[ \-]\d{4}(?![\w.])|"
            r"(?<![\w.])\(\d{3}\) ?\d{3}-\d{4}(?![\w.])"
        ),
        PHONE,
    ),
    (
        re.compile(
            r"(?i)(?P<name>(?:(?<![a-z])(?:phone|mobile|telephone|tel|fax|whatsapp)|手机号?码?|"
            r"电话)(?: ?number|no\.?)?['\"]?[ ]?[:=：]?[ ]?['\"]?)"
            r"(?:\+?\d[\d \-]{5,16}\d|\(\d{3}\)[\d \-]{6,12}\d)(?![\w.])"
        ),
        rf"\g<name>{PHONE}",
    ),
    (
        re.compile(
            rf"(?<![\w.\-~])(?:/[\w.\-]+)*?/(?:home|homes|Users|users)/[^{_END}]+|"
            rf"(?<![\w.\-~])/root(?=[{_END}]|$)"
        ),
        "~",
    ),
    (
        re.compile(
            rf"(?<=://)([^\s'\"]{{0,400}}?/(?:home|users?)/)(?!\[)[^{_END}]+", re.IGNORECASE
        ),
        rf"\1{PERSON}",
    ),
    (re.compile(rf"(?i)\b[A-Z]:(?:\\\\?|/)Users(?:\\\\?|/)[^\\{_END}]+"), "~"),
    (
        re.compile(
            r"(?<![\w./\-])[\w.\-]{1,64}@[\w.\-]+(?=:\s?[~/]|\s*[$#]\s)|(?<=ssh )[\w.\-]+@[\w.\-]+"
        ),
        f"{PERSON}@{HOST}",
    ),
    (
        re.compile(
            rf"\b(?P<name>(?i:user(?:_?name)?|logname|author)['\"]?\s*[=:]\s*['\"]?)(?!(?i:none|"
            rf"null)\b)[^\W\d][^{_END}]*"
        ),
        rf"\g<name>{PERSON}",
    ),
    (
        re.compile(
            rf"(?i)(?<![\w\-])(?<!install )(?P<name>--(?:user(?:[_\-]?name)?|logname|"
            rf"author)\s+['\"]?)(?!none\b|null\b)[a-z][^{_END}]*"
        ),
        rf"\g<name>{PERSON}",
    ),
)
"""Accounts, mail, and folders that carry a person's name. What stands in a bucket is told by its
last part only.
"""
MACHINES: Final[tuple[Rule, ...]] = (
    (
        re.compile(
            r"(?<![\w:.])[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){2,7}(?:(?:\d{1,3}\.){3}\d{1,3})?"
            r"(?:%\w+)?(?![\w:]|\.\d)"
        ),
        _address_v6,
    ),
    (re.compile(r"(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?![\w.]|-\d)"), _address_v4),
    (
        re.compile(
            r"(?<![A-Za-z])(?P<name>(?i:(?:host_?name|node_?name|node_?list|master_addr|"
            r"rdzv_endpoint|host))['\"]?\s*[=:]\s*['\"]?)"
            r"(?!(?i:localhost|none|null)\b)[A-Za-z][\w.\-]*(?:\[[\d,\-]+\])?(?:,[A-Za-z][\w.\-]*"
            r"(?:\[[\d,\-]+\])?)*"
        ),
        rf"\g<name>{HOST}",
    ),
    (
        re.compile(
            r"(?i)(?<![\w\-])(?P<name>--(?:host(?:[_\-]?name)?|node[_\-]?(?:name|list)|"
            r"master[_\-]addr|rdzv[_\-]endpoint)[\s=]+['\"]?)"
            r"(?!localhost\b|none\b|null\b)[a-z][\w.\-]*(?:\[[\d,\-]+\])?"
        ),
        rf"\g<name>{HOST}",
    ),
    (re.compile(r"(?<=@|/)(?:[A-Za-z0-9\-]+\.)+(?:internal|local|lan|corp|intra|cluster)\b"), HOST),
    (
        re.compile(
            r"(?<![\w.\-])(?=[a-z0-9.\-]*(?:[a-z]\d|\d[a-z]|-))(?:[A-Za-z0-9\-]+\.)+(?:internal|"
            r"local|lan|corp|intra|cluster)(?![\w\-]|\.\w)",
            re.IGNORECASE,
        ),
        HOST,
    ),
    (
        re.compile(
            r"(?i)\bip(?:-\d{1,3}){4}\b|(?<![\w\-])(?:[a-z0-9]{1,60}+-){0,12}(?:node|dgx|hgx)-"
            r"(?:[a-z0-9]{1,60}+-){0,12}\d{1,5}(?![\w\-])"
        ),
        HOST,
    ),
    (
        re.compile(
            r"(?i)(?<![\w\-])(?:[a-z0-9]{1,60}+-){0,12}(?:gpu|node|dgx|hgx|"
            r"compute)[a-z0-9\-]{0,80}+\[\d{2,}(?:[\-,]\d{2,})*\]"
        ),
        HOST,
    ),
    (
        re.compile(
            r"(?i)(?P<name>\b(?:connect(?:ing|ed)?|reconnect(?:ing|ed)?) (?:to|with) (?:(?:the|"
            r"host|server|node|master|worker|machine|store|at) ){0,2}['\"]?)"
            r"(?!localhost\b|https?:)(?:[a-z][a-z0-9\-]{0,62}\.[a-z0-9.\-]{1,200}[a-z0-9]|"
            r"(?=[a-z\-]{0,62}\d)[a-z][a-z0-9\-]{1,62}|[a-z][a-z0-9\-]{0,62}(?=:\d))"
            r"(?![\w/.]|-\w)"
        ),
        rf"\g<name>{HOST}",
    ),
    (
        re.compile(
            r"(?i)(?P<name>\b(?:on|from|at) (?:node|host|machine|server) ['\"]?)"
            r"(?=[a-z\-]{0,62}\d)[a-z][a-z0-9.\-]{1,200}(?![\w/])"
        ),
        rf"\g<name>{HOST}",
    ),
    (
        re.compile(
            r"(?<![\w\-./])(?:r\d{1,3}i\d{1,3}n\d{1,3}|nid\d{4,8}|(?:dgx|hgx)\d{1,4})(?![\w\-])"
        ),
        HOST,
    ),
    (re.compile(r"(?<![\\\w:])\\\\[A-Za-z][\w.\-]+(?=\\[\w$])"), rf"\\\\{HOST}"),
)
"""Addresses and names of machines. A version of four numbers, a time and a C++ name look alike and
stay.
"""
RULES: Final = SECRETS + PEOPLE + MACHINES
NAMING: Final = re.compile(
    r"key|secret|passw|passphrase|pwd|credential|webhook|cookie|token", re.IGNORECASE
)
"""What every name of a secret holds; most lines hold none, and the rules that go by names are the
slowest.
"""
UNNAMED: Final = tuple(rule for rule in RULES if _KEY_TEXT not in rule[0].pattern)


def redact(text: str) -> str:
    """Return a text without secrets, e-mail addresses, home folders and addresses of machines; what
    is put there says what it was.
    """
    text = without_known(without_tokens(text, SECRET))
    for pattern, instead in RULES if NAMING.search(text) else UNNAMED:
        text = pattern.sub(instead, text)
    return text


def redact_fact(name: str, value: FactValue) -> FactValue:
    """Return a setting as it may be shown: by its name, then by what its words look like. Numbers
    are never touched.
    """
    if isinstance(value, tuple):
        return tuple(redact_fact(name, item) for item in value)
    if not isinstance(value, str) or not value.strip() or names_no_secret(value.strip()):
        return value
    if _SPECIAL_TOKEN.fullmatch(value):
        return value
    instead = by_name(name) if value not in ("localhost", *LOCAL) else ""
    return instead or redact(value)


def by_name(name: str) -> str:
    """Return what stands for the value of a setting whose name says that it is a secret, a person
    or a machine; else nothing.
    """
    if SECRET_NAME.fullmatch(name) and not OF_VOCABULARY.fullmatch(name):
        return SECRET
    if PERSON_NAME.fullmatch(name):
        return PERSON
    return HOST if HOST_NAME.fullmatch(name) else ""
