"""Sends a report: the first screen as text or the body of a ticket, and the page as a file where
the place takes files.

One POST a place, tried again only where nothing was taken: no connection, or 429, 502, 503, 504.
What may have arrived is never sent twice. Needs the extra `[send]` (httpx, tenacity); mail needs
the standard library alone.
"""

from __future__ import annotations

import json
import os
import smtplib
import ssl
from collections.abc import Mapping
from dataclasses import replace
from email.message import EmailMessage
from pathlib import Path
from typing import Any, Final

from lossreport import regex as re
from lossreport.errors import SendError, UsageError
from lossreport.render.to_terminal import to_terminal
from lossreport.store.stored import read_report
from lossreport.store.told import is_report, report_of
from lossreport.text import Lang
from lossreport.tickets.places import Message, Place, Request, hidden, place_of
from lossreport.tickets.ticket import labels, ticket, title
from lossreport.values import dataclass

TRIES: Final = 3
LONGEST_WAIT: Final = 8.0
TIMEOUT: Final = 20.0
"""Seconds to connect, and to be answered."""
AGAIN: Final = (429, 502, 503, 504)
"""Answers with which a server says that it has not taken a request: RFC 6585 section 4, RFC 9110
section 15.6.
"""
MOST_ATTACHED: Final = 10 * 1024 * 1024
"""Bytes of a page: what Jira takes unless told otherwise, and mail servers commonly."""
SMTP: Final = "LOSSREPORT_SMTP"
"""Environment variable: HOST, HOST:PORT or smtps://HOST:PORT of the mail server; SMTP_USER and
SMTP_PASSWORD where it wants them, SMTP_FROM the sender.
"""
SMTPS: Final = "smtps://"
SUBMISSIONS: Final = "465"
"""The port that is encrypted from the first byte on: RFC 8314 section 3.3."""
ADDRESSES: Final = re.compile(
    r"[^\s@,<>?]{1,64}@[^\s@,<>?]{1,253}(?:,[^\s@,<>?]{1,64}@[^\s@,<>?]{1,253}){0,100}"
)
"""One mail address or several; no header can begin in it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """What will be sent where: one request, or a mail; `page` is the file to attach."""

    place: str
    shown: str
    title: str
    text: str
    request: Request | None = None
    mail: EmailMessage | None = None
    page: Path | None = None
    of: Place | None = None
    url: str = ""

    @property
    def preview(self) -> str:
        """What a dry run prints: the place, the size and the message; no secret."""
        attached = f"\nattach: {self.page}" if self.page is not None else ""
        return f"to: {self.shown} ({self.place})\ntitle: {self.title}{attached}\n\n{self.text}"


def packed(path: str, url: str, lang: Lang, *, wanted: str | None = None) -> Parcel:
    """Make of a report (HTML, JSON) what is sent to an address; raises UsageError for an address,
    SendError where it is too large.

    No secret is needed for that: they are asked for when it is sent.
    """
    if not is_report(path):
        raise UsageError(
            f"{path!r} is no report",
            hint="Name a report that lossreport has written (HTML or JSON).",
        )
    stored = read_report(path)
    held = stored.analysis
    message = Message(
        title=title(held, lang),
        text=to_terminal(report_of(held, stored.version), lang, width=100),
        labels=labels(held),
    )
    page = Path(path)
    if url.startswith("mailto:") or wanted == "email":
        return _mail(path, url.removeprefix("mailto:"), message, lang, page)
    place = place_of(url, wanted)
    if place.body:
        message = replace(message, body=ticket(path, place.body, lang).body.text)
    message = _within(place, url, message)
    attached = page if place.attach is not None else None
    if attached is not None:
        _check_size(attached)
    text = message.body or message.text
    request = place.request(url, message)
    return Parcel(
        place=place.id,
        shown=hidden(url),
        title=message.title,
        text=text,
        request=request,
        page=attached,
        of=place,
        url=url,
    )


def _within(place: Place, url: str, message: Message) -> Message:
    """Return the message with as many lines as the place takes, from the first; raises SendError
    where not even one fits.
    """
    lines, short = message.text.splitlines(), message
    while (
        len(json.dumps(place.request(url, short).json, ensure_ascii=False).encode()) > place.limit
    ):
        if place.body or not lines:
            raise SendError(
                f"The message is larger than the {place.limit} bytes that {place.id} takes",
                hint="Send it elsewhere, or a link to the report.",
            )
        lines.pop()
        short = replace(message, text="\n".join([*lines, "…"]))
    return short


def _check_size(page: Path) -> None:
    if page.stat().st_size > MOST_ATTACHED:
        raise SendError(
            f"{page} is larger than {MOST_ATTACHED // 2**20} MB, which is not attached",
            hint="Build it in one language (--lang en), without --embed-logs.",
        )


# ------------------------------------------------------------------------------------------ sending
def send(parcel: Parcel) -> str:
    """Send it; return what the place answered in one line. Raises SendError, of which each says
    whether anything arrived.
    """
    if parcel.mail is not None:
        return _send_mail(parcel.mail)
    answer = _post(parcel)
    if parcel.page is not None and parcel.of is not None and parcel.of.attach is not None:
        _attach(parcel.of.attach(parcel.url), parcel.page, parcel.of.headers())
    return answer


def _httpx() -> Any:
    try:
        import httpx
        import tenacity  # noqa: F401  both are of the extra
    except ImportError as error:
        raise UsageError(
            "Sending needs two more packages", hint='Install them: pip install "lossreport[send]".'
        ) from error
    return httpx


def _post(parcel: Parcel) -> str:
    if parcel.request is None or parcel.of is None:
        raise SendError("There is nothing to send", hint="Name a report.")
    response = _tried(
        parcel.request.url, json=parcel.request.json, headers=dict(parcel.of.headers())
    )
    try:
        words = parcel.of.refused(response.json())
    except ValueError:  # Slack answers "ok", Discord nothing
        words = ""
    if words:
        raise SendError(
            f"{parcel.place} refused it ({words})",
            hint="Check the address, the robot's keywords and its signature; nothing was posted.",
        )
    return f"{response.status_code} {response.reason_phrase}".strip()


def _attach(url: str, page: Path, headers: Mapping[str, str]) -> None:
    """Attach the page; what was said before stands already."""
    try:
        _tried(
            url,
            files={"file": (page.name, page.read_bytes(), "text/html")},
            headers={**headers, "X-Atlassian-Token": "no-check"},
        )
    except SendError as error:
        raise SendError(
            f"The comment was posted, the page was not attached: {error.args[0]}",
            hint="Attach it by hand; do not send again.",
        ) from error


def _tried(url: str, **request: Any) -> Any:
    """POST, again only where nothing was taken; return the response of httpx."""
    httpx = _httpx()
    import tenacity

    def untaken(state: tenacity.RetryCallState) -> bool:
        if state.outcome is None or state.outcome.failed:
            return state.outcome is not None and isinstance(
                state.outcome.exception(), (httpx.ConnectError, httpx.ConnectTimeout)
            )
        return state.outcome.result().status_code in AGAIN

    retrying = tenacity.Retrying(
        retry=untaken,
        stop=tenacity.stop_after_attempt(TRIES),
        wait=tenacity.wait_exponential(max=LONGEST_WAIT),
        retry_error_callback=_last,
        reraise=True,
    )
    try:
        response = retrying(
            lambda: httpx.post(url, timeout=TIMEOUT, follow_redirects=False, **request)
        )
    except (httpx.ConnectError, httpx.ConnectTimeout) as error:
        raise SendError(
            f"Couldn't reach {hidden(url)}: {error}",
            hint="Check the address and the network; nothing was sent.",
        ) from error
    except httpx.TransportError as error:
        raise SendError(
            f"{hidden(url)} did not answer ({type(error).__name__})",
            hint="It may have arrived: look there before you send it again.",
        ) from error
    if not response.is_success:
        raise SendError(
            _refusal(response, url),
            hint=HINTS.get(response.status_code, "Nothing was posted; the answer above says why."),
        )
    return response


def _last(state: Any) -> Any:
    return state.outcome.result()


def _refusal(response: Any, url: str) -> str:
    said = " ".join(response.text.split())[:300]
    return (
        f"{hidden(url)} refused it: {response.status_code} "
        f"{response.reason_phrase}{': ' + said if said else ''}"
    )


HINTS: Final = {
    401: "The token is wrong or has expired; set a new one in the environment.",
    403: "The token may not write there; give it that right, or use another.",
    404: "Check the address, and that the token may see it.",
    413: "It is too large for the place; send it in one language, or a link to the report.",
    429: "The place takes no more for now; try again later.",
}


# --------------------------------------------------------------------------------------------- mail
def _mail(path: str, to: str, message: Message, lang: Lang, page: Path) -> Parcel:
    if not ADDRESSES.fullmatch(to):
        raise UsageError(
            "Couldn't use the mail address of --to",
            hint="Give mailto:name@example.org; several are parted by commas.",
        )
    _check_size(page)
    mail = EmailMessage()
    mail["Subject"], mail["To"] = message.title, to
    mail["From"] = (
        os.environ.get("SMTP_FROM") or os.environ.get("SMTP_USER") or "lossreport@localhost"
    )
    mail.set_content(message.text)
    mail.add_alternative(ticket(path, "email", lang).body.text, subtype="html")
    mail.add_attachment(
        page.read_bytes(),
        maintype="text" if page.suffix != ".json" else "application",
        subtype=page.suffix.lstrip("."),
        filename=page.name,
    )
    return Parcel(
        place="email",
        shown=f"mailto:{to}",
        title=message.title,
        text=message.text,
        mail=mail,
        page=page,
    )


def _mail_server(host: str, port: int, *, encrypted: bool) -> smtplib.SMTP:
    """Return a connection to a mail server, encrypted from its first byte or not yet."""
    if encrypted:
        return smtplib.SMTP_SSL(host, port, timeout=TIMEOUT, context=ssl.create_default_context())
    return smtplib.SMTP(host, port, timeout=TIMEOUT)


def _send_mail(mail: EmailMessage) -> str:
    """Hand a mail to the server; it takes the whole of it or nothing, so a failure before that may
    be tried by hand again.
    """
    if not os.environ.get(SMTP):
        raise SendError(
            f"{SMTP} is not set",
            hint=f"Name the mail server: {SMTP}=smtp.example.org:587; SMTP_USER and "
            f"SMTP_PASSWORD where it wants them.",
        )
    address = os.environ[SMTP]
    host, _, port = address.removeprefix(SMTPS).partition(":")
    encrypted = address.startswith(SMTPS) or port == SUBMISSIONS
    user, password = os.environ.get("SMTP_USER", ""), os.environ.get("SMTP_PASSWORD", "")
    try:
        with _mail_server(host, int(port or 25), encrypted=encrypted) as server:
            # what the server can is known only after it was greeted
            server.ehlo_or_helo_if_needed()
            if not encrypted and server.has_extn("starttls"):
                server.starttls(context=ssl.create_default_context())
                encrypted = True
            if password and not encrypted:
                raise SendError(
                    f"{host} offers no encryption, and SMTP_PASSWORD was not given to it",
                    hint=f"Name its port with STARTTLS, or {SMTPS}HOST:{SUBMISSIONS}.",
                )
            if password:
                server.login(user, password)
            refused = server.send_message(mail)
    except (OSError, smtplib.SMTPException, ValueError) as error:
        raise SendError(
            f"Couldn't mail it by {host}: {error}",
            hint=f"Check {SMTP}, SMTP_USER and SMTP_PASSWORD.",
        ) from error
    if refused:
        raise SendError(f"{host} refused {', '.join(refused)}", hint="Check the address.")
    return "accepted by the mail server"
