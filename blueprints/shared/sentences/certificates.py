"""Sentences about certificates, signatures and the lists that take certificates back."""

from __future__ import annotations

from rules.fields import N_

SENTENCES = {
    "cert.empty": N_("没有收到证书。请插好 UKey，等页面显示出证书后再登录。"),
    "cert.too_large": N_("收到的证书超过 %(limit)s KB，不是 UKey 里的证书。请重新插入 UKey 再试。"),
    "cert.encoding": N_(
        "收到的证书不完整，可能传送中断。请重新插入 UKey 再试；仍不行请找发证机构检查 UKey。"
    ),
    "cert.damaged": N_("证书内容损坏，读不出来。请找发证机构检查或更换 UKey。"),
    "cert.algorithm": N_("证书使用的密码算法本网厅不支持。请找发证机构换发 SM2 或 RSA 证书。"),
    "cert.weak_digest": N_("证书使用的旧算法（SHA-1 或 MD5）已不安全，不能登录。请找发证机构换发新证书。"),
    "cert.weak_key": N_("证书的密钥是 %(bits)s 位，不在允许的 2048 至 8192 位之内。请找发证机构换发新证书。"),
    "cert.issuer_unknown": N_("本网厅不认可这张证书的发证机构。请换用社保局公布的发证机构的 UKey。"),
    "cert.signature": N_("证书不是“%(issuer)s”真正签发的，或内容被改动过。请找发证机构检查 UKey。"),
    "cert.not_yet_valid": N_("证书从 %(date)s 起才有效。请核对电脑日期，或到时再登录。"),
    "cert.expired": N_("证书已于 %(date)s 到期。请到发证机构办理延期，更新 UKey 后再登录。"),
    "cert.is_ca": N_("这是发证机构自己的证书，不能用来登录。请选择本单位的签名证书。"),
    "cert.encryption": N_("选中的是加密证书，登录要用签名证书。请重新选择同一个 UKey 里的签名证书。"),
    "cert.key_usage": N_("这张证书没有写明可用于签名，不能登录。请选择签名证书，或找发证机构换发。"),
    "cert.purpose": N_("这张证书只准用于别的用途（如网站服务器），不能登录。请选择本单位的签名证书。"),
    "cert.critical_extension": N_("证书里有本网厅不认识的重要内容（%(oid)s），不能放行。请联系社保局核实。"),
    "cert.name_constraints": N_("发证机构的证书限定了名称范围，本网厅不能核对。请联系社保局核实。"),
    "cert.issuer_not_ca": N_("签发这张证书的“%(issuer)s”没有发证资格。请找发证机构检查 UKey。"),
    "cert.issuer_usage": N_("“%(issuer)s”的证书不准用来签发证书。请找发证机构检查 UKey。"),
    "cert.path_length": N_("证书的上级层数超过“%(issuer)s”的规定。请找发证机构检查 UKey。"),
    "cert.issuer_validity": N_("发证机构“%(issuer)s”自己的证书不在有效期内。请找发证机构换发证书。"),
    "cert.chain_too_long": N_("证书的上级太多，核对不完。请找发证机构检查 UKey。"),
    "cert.chain": N_("证书不符合通用的证书规范，没有通过核对。请找发证机构检查 UKey。"),
    "cert.revoked": N_("证书已于 %(date)s 被发证机构注销，不能再用。请换用新的 UKey，或找发证机构查询原因。"),
    "cert.issuer_revoked": N_("发证机构“%(issuer)s”的证书已被注销。请找发证机构换发证书。"),
    "cert.revocation_unknown": N_("“%(issuer)s”查不到这张证书的状态，不能确认没有注销。请找发证机构查询。"),
    "cert.crl_missing": N_(
        "社保局还没有“%(issuer)s”的注销名单，暂时不能确认证书有效。请稍后再试或联系社保局。"
    ),
    "cert.crl_stale": N_("“%(issuer)s”的注销名单已过期，暂时不能确认证书有效。请稍后再试或联系社保局。"),
    "cert.crl_invalid": N_("“%(issuer)s”的注销名单核对不上，暂时不能确认证书有效。请联系社保局。"),
    "signature.empty": N_("没有收到签名。请插好 UKey，输入 PIN 码后再试一次。"),
    "signature.too_large": N_("收到的签名超过 %(limit)s KB，不是 UKey 签的。请重新插入 UKey 再试。"),
    "signature.encoding": N_("收到的签名不完整，可能传送中断。请再签一次。"),
    "signature.kind": N_("页面送来的签名方式不认识，没有登录。请刷新本页后再试。"),
    "signature.wrong": N_("签名和证书或签名内容对不上，没有通过。请确认只插着一个 UKey，再签一次。"),
    "signature.weak_digest": N_("签名用的旧算法（SHA-1 或 MD5）已不安全。请安装新版 UKey 驱动后再试。"),
    "signature.algorithm": N_("签名用的算法和证书不一致，或本网厅不支持。请安装新版 UKey 驱动后再试。"),
    "signature.p7_damaged": N_("收到的签名内容损坏，读不出来。请再签一次；仍不行请重新安装 UKey 驱动。"),
    "signature.p7_signers": N_("应当只有一个签名，收到 %(count)s 个。请只插一个 UKey，再签一次。"),
    "signature.p7_certificate": N_(
        "签名里没有签名人的证书，或和送来的证书不是同一张。请重新选择证书再签一次。"
    ),
    "signature.p7_content": N_("签的不是本页要求签的内容，没有通过。请刷新本页后再签一次。"),
    "signature.p7_attributes": N_("签名里记的摘要和要签的内容对不上，没有通过。请刷新本页后再签一次。"),
    "challenge.unknown": N_("没有找到这次登录的记录，可能换过浏览器窗口。请刷新本页后再试。"),
    "challenge.used": N_("这次签名已经用过，不能再用。请刷新本页，重新签一次。"),
    "challenge.expired": N_("从打开页面到签名超过了 3 分钟。请刷新本页，重新签一次。"),
    "challenge.foreign": N_("这次签名不是为本页的操作签的，没有通过。请刷新本页，重新签一次。"),
    "crl.unreachable": N_("取不到注销名单：%(address)s 没有正常回答。原来的名单仍在使用，请检查网络或地址。"),
    "crl.too_large": N_("%(address)s 的注销名单超过 %(limit)s，没有取用。请核对地址。"),
    "crl.slow": N_("%(address)s 传得太慢，注销名单没有取完。原来的名单仍在使用，系统会再取。"),
    "crl.damaged": N_("%(address)s 送来的不是完整的注销名单，没有取用。请核对地址或联系发证机构。"),
    "crl.unsigned": N_(
        "%(address)s 的注销名单不是所信任的发证机构签的，没有取用。请核对地址或联系发证机构。"
    ),
    "crl.older": N_("%(address)s 送来的注销名单比已有的旧，没有取用。请联系发证机构。"),
    "sign.other_unit": N_(
        "这张证书是“%(subject)s”的，不是“%(unit)s”的，没有申报。请换用本单位的 UKey 再签。"
    ),
    "sign.other_content": N_("留存的签名不是为这份数据签的。请联系社保局核实。"),
    "sign.no_trust": N_("社保局还没有设好认可的发证机构，签名现在不能核对。请稍后再试或联系社保局。"),
}
