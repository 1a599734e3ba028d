"""The agent's own page, where a person sees what is to be signed, types the PIN, and says yes or no."""

from __future__ import annotations

import unicodedata
from datetime import datetime
from html import escape
from string import Template

from cert.agent.items import Item
from translations import gettext as _

# No script at all, no frame around it, nothing from elsewhere: what it shows is what is there.
POLICY = "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

DOCUMENT = Template("""<!DOCTYPE html>
<html lang="zh-CN">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<title>$title</title>
<link rel="stylesheet" href="/style.css">
</head>
<body>
<header>$agent</header>
<main>
$body
</main>
</body>
</html>
""")

QUESTION = Template("""<h1>$title</h1>
$problem
<dl>
<dt>$origin_label</dt><dd>$origin</dd>
<dt>$subject_label</dt><dd>$subject</dd>
<dt>$until_label</dt><dd>$until</dd>
</dl>
<p id="what">$content_label</p>
<pre tabindex="0" aria-labelledby="what">$content</pre>
<form method="post" action="/ask/$id">
<input type="hidden" name="csrf" value="$csrf">
$pin
<button name="answer" value="yes">$yes</button>
<button name="answer" value="no" formnovalidate>$no</button>
</form>
<p class="small">$note</p>""")


def question(item: Item) -> str:
    """Who asks, for what, with which certificate; and the field for the PIN where the key has one."""
    certificate = item.certificate
    subject = f"{certificate.subject} {certificate.uscc}".strip()
    values = {
        "title": _("是否允许这次签名？"),
        "origin_label": _("要求签名的网站"),
        "origin": item.origin,
        "subject_label": _("使用的证书（颁发给）"),
        "subject": subject,
        "until_label": _("证书有效期至"),
        "until": _day(certificate.valid_until),
        "content_label": _("要签名的内容"),
        "content": visible(item.text),
        "id": item.id,
        "csrf": item.csrf,
        "yes": _("允许"),
        "no": _("拒绝"),
        "note": _("不是您自己在办理？请按“拒绝”。PIN 码只交给 UKey，不会发给网站。"),
    }
    kept = {name: escape(text) for name, text in values.items()}
    kept["problem"] = _warning(item)
    kept["pin"] = _pin_field() if item.needs_pin else ""
    return _document(QUESTION.substitute(kept), values["title"])


def notice(text: str) -> str:
    """A page that says one thing and asks nothing."""
    return _document(f"<h1>{escape(text)}</h1>\n<p>{escape(_('可以关闭这个窗口，回到网厅。'))}</p>", text)


def tries_left(tries: int | None) -> str:
    """What a wrong PIN means, as exactly as the key tells."""
    if tries is None:
        return _("PIN 码不正确，请重新输入。连续输错多次，UKey 会锁定。")
    if tries == 1:
        return _("PIN 码不正确。只剩最后 1 次机会，再输错 UKey 就会锁定。")
    return _("PIN 码不正确，还可以再试 %(tries)s 次。") % {"tries": tries}


def visible(text: str) -> str:
    """The text with every character to be seen: one that hides, or turns the line around, is spelt out."""
    return "".join(
        f"‹U+{ord(char):04X}›" if unicodedata.category(char) in HIDDEN and char != "\n" else char
        for char in text
    )


HIDDEN = {"Cc", "Cf", "Co", "Cn", "Cs", "Zl", "Zp"}


def _warning(item: Item) -> str:
    return f'<p class="bad" role="alert">{escape(tries_left(item.tries))}</p>' if item.is_pin_wrong else ""


def _pin_field() -> str:
    label = escape(_("UKey 的 PIN 码（证书文件则是它的密码）"))
    return (
        f'<label for="pin">{label}</label>\n'
        '<input type="password" id="pin" name="pin" maxlength="128" autocomplete="off" required autofocus>'
    )


def _document(body: str, title: str) -> str:
    agent = escape(_("网厅 UKey 助手"))
    return DOCUMENT.substitute(body=body, title=f"{escape(title)} – {agent}", agent=agent)


def _day(moment: datetime) -> str:
    return moment.astimezone().strftime("%Y-%m-%d")
