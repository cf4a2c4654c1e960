"""A report is sent whole or not at all, once: to real servers on this machine that check what the
vendors publish.
"""

from __future__ import annotations

import json
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email.header import decode_header, make_header
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import trustme
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Message as MailHandler
from aiosmtpd.smtp import AuthResult, LoginPassword
from click.testing import CliRunner
from jsonschema import validate

import lossreport
from lossreport.cli import SENDABLE, main
from lossreport.tickets import send as sending
from lossreport.tickets.places import IDS, PLACES, hidden, place_of
from lossreport.tickets.send import SMTP

TEXT = {"type": "string", "minLength": 20}


def shape(**properties: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": [*properties],
        "additionalProperties": False,
    }


CARD = shape(
    **{"$schema": {"type": "string"}}, type={"const": "AdaptiveCard"}, version={"pattern": r"^1\.\d$"},
    body={"type": "array", "minItems": 2, "items": shape(type={"const": "TextBlock"}, text={"type": "string"}, wrap={"type": "boolean"})},
)  # fmt: skip
SCHEMAS = {
    "slack": shape(text=TEXT | {"maxLength": 40_000}),
    "discord": shape(
        content=TEXT | {"maxLength": 2_000}, allowed_mentions=shape(parse={"const": []})
    ),
    "feishu": shape(msg_type={"const": "text"}, content=shape(text=TEXT)),
    "dingtalk": shape(msgtype={"const": "text"}, text=shape(content=TEXT)),
    "teams": shape(
        type={"const": "message"},
        attachments={
            "type": "array",
            "items": shape(
                contentType={"const": "application/vnd.microsoft.card.adaptive"}, content=CARD
            ),
        },
    ),
    "json": shape(title=TEXT, text=TEXT, labels={"type": "array", "items": {"type": "string"}}),
}
"""What each vendor publishes of its request; the sources stand in `places.py`."""
ANSWERS: dict[str, tuple[int, str]] = {
    "slack": (200, "ok"), "discord": (204, ""), "feishu": (200, '{"code": 0, "msg": "success"}'), "dingtalk": (200, '{"errcode": 0, "errmsg": "ok"}'),
    "teams": (202, ""), "json": (201, "{}"),
}  # fmt: skip


class Server(ThreadingHTTPServer):
    """Keeps what it was sent, and answers what it was told: (status, body), the first first, the
    last again and again.
    """

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.answers: list[tuple[int, str]] = [(200, "{}")]
        self.seen: list[tuple[str, dict[str, str], bytes]] = []
        self.hang_up = False

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        server = self.server
        assert isinstance(server, Server)
        body = self.rfile.read(int(self.headers["Content-Length"]))
        server.seen.append((self.path, dict(self.headers), body))
        if server.hang_up:
            self.connection.close()
            return
        status, said = server.answers.pop(0) if len(server.answers) > 1 else server.answers[0]
        self.send_response(status)
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        self.wfile.write(said.encode())

    def log_message(self, *_: Any) -> None:
        return


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as running:
        thread = threading.Thread(target=running.serve_forever)
        thread.start()
        yield running
        running.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("run")
    (folder / "log.csv").write_text(
        "epoch,train_loss,val_loss\n"
        + "".join(f"{i},{3 / (i + 1)},{3.2 / (i + 1)}\n" for i in range(20))
    )
    lossreport.build([folder], folder / "report.html")
    return folder / "report.html"


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending, "LONGEST_WAIT", 0.01)
    for name in (
        "GITHUB_TOKEN",
        "GITLAB_TOKEN",
        "JIRA_TOKEN",
        "JIRA_USER",
        "FEISHU_SECRET",
        "DINGTALK_SECRET",
        "LOSSREPORT_SEND_TOKEN",
        "SMTP_USER",
        "SMTP_PASSWORD",
        "SMTP_FROM",
        SMTP,
    ):
        monkeypatch.delenv(name, raising=False)


