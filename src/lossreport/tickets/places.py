"""Where a report can be sent, each with what its vendor publishes: how its address looks, which
request it takes, how long a message may be.

Secrets come from the environment alone, and never stand in what is shown.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import time
from collections.abc import Callable, Mapping
from typing import Any, Final
from urllib.parse import quote, urlsplit

from lossreport import regex as re
from lossreport.errors import SendError, UsageError
from lossreport.values import dataclass

Json = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What is sent: one line, the first screen as text, the body of a ticket in the markup of the
    place, labels.
    """

    title: str
    text: str
    body: str = ""
    labels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One POST, without the headers that hold a secret: those are asked for when it is sent."""

    url: str
    json: Json


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A kind of place. `limit` counts the bytes of the request; `body` names the form of a ticket
    that it takes, else the text is sent.

    `headers` say who sends, raising SendError where the environment does not tell; `refused` reads
    what a place that answers 200 says in words; `attach` is the address that takes the page as a
    file.
    """

    id: str
    match: re.Pattern[str]
    request: Callable[[str, Message], Request]
    limit: int
    source: str
    body: str = ""
    headers: Callable[[], Mapping[str, str]] = dict
    refused: Callable[[Any], str] = lambda answer: ""
    attach: Callable[[str], str] | None = None


def secret(name: str) -> str:
    """Return a secret of the environment; raises SendError where it is not set."""
    value = os.environ.get(name, "")
    if not value:
        raise SendError(
            f"{name} is not set",
            hint=f"Put the token into the environment variable {name}; it is taken from nowhere "
            f"else.",
        )
    return value


def _code(field: str) -> Callable[[Any], str]:
    """Return what a robot says that answers 200 with a code of its own: nothing where that is 0."""

    def refused(answer: Any) -> str:
        if not isinstance(answer, dict) or answer.get(field) in (0, None):
            return ""
        return f"{field} {answer[field]}: {answer.get('msg') or answer.get('errmsg') or ''}"

    return refused


def _posted(url: str, body: Json) -> Request:
    return Request(url=url, json=body)


def _slack(url: str, message: Message) -> Request:
    return _posted(
        url, {"text": message.text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")}
    )


def _discord(url: str, message: Message) -> Request:
    return _posted(url, {"content": message.text, "allowed_mentions": {"parse": []}})


def _feishu(url: str, message: Message) -> Request:
    """Sign where the robot wants it: the time, and a digest keyed by `time newline secret`."""
    signed: Json = {}
    if key := os.environ.get("FEISHU_SECRET", ""):
        stamp = str(int(time.time()))
        signed = {
            "timestamp": stamp,
            "sign": base64.b64encode(
                hmac.new(f"{stamp}\n{key}".encode(), b"", hashlib.sha256).digest()
            ).decode(),
        }
    # <at user_id="all"> calls everybody, and nothing escapes it
    text = re.sub(r"<(?=/?at\b)", "＜", message.text, flags=re.IGNORECASE)
    return _posted(url, {**signed, "msg_type": "text", "content": {"text": text}})


def _dingtalk(url: str, message: Message) -> Request:
    """Sign where the robot wants it: in the address, the time in milliseconds and a digest of `time
    newline secret`.
    """
    if key := os.environ.get("DINGTALK_SECRET", ""):
        stamp = str(round(time.time() * 1000))
        sign = base64.b64encode(
            hmac.new(key.encode(), f"{stamp}\n{key}".encode(), hashlib.sha256).digest()
        ).decode()
        url = f"{url}&timestamp={stamp}&sign={quote(sign, safe='')}"
    return _posted(url, {"msgtype": "text", "text": {"content": message.text}})


def _teams(url: str, message: Message) -> Request:
    lines = [
        {"type": "TextBlock", "text": line, "wrap": True}
        for line in message.text.splitlines()
        if line.strip()
    ]
    card = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": lines,
    }
    return _posted(
        url,
        {
            "type": "message",
            "attachments": [
                {"contentType": "application/vnd.microsoft.card.adaptive", "content": card}
            ],
        },
    )


def _github(url: str, message: Message) -> Request:
    found = GITHUB.match(url)
    host, owner, number = (
        (found["host"], found["repository"], found["number"]) if found else ("", "", None)
    )
    base = "https://api.github.com" if host == "https://github.com" else f"{host}/api/v3"
    if number:
        return _posted(f"{base}/repos/{owner}/issues/{number}/comments", {"body": message.body})
    return _posted(
        f"{base}/repos/{owner}/issues",
        {"title": message.title, "body": message.body, "labels": list(message.labels)},
    )


def _github_headers() -> Mapping[str, str]:
    return {
        "Authorization": f"Bearer {secret('GITHUB_TOKEN')}",
        "Accept": "application/vnd.github+json",
        "X-GitHub-Api-Version": "2022-11-28",
    }


def _gitlab(url: str, message: Message) -> Request:
    found = GITLAB.match(url)
    host, project, number = (
        (found["host"], quote(found["project"], safe=""), found["number"])
        if found
        else ("", "", None)
    )
    if number:
        return _posted(
            f"{host}/api/v4/projects/{project}/issues/{number}/notes", {"body": message.body}
        )
    opened = {
        "title": message.title,
        "description": message.body,
        "labels": ",".join(message.labels),
    }
    return _posted(f"{host}/api/v4/projects/{project}/issues", opened)


def _gitlab_headers() -> Mapping[str, str]:
    return {"PRIVATE-TOKEN": secret("GITLAB_TOKEN")}


