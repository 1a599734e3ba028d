"""大写金额: an amount in the Chinese capitals that no pen can alter."""

from __future__ import annotations

_DIGITS = "零壹贰叁肆伍陆柒捌玖"
_STEPS = ((10**8, "亿"), (10**4, "万"), (1000, "仟"), (100, "佰"), (10, "拾"))


def capital_amount(fen: int) -> str:
    """``fen`` in capitals: 358965 is 叁仟伍佰捌拾玖元陆角伍分, 30000 is 叁佰元整; 负 stands before what is given back.

    整 follows 元 alone; a 零 stands for the places that are empty between two digits, whatever their number.
    Source: 《支付结算办法》附一《正确填写票据和结算凭证的基本规定》.
    """
    yuan, rest = divmod(abs(fen), 100)
    jiao, cents = divmod(rest, 10)
    text = f"{_whole(yuan)}元" if yuan or not rest else ""
    if not rest:
        text += "整"
    if jiao:
        text += f"{_DIGITS[jiao]}角"
    elif cents and yuan:
        text += "零"
    if cents:
        text += f"{_DIGITS[cents]}分"
    return f"负{text}" if fen < 0 else text


def _whole(number: int) -> str:
    for size, sign in _STEPS:
        if number >= size:
            high, low = divmod(number, size)
            gap = "零" if 0 < low < size // 10 else ""
            return f"{_whole(high)}{sign}{gap}{_whole(low) if low else ''}"
    return _DIGITS[number]