def command(report: Path, url: str, *options: str) -> tuple[int, str]:
    done = CliRunner().invoke(main, ["send", str(report), "--to", url, "--lang", "en", *options])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done.exit_code, done.output


@pytest.mark.parametrize("place", SCHEMAS)
def test_the_request_is_what_the_vendor_publishes(place: str, report: Path, server: Server) -> None:
    server.answers = [ANSWERS[place]]
    code, said = command(report, f"{server.url}/hook/SECRET", "--as", place, "--yes")
    assert code == 0, said
    ((path, headers, body),) = server.seen
    assert (path, headers["Content-Type"]) == ("/hook/SECRET", "application/json")
    sent = json.loads(body)
    validate(sent, SCHEMAS[place])
    assert "still improving" in json.dumps(sent)
    assert "SECRET" not in said


@pytest.mark.parametrize(
    ("url", "place"),
    [
        ("https://hooks.slack.com/services/T/B/x", "slack"),
        ("https://discord.com/api/webhooks/1/x", "discord"),
        ("https://open.feishu.cn/open-apis/bot/v2/hook/x", "feishu"),
        ("https://oapi.dingtalk.com/robot/send?access_token=x", "dingtalk"),
        ("https://acme.webhook.office.com/webhookb2/x", "teams"),
        ("https://prod-1.westeurope.logic.azure.com:443/workflows/x", "teams"),
        ("https://github.com/acme/train/issues/7", "github"),
        ("https://gitlab.acme.org/group/sub/train/-/issues/7", "gitlab"),
        ("https://acme.atlassian.net/browse/ML-7", "jira"),
        ("https://acme.org/anything", "json"),
    ],
)
def test_an_address_tells_the_place_and_a_webhook_is_never_shown(url: str, place: str) -> None:
    assert place_of(url).id == place
    assert (hidden(url) == url) == (place in ("github", "gitlab", "jira"))