def _jira_api(url: str) -> str:
    found = JIRA.match(url)
    return f"{found['host']}/rest/api/2/issue/{found['key']}" if found else url


def _jira_headers() -> Mapping[str, str]:
    """Return how one is known to Jira: by e-mail and token in its cloud, by the token alone on a
    server.
    """
    token, user = secret("JIRA_TOKEN"), os.environ.get("JIRA_USER", "")
    if not user:
        return {"Authorization": f"Bearer {token}"}
    return {"Authorization": "Basic " + base64.b64encode(f"{user}:{token}".encode()).decode()}


def _jira(url: str, message: Message) -> Request:
    return _posted(f"{_jira_api(url)}/comment", {"body": message.body})


def _json(url: str, message: Message) -> Request:
    return _posted(
        url, {"title": message.title, "text": message.text, "labels": list(message.labels)}
    )


def _json_headers() -> Mapping[str, str]:
    token = os.environ.get("LOSSREPORT_SEND_TOKEN", "")
    return {"Authorization": f"Bearer {token}"} if token else {}


HOST: Final = r"(?P<host>https?://[^/\s@]{1,253})"
"""Without `user:password@`: such an address is shown to nobody."""
GITHUB: Final = re.compile(
    HOST + r"/(?P<repository>[\w.\-]{1,100}/[\w.\-]{1,100})/issues(?:/(?P<number>\d{1,12}))?/?$"
)
GITLAB: Final = re.compile(
    HOST + r"/(?P<project>[\w.\-/]{1,400}?)/-/issues(?:/(?P<number>\d{1,12}))?/?$"
)
JIRA: Final = re.compile(
    HOST + r"(?:/[\w\-]{1,60})?/browse/(?P<key>[A-Z][A-Z0-9_]{1,40}-\d{1,12})/?$"
)
PLACES: Final = (
    Place(
        id="slack", match=re.compile(r"https://hooks\.slack(?:-gov)?\.com/(?:services|workflows|triggers)/"), request=_slack, limit=40_000,
        source="Slack: Sending messages using incoming webhooks; text is cut at 40,000 characters",
    ),
    Place(
        id="discord", match=re.compile(r"https://(?:\w{1,10}\.)?discord(?:app)?\.com/api/"
            r"(?:v\d{1,3}/)?webhooks/"), request=_discord, limit=2_000,
        source="Discord: Execute Webhook; content holds up to 2000 characters",
    ),
    Place(
        id="feishu", match=re.compile(r"https://open\.(?:feishu\.cn|larksuite\.com)/open-apis/bot/v2/hook/"), request=_feishu, limit=20 * 1024,
        source="Feishu: 自定义机器人使用指南; a request holds up to 20 KB", refused=_code("code"),
    ),
    Place(
        id="dingtalk", match=re.compile(r"https://oapi\.dingtalk\.com/robot/send"), request=_dingtalk, limit=20_000,
        source="DingTalk: 自定义机器人发送消息; a request holds up to 20,000 bytes", refused=_code("errcode"),
    ),
    Place(
        id="teams", match=re.compile(r"https://[\w.\-]{1,200}(?:\.webhook\.office\.com|\.logic\.azure\.com|"
            r"\.api\.powerplatform\.com)[:/]"), request=_teams, limit=28 * 1024,
        source="Microsoft Teams: Create incoming webhooks; a message holds up to 28 KB",
    ),
    Place(
        id="gitlab", match=GITLAB, request=_gitlab, limit=1_000_000, source="GitLab: Notes API, Issues API", body="gitlab", headers=_gitlab_headers,
    ),
    Place(
        id="jira", match=JIRA, request=_jira, limit=200_000, source="Jira: REST API 2, add comment, add attachment", body="jira", headers=_jira_headers,
        attach=lambda url: f"{_jira_api(url)}/attachments",
    ),
    Place(
        id="github", match=GITHUB, request=_github, limit=300_000, source="GitHub: REST API, create an issue comment, create an issue", body="github",
        headers=_github_headers,
    ),
    Place(id="json", match=re.compile(r"https?://"), request=_json, limit=1_000_000, source="lossreport: title, text and labels as one JSON object", headers=_json_headers),
)  # fmt: skip
"""The first that fits an address is taken; the last takes any."""
IDS: Final = (*(place.id for place in PLACES), "email")


def place_of(url: str, wanted: str | None = None) -> Place:
    """Return the kind of place of an address, or the one that was named; raises UsageError where it
    is no address, or none of that kind.
    """
    try:
        host = urlsplit(url).hostname
    except ValueError:  # brackets that are no address of a host
        host = None
    named = next((place for place in PLACES if place.id == wanted), None)
    found = named or next((place for place in PLACES if place.match.match(url)), None)
    if not host or found is None or not PLACES[-1].match.match(url):
        raise UsageError(
            "Couldn't use the address of --to",
            hint="Give one that begins with https:// or mailto:.",
        )
    if found.body and not found.match.match(url):
        raise UsageError(
            f"{hidden(url)} is no issue of {found.id}",
            hint="Give the address of an issue, or of the page that lists them.",
        )
    return found


def hidden(url: str) -> str:
    """Return of an address what may be shown: a webhook's path is its secret."""
    parts = urlsplit(url)
    if parts.scheme == "mailto":
        return url
    public = any(pattern.match(url) for pattern in (GITHUB, GITLAB, JIRA))
    return url if public else f"{parts.scheme}://{parts.hostname or ''}/…"