@pytest.mark.parametrize(
    ("place", "path", "asked", "token", "header", "field"),
    [
        (
            "github",
            "/acme/train/issues/7",
            "/api/v3/repos/acme/train/issues/7/comments",
            "GITHUB_TOKEN",
            "Authorization",
            "body",
        ),
        (
            "github",
            "/acme/train/issues",
            "/api/v3/repos/acme/train/issues",
            "GITHUB_TOKEN",
            "Authorization",
            "title",
        ),
        (
            "gitlab",
            "/acme/ml/train/-/issues/7",
            "/api/v4/projects/acme%2Fml%2Ftrain/issues/7/notes",
            "GITLAB_TOKEN",
            "PRIVATE-TOKEN",
            "body",
        ),
        (
            "gitlab",
            "/acme/ml/train/-/issues",
            "/api/v4/projects/acme%2Fml%2Ftrain/issues",
            "GITLAB_TOKEN",
            "PRIVATE-TOKEN",
            "description",
        ),
    ],
)
def test_an_issue_gets_a_comment_and_a_tracker_an_issue(
    place: str,
    path: str,
    asked: str,
    token: str,
    header: str,
    field: str,
    report: Path,
    server: Server,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    server.answers = [(201, "{}")]
    code, said = command(report, server.url + path, "--as", place, "--yes")
    assert (code, server.seen) == (5, [])
    assert f"{token} is not set" in said
    monkeypatch.setenv(token, "s3cret")
    code, said = command(report, server.url + path, "--as", place, "--yes")
    assert code == 0, said
    ((there, headers, body),) = server.seen
    assert there == asked
    assert headers[header].endswith("s3cret")
    assert json.loads(body)[field]
    assert "s3cret" not in said


def test_jira_gets_a_comment_and_the_page_as_a_file(
    report: Path, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JIRA_TOKEN", "s3cret")
    server.answers = [(201, "{}")]
    code, said = command(report, f"{server.url}/browse/ML-7", "--yes")
    assert code == 0, said
    (comment, _, _), (files, headers, body) = server.seen
    assert (comment, files) == (
        "/rest/api/2/issue/ML-7/comment",
        "/rest/api/2/issue/ML-7/attachments",
    )
    assert headers["X-Atlassian-Token"] == "no-check"
    assert b'filename="report.html"' in body
    assert report.read_bytes() in body


def test_a_comment_without_its_page_is_not_sent_twice(
    report: Path, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JIRA_TOKEN", "s3cret")
    server.answers = [(201, "{}"), (403, "no")]
    code, said = command(report, f"{server.url}/browse/ML-7", "--yes")
    assert code == 5
    assert "The comment was posted" in said
    assert "do not send again" in said


@pytest.mark.parametrize(
    ("answers", "tries", "code"),
    [
        ([(503, ""), (200, "ok")], 2, 0),
        ([(429, ""), (429, ""), (200, "ok")], 3, 0),
        ([(503, "")], 3, 5),
        ([(500, "")], 1, 5),
    ],
)
def test_only_what_was_not_taken_is_tried_again(
    answers: list[tuple[int, str]], tries: int, code: int, report: Path, server: Server
) -> None:
    server.answers = answers
    assert command(report, server.url, "--yes")[0] == code
    assert len(server.seen) == tries


def test_what_may_have_arrived_is_not_sent_again(report: Path, server: Server) -> None:
    server.hang_up = True
    code, said = command(report, server.url, "--yes")
    assert (code, len(server.seen)) == (5, 1)
    assert "may have arrived" in said


def test_nobody_there_is_said_with_exit_code_5(report: Path) -> None:
    code, said = command(report, "http://127.0.0.1:9", "--yes")
    assert code == 5
    assert "nothing was sent" in said


@pytest.mark.parametrize(
    ("place", "answer"),
    [
        ("feishu", '{"code": 19024, "msg": "Key Words Not Found"}'),
        ("dingtalk", '{"errcode": 310000, "errmsg": "sign not match"}'),
    ],
)
def test_a_robot_that_refuses_with_status_200_has_refused(
    place: str, answer: str, report: Path, server: Server
) -> None:
    server.answers = [(200, answer)]
    code, said = command(report, server.url, "--as", place, "--yes")
    assert code == 5
    assert "refused" in said


def test_a_message_is_cut_to_what_the_place_takes_by_whole_lines(
    report: Path, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    long = "\n".join(f"line {i} of the answer" for i in range(500))
    monkeypatch.setattr(sending, "to_terminal", lambda *_, **__: long)
    assert command(report, server.url, "--as", "discord", "--yes")[0] == 0
    content = json.loads(server.seen[0][2])["content"]
    assert len(server.seen[0][2]) <= next(place.limit for place in PLACES if place.id == "discord")
    assert content.endswith(" of the answer\n…")


@pytest.mark.parametrize(
    ("place", "call"), [("slack", "<!channel>"), ("feishu", '<at user_id="all">all</at>')]
)
def test_a_name_of_a_log_calls_nobody(
    place: str, call: str, report: Path, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        sending, "to_terminal", lambda *_, **__: f"the run {call} is still improving\n"
    )
    server.answers = [ANSWERS[place]]
    assert command(report, server.url, "--as", place, "--yes")[0] == 0
    said = server.seen[0][2].decode("unicode_escape")
    assert "still improving" in said
    assert "<" not in said


def test_a_page_that_is_too_large_is_refused_before_anything_is_sent(
    report: Path, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JIRA_TOKEN", "s3cret")
    monkeypatch.setattr(sending, "MOST_ATTACHED", 1000)
    code, said = command(report, f"{server.url}/browse/ML-7", "--yes")
    assert (code, server.seen) == (5, [])
    assert "--lang en" in said


@pytest.mark.parametrize("options", [(), ("--dry-run",), ("--dry-run", "--yes")])
def test_where_nobody_can_be_asked_nothing_is_sent_without_yes(
    options: tuple[str, ...], report: Path, server: Server
) -> None:
    code, said = command(report, f"{server.url}/SECRET", *options)
    assert (code, server.seen) == (0, [])
    assert "still improving" in said
    assert "SECRET" not in said


@pytest.mark.parametrize(
    "url",
    [
        "https://github.com/acme/train/issues/7",
        "https://gitlab.com/a/b/-/issues",
        "https://a.atlassian.net/browse/ML-7",
        "mailto:a@b.c",
    ],
)
def test_a_dry_run_needs_no_secret(url: str, report: Path) -> None:
    code, said = command(report, url)
    assert code == 0, said
    assert "still improving" in said
    assert f"to: {url}" in said


def test_a_dry_run_shows_what_is_sent_cut_as_it_is(
    report: Path, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        sending,
        "to_terminal",
        lambda *_, **__: "\n".join(f"line {i} of the answer" for i in range(500)),
    )
    code, said = command(report, server.url, "--as", "discord", "--dry-run")
    assert code == 0
    assert command(report, server.url, "--as", "discord", "--yes")[0] == 0
    assert json.loads(server.seen[0][2])["content"] in said
    assert "line 499 " not in said


@pytest.mark.parametrize(
    ("url", "options"),
    [
        ("https://[bad/hook", ()),
        ("https://", ()),
        ("https:///hook", ()),
        ("ftp://acme.org/hook", ()),
        ("ftp://acme.org/hook", ("--as", "slack")),
        ("https://acme.org/hook/SECRET", ("--as", "github")),
        ("https://user:SECRET@github.com/acme/train/issues/7", ("--as", "github")),
        ("mailto:", ()),
        ("mailto:me@example.org\nBcc: you@example.org", ()),
        ("me", ("--as", "email")),
    ],
)
def test_an_address_that_cannot_be_used_is_said_before_anything_is_sent(
    url: str, options: tuple[str, ...], report: Path
) -> None:
    for more in ((), ("--yes",)):
        code, said = command(report, url, *options, *more)
        assert code == 2, said
        assert "SECRET" not in said
        assert "may have arrived" not in said


def test_what_stands_before_the_at_sign_of_an_address_is_never_shown(report: Path) -> None:
    code, said = command(report, "https://user:SECRET@github.com/acme/train/issues/7")
    assert code == 0
    assert "SECRET" not in said


def test_the_command_names_the_places_that_there_are() -> None:
    assert SENDABLE == IDS


def test_logs_are_no_report(tmp_path: Path, server: Server) -> None:
    (tmp_path / "log.txt").write_text("loss 1\n")
    assert command(tmp_path / "log.txt", server.url, "--yes")[0] == 2
    assert server.seen == []


class Mails(MailHandler):
    def __init__(self) -> None:
        super().__init__()
        self.kept: list[Any] = []

    def handle_message(self, message: Any) -> None:
        self.kept.append(message)


@contextmanager
def mail_server(mails: Mails, **options: Any) -> Iterator[str]:
    """Run a mail server, which knows no encryption unless told so; gives its HOST:PORT."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        host, port = free.getsockname()
    server = Controller(mails, hostname=host, port=port, **options)
    server.start()
    try:
        yield f"{host}:{port}"
    finally:
        server.stop()


def test_a_mail_has_the_first_screen_and_the_page(
    report: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mails = Mails()
    with mail_server(mails) as address:
        assert command(report, "mailto:me@example.org", "--yes")[0] == 5
        monkeypatch.setenv(SMTP, address)
        code, said = command(report, "mailto:me@example.org", "--yes")
    assert code == 0, said
    (mail,) = mails.kept
    assert "still improving" in str(make_header(decode_header(mail["Subject"])))
    parts = {part.get_content_type(): part for part in mail.walk() if part.get_filename() is None}
    assert "val/loss" in parts["text/plain"].get_payload(decode=True).decode()
    (page,) = [part for part in mail.walk() if part.get_filename() == "report.html"]
    assert page.get_payload(decode=True).replace(b"\r\n", b"\n") == report.read_bytes().replace(
        b"\r\n", b"\n"
    )


def test_a_password_is_given_to_no_server_without_encryption(
    report: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mails = Mails()
    monkeypatch.setenv("SMTP_USER", "me@example.org")
    monkeypatch.setenv("SMTP_PASSWORD", "s3cret")
    with mail_server(mails) as address:
        monkeypatch.setenv(SMTP, address)
        code, said = command(report, "mailto:me@example.org", "--yes")
    assert (code, mails.kept) == (5, [])
    assert "offers no encryption" in said
    assert "s3cret" not in said


class Accounts:
    """Takes one account, and counts what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[bytes, bytes]] = []

    def __call__(
        self, server: object, session: object, envelope: object, mechanism: str, data: LoginPassword
    ) -> AuthResult:
        self.asked.append((data.login, data.password))
        return AuthResult(success=data.password == b"s3cret")


@pytest.fixture
def authority(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> trustme.CA:
    """Return an authority that this process trusts."""
    found = trustme.CA()
    found.cert_pem.write_to_path(tmp_path / "ca.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    return found


def tls(authority: trustme.CA, host: str) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert(host).configure_cert(context)
    return context


def encrypted(how: str, context: ssl.SSLContext, accounts: Accounts) -> dict[str, Any]:
    asked = {"auth_required": True, "authenticator": accounts}
    if how == "STARTTLS":
        return {"tls_context": context, "require_starttls": True, **asked}
    # aiosmtpd counts STARTTLS alone as encryption
    return {"ssl_context": context, "auth_require_tls": False, **asked}


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")
@pytest.mark.parametrize("how", ["STARTTLS", "smtps"])
def test_a_password_is_given_to_a_server_that_is_encrypted_and_is_itself(
    how: str, report: Path, authority: trustme.CA, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SMTP_USER", "me@example.org")
    monkeypatch.setenv("SMTP_PASSWORD", "s3cret")
    mails, accounts = Mails(), Accounts()
    with mail_server(mails, **encrypted(how, tls(authority, "127.0.0.1"), accounts)) as address:
        monkeypatch.setenv(SMTP, f"smtps://{address}" if how == "smtps" else address)
        code, said = command(report, "mailto:me@example.org", "--yes")
        assert code == 0, said
        monkeypatch.setenv("SMTP_PASSWORD", "wr0ng")
        code, said = command(report, "mailto:me@example.org", "--yes")
    assert code == 5
    assert "wr0ng" not in said
    assert len(mails.kept) == 1
    assert accounts.asked[0] == (b"me@example.org", b"s3cret")


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")
@pytest.mark.parametrize("how", ["STARTTLS", "smtps"])
def test_a_password_is_given_to_no_server_under_the_name_of_another(
    how: str, report: Path, authority: trustme.CA, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SMTP_USER", "me@example.org")
    monkeypatch.setenv("SMTP_PASSWORD", "s3cret")
    mails, accounts = Mails(), Accounts()
    with mail_server(
        mails, **encrypted(how, tls(authority, "mail.example.org"), accounts)
    ) as address:
        monkeypatch.setenv(SMTP, f"smtps://{address}" if how == "smtps" else address)
        code, said = command(report, "mailto:me@example.org", "--yes")
    assert (code, mails.kept, accounts.asked) == (5, [], [])
    assert "certificate" in said.lower()


def test_a_mail_server_that_is_not_there_is_said(
    report: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(SMTP, "127.0.0.1:9")
    code, said = command(report, "mailto:me@example.org", "--yes")
    assert code == 5
    assert "SMTP_PASSWORD" in said
