"""Each refusal as one sentence for a clerk: what, where, why, what now. No code reaches the screen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from blueprints.shared.words import basis_word, filing_word, insurance_words, right_word, state_word, yuan
from rules.refusals import Refusal
from translations import gettext as _


def N_(message: str) -> str:
    """Marks a sentence for extraction; it is translated when it is said."""
    return message


SENTENCES = {
    # 登录
    "login.wrong": N_("用户名或密码不正确。请核对大小写后重新输入。"),
    "login.closed": N_("这个账户已经停用。请联系本单位的管理员。"),
    "right.lacking": N_("您的账户没有“%(right)s”的权限。请联系本单位的管理员。"),
    "login.wrong_left": N_("用户名或密码不正确，还可再试 %(left)s 次。"),
    "login.locked": N_(
        "连续 5 次输入不正确，账户已锁定。请 %(minutes)s 分钟后再试；忘记密码请联系社保局重置。"
    ),
    # 修改密码
    "password.wrong_old": N_("原密码不正确，密码没有修改。请重新输入，还可再试 %(left)s 次。"),
    "password.same": N_("新密码和原密码一样。请换一个新的。"),
    "password.too_short": N_("新密码太短，至少 %(shortest)s 位。请再加长一些。"),
    "password.too_long": N_("新密码太长，最多 %(longest)s 位。请缩短一些。"),
    "password.has_name": N_("新密码里有“%(name)s”，别人容易想到。请不要用用户名、单位名称和单位编号。"),
    "password.weak": N_("新密码太容易猜到。请再加长，或换成几个不相干的词。"),
    "password.weak_word": N_("新密码里有常用的密码或词，容易猜到。请换成几个不相干的词，或再加长。"),
    "password.weak_keys": N_("新密码是键盘上相邻的键，容易猜到。请换成几个不相干的词。"),
    "password.weak_repeat": N_("新密码是重复的字符，容易猜到。请换成几个不相干的词。"),
    "password.weak_sequence": N_("新密码是连续的字母或数字，容易猜到。请换成几个不相干的词。"),
    "password.weak_date": N_("新密码主要是日期或年份，容易猜到。请换成几个不相干的词。"),
    # 营业执照登录
    "licence.denied": N_(
        "您没有同意授权，所以没有登录。要登录请重新开始，并在手机上同意；也可以换一种登录方式。"
    ),
    "licence.stale": N_("这次授权已经用过，或放置太久，不能再用。请重新开始。"),
    "licence.unreachable": N_(
        "电子营业执照服务现在没有回应，不是您的操作问题。请过几分钟再试，急用请换一种登录方式。"
    ),
    "licence.failed": N_(
        "电子营业执照服务没有办成这次授权。请重新开始；仍不成功请换一种登录方式，并告诉社保局。"
    ),
    "licence.expired": N_("授权已经过期，没有登录。请重新开始，授权后马上回到本页。"),
    "licence.not_trusted": N_(
        "电子营业执照服务的答复没有通过核对，为了安全没有登录。请重新开始；仍不成功请告诉社保局。"
    ),
    "licence.no_code": N_(
        "电子营业执照服务没有给出本单位的统一社会信用代码，不能登录。请换一种登录方式，并告诉社保局。"
    ),
    "licence.unknown_unit": N_(
        "社保局没有登记统一社会信用代码 %(uscc)s。请核对所用的营业执照；没有用错，请到社保局登记。"
    ),
    "licence.no_operator": N_("%(unit)s 还没有经办人账户，不能登录。请联系社保局开通。"),
    "account.no_region": N_("没有统筹区 %(value)s。"),
    "account.no_unit": N_("该统筹区没有单位编号 %(value)s。"),
    "form.too_large": N_("这一页填写的内容太多，没有保存。请分几次填写和提交，或用“上传数据”传文件。"),
    "form.damaged": N_("页面内容不完整，没有保存。请刷新本页后重新填写。"),
    # CA 登录
    "ca.not_open": N_("这里还没有开通 CA 登录。请改用账户密码登录或营业执照登录。"),
    "ca.broken": N_("证书登录暂时不能用，不是您的操作问题。请改用其他登录方式，并告诉社保局。"),
    "ca.no_unit": N_("证书上的代码与社保登记的不一致，没有登录。"),
    "ca.no_operator": N_("%(unit)s 没有可以用这张证书登录的经办人。请联系本单位的管理员或社保局。"),
    "ca.other_account": N_("这张证书不能用于“%(name)s”的账户。请换用本单位的证书，或先退出再登录。"),
    "correction.no_note": N_("请写明核对结果，单位要据此办理。"),
    "correction.note_too_long": N_("核对结果最多 %(limit)s 字。请写得短一些。"),
    "correction.settled": N_("这张核对单已经办结，不用再办。"),
    # 证书
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
    # 签名
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
    # 注销名单
    "crl.unreachable": N_("取不到注销名单：%(address)s 没有正常回答。原来的名单仍在使用，请检查网络或地址。"),
    "crl.too_large": N_("%(address)s 的注销名单超过 %(limit)s，没有取用。请核对地址。"),
    "crl.slow": N_("%(address)s 传得太慢，注销名单没有取完。原来的名单仍在使用，系统会再取。"),
    "crl.damaged": N_("%(address)s 送来的不是完整的注销名单，没有取用。请核对地址或联系发证机构。"),
    "crl.unsigned": N_(
        "%(address)s 的注销名单不是所信任的发证机构签的，没有取用。请核对地址或联系发证机构。"
    ),
    "crl.older": N_("%(address)s 送来的注销名单比已有的旧，没有取用。请联系发证机构。"),
    # 操作员
    "operator.no_right": N_("还没有勾选权限。请至少勾选一项。"),
    "operator.name_taken": N_("用户名“%(username)s”已经有人用了。请换一个，比如加上单位的简称。"),
    "operator.last_admin": N_("本单位只有这一位管理员，不能取消。请先把另一位操作员设为管理员。"),
    "operator.own_account": N_("不能停用自己正在用的账户。要停用，请让本单位的另一位管理员来办。"),
    "operator.own_password": N_("自己的密码请在“修改密码”页改，那里要先填原密码。"),
    "operator.not_offered": N_(
        "这张证书不能绑定：它已经绑定给别人，或没有在本单位登录过。请刷新本页，看现在可以绑定的证书。"
    ),
    # 委托
    "delegation.no_agent": N_(
        "没有找到用户名“%(username)s”。请向受托单位的操作员问清用户名，一字不差地填写。"
    ),
    "delegation.own_people": N_("%(agent)s 是本单位的操作员，不用委托。请在“操作员”页给权限。"),
    "delegation.no_right": N_("还没有勾选委托的权限。请至少勾选一项。"),
    "delegation.until_past": N_("最后一天已经过去。请填今天或以后的日期。"),
    "delegation.until_far": N_("委托最长一年，最后一天不能晚于 %(latest)s。到期后可以再申请。"),
    "delegation.exists": N_(
        "对 %(agent)s 的委托正在等待确认，或已经生效。要改权限或日期，请先结束原来的委托。"
    ),
    "delegation.too_many": N_("一小时内已有 %(tries)s 次填错用户名。请向对方问清用户名，一小时后再试。"),
    "delegation.decided": N_("这项委托已经处理过，不能再办。请返回列表看它现在的状态。"),
    "delegation.over": N_("这项委托的最后一天（%(until)s）已经过去，不能确认。请写明原因，不予确认。"),
    "delegation.no_reason": N_("不予确认要写原因，单位才知道怎么办。"),
    "delegation.reason_too_long": N_("原因最多 %(limit)s 字，请缩短。"),
    # 险种开通
    "opening.no_certificate": N_("这次登录没有用 UKey，不能核对单位名称。请插好 UKey，用证书登录后再开通。"),
    "opening.serial": N_("医保序号是 4 位数字，如 0072，不是“%(typed)s”。请连前面的 0 一起填写。"),
    "opening.unknown": N_("医保系统里没有医保序号 %(serial_no)s。请核对后再填；不清楚请问医保局窗口。"),
    "opening.names_differ": N_(
        "没有开通：医保序号 %(serial_no)s 在医保系统中的单位名称是“%(kept)s”，密钥中的单位名称是“%(shown)s”，两者不一致。"
        "序号没有填错的话，请带证明到医保局窗口核实和修改单位名称。"
    ),
    "opening.other_unit": N_(
        "没有开通：医保序号 %(serial_no)s 是另一个同名单位“%(name)s”的。请核对序号；没有填错，请到医保局窗口核实。"
    ),
    "opening.too_many": N_("一小时内已有 %(tries)s 次没有核对上。请向医保局窗口问清医保序号，一小时后再试。"),
    "opening.not_due": N_("本单位不需要开通，或已经开通。请重新登录后办理业务。"),
    # 工资
    "wage.not_a_number": N_("“%(value)s”不是金额。请只填数字，最多两位小数，如 5000.00。"),
    "wage.scientific": N_("“%(value)s”是科学记数法。请写成普通数字，如 5000.00。"),
    "wage.unit_word": N_("“%(value)s”带有单位字。请写成数字，如 5000.00。"),
    "wage.formula": N_("“%(value)s”是公式，不是金额。请填算好的数字。"),
    "wage.negative": N_("“%(value)s”是负数。工资不能小于 0。"),
    "wage.decimals": N_("“%(value)s”超过两位小数。请填到分。"),
    "wage.too_large": N_("“%(value)s”太大。单人工资最多 9,999,999.99 元。"),
    "wage.separators": N_("“%(value)s”的分隔位置不对。请去掉逗号和空格。"),
    "wage.changed_much": N_("与原工资 %(old)s 相比变动超过 30%%。可以写入，申报前要在“核对”页写说明。"),
    "wage.tenfold": N_(
        "与原工资 %(old)s 差了约十倍，可能多一位或少一位。请核对；没有错的话，申报前要写说明。"
    ),
    "wage.looks_monthly": N_("只有原工资 %(old)s 的约十二分之一，可能填成了一个月的工资。这里要填全年工资。"),
    "wage.looks_annual": N_("是原工资 %(old)s 的约十二倍，可能填成了全年工资。这里要填月平均工资。"),
    "wage.excluded": N_("工资是 0，写入后此人“此次不申报”。不是这个意思的话请改成金额。"),
    "wage.under_one": N_("不足 1 元，写入后此人“此次不申报”。可能单位写成了千元或万元，请核对。"),
    "wage.below_floor": N_("低于下限每月 %(floor)s，缴费基数按下限算。可以写入，请核对。"),
    "wage.above_cap": N_("高于上限每月 %(cap)s，缴费基数按上限算。可以写入，请核对。"),
    "row.changed": N_(
        "%(by)s 已在 %(time)s 把此人改为 %(wage)s，您的数还没有保存。要用您填的数，请再保存一次。"
    ),
    "note.empty": N_("说明是空的。请写清工资变动的原因，如：全员调薪。"),
    "note.too_long": N_("说明最多 %(limit)s 字，请缩短。"),
    # 开始
    "start.no_insurance": N_("还没有选险种。请至少勾选一个，再点“开始”。"),
    "start.not_opened": N_("本单位没有开通%(insurances)s，不能申报。请改选，或到社保局开通。"),
    "start.unopened": N_(
        "本单位还没有开通医疗、工伤、生育险种，不能开始申报。请先在左边菜单“账户”里的“险种开通”办理。"
    ),
    "start.no_window": N_("社保局还没有公布 %(year)s 年度的申报时间，暂时不能开始。"),
    "start.not_yet": N_("申报从 %(opens_on)s 开始，请到时再办。"),
    "start.already": N_("所选险种在 %(year)s 年度已经开始申报。请在下面的列表中打开它，不要重复开始。"),
    "start.nobody": N_("所选险种下没有在保人员。请先办理人员新增，或改选其他险种。"),
    "job.gave_up": N_("后台处理 %(attempts)s 次都没有完成。数据没有丢失，请重试；仍不成功请联系社保局。"),
    "declaration.not_open": N_("本次申报现在是“%(state)s”，不能修改。"),
    "insurance.unknown": N_("没有“%(value)s”这个险种，请重新选择。"),
    # 核对、说明、备份、申报
    "check.changed": N_("确认期间名单有变化，请看过新的名单后再确认。"),
    "statement.changed": N_("另一位经办人刚保存过说明信息。您填的内容还在下面，请核对后再保存。"),
    "field.required": N_("“%(label)s”还没有填。"),
    "field.not_a_count": N_("“%(label)s”应填整数人数，不是“%(value)s”。"),
    "field.not_money": N_("“%(label)s”应填金额（元），不是“%(value)s”。"),
    "field.phone": N_("“%(label)s”应填手机号或带区号的座机号，如 0451-12345678。"),
    "field.too_long": N_("“%(label)s”最多 %(max)s 字，现有 %(length)s 字。"),
    "field.choice": N_("请为“%(label)s”选择一项。"),
    "field.confirm": N_("请确认“%(label)s”。"),
    "field.date": N_("“%(label)s”应填日期，如 2026-06-18。"),
    "field.month": N_("“%(label)s”应填年月，如 202606。"),
    "field.mobile": N_("“%(label)s”应填 11 位手机号，不是“%(value)s”。"),
    "field.uscc": N_("“%(value)s”不是统一社会信用代码：应是 18 位，最后一位是校验码。请照营业执照核对。"),
    "statement.people_differ": N_(
        "上年末人数减扣减加增加等于 %(computed)s 人，本次申报 %(declared)s 人，请核对；无误可以继续。"
    ),
    "backup.no_statement": N_("还没有保存说明信息。请先填写并保存，再备份。"),
    "backup.changed": N_("生成备份时数据又有改动，备份没有保存。请再点一次“备份”。"),
    "backup.not_a_backup": N_("这个文件不是网厅的备份。请选择“备份”时下载的 zip 文件。"),
    "backup.damaged": N_("备份文件已损坏，打不开。请换一份备份。"),
    "backup.altered": N_("备份文件的内容与封存时不同，可能被改动过，不能恢复。请换一份没有改动的备份。"),
    "submit.nothing_entered": N_("还没有录入任何人的工资。请先录入。"),
    "submit.left_unconfirmed": N_("还有人未录入。请在“核对”页看过名单并确认此次不申报，或者先录入。"),
    "submit.no_statement": N_("还没有保存说明信息。请先填写并保存。"),
    "submit.unexplained": N_(
        "有 %(count)s 人的工资与原工资相比变动超过 30%%，还没有写说明。请到“核对”页补上。"
    ),
    "submit.no_backup": N_("当前数据还没有备份（或备份后又有修改）。请先备份。"),
    "submit.no_bounds": N_("社保局还没有公布%(insurances)s的缴费基数上下限，暂时不能申报。"),
    "submit.changed": N_("确认期间数据有改动。请核对后再申报。"),
    "submit.unsigned": N_("本地区的申报要用本单位的 UKey 签名。请点“用 UKey 签名并申报”。"),
    # 签名申报
    "sign.other_unit": N_(
        "这张证书是“%(subject)s”的，不是“%(unit)s”的，没有申报。请换用本单位的 UKey 再签。"
    ),
    "sign.other_content": N_("留存的签名不是为这份数据签的。请联系社保局核实。"),
    "sign.no_trust": N_("社保局还没有设好认可的发证机构，签名现在不能核对。请稍后再试或联系社保局。"),
    # 登录方式
    "policy.no_region": N_("没有统筹区 %(value)s。请核对统筹区代码。"),
    "policy.unknown_factor": N_("没有“%(value)s”这种登录方式。请只用 ca、password、licence，中间空一格。"),
    "hand_over.damaged": N_("提交的数据在保存时损坏，没有送到社保局。请重新申报。"),
    "hand_over.bounds_changed": N_("提交时缴费基数上下限已更新。请重新核对、备份后再申报。"),
    # 业务
    "filing.changed": N_("这件业务刚才在别处改过，这次没有保存。请返回看最新内容，再改一次。"),
    "filing.not_editable": N_("这件业务现在是“%(state)s”，不能再改。请返回看它的进度。"),
    "filing.not_pending": N_("这件业务现在是“%(state)s”，不能这样办。请返回看它的进度。"),
    "filing.taken": N_("审核员已经受理，不能撤回了。要更正请联系社保局退回。"),
    "filing.no_lines": N_("这件业务里还没有内容，不能提交。请先填写，或者作废。"),
    "filing.has_faults": N_("有 %(count)s 行要改，没有提交。原因写在每一行上，改好后再提交。"),
    "filing.needs_attachment": N_("改姓名、证件号码或出生日期要附证明材料，没有提交。请先添加附件。"),
    "filing.held_here": N_(
        "本单位已有一件待审核的业务（%(number)s）办的是同样的事，不能重复提交。请等它审完或先撤回。"
    ),
    "filing.held_elsewhere": N_(
        "其他单位正在为此人办理同样的业务，现在不能提交。请与本人核实，或联系社保局。"
    ),
    "filing.twin": N_("与第 %(seq)s 行重复。请留下对的一行，把另一行去掉。"),
    "filing.admins_only": N_("这类业务由本单位的管理员办理，没有保存。请联系管理员。"),
    "attachment.empty": N_("没有选择文件，或文件是空的。请选择后再添加。"),
    "attachment.too_large": N_("文件有 %(size)s，超过上限 %(limit)s，没有添加。请缩小图片或分成几个文件。"),
    "attachment.kind": N_("只收 pdf、jpg、png，这个文件不是，没有添加。请另存或拍照后再添加。"),
    "attachment.damaged": N_("文件不完整，可能没有传完，没有添加。请打开检查后再传一次。"),
    "attachment.too_many": N_("附件最多 %(limit)s 个，没有添加。请把几页合成一个 pdf。"),
    # 人员
    "document.kind": N_("没有选证件类型，或类型不在名单里。请选择证件类型，如居民身份证。"),
    "document.scientific": N_(
        "证件号码被表格变成了科学计数（如 1.5E+17），后几位已经丢失。请照证件重新填写，表格里先把这一列设为文本。"
    ),
    "document.rounded": N_(
        "证件号码的最后几位变成了 0，多半是表格改的。请照证件重新填写，表格里先把这一列设为文本。"
    ),
    "document.old_form": N_("这是 15 位的老身份证号码，已经停用。请照现在的身份证或户口簿填写 18 位号码。"),
    "document.length": N_("证件号码应是 18 位，现在是 %(length)s 位。请照证件核对，是多了还是少了。"),
    "document.characters": N_(
        "证件号码里有不该有的字：应是 18 位数字，只有最后一位可以是 X。请照证件核对，或看证件类型是否选错。"
    ),
    "document.check_digit": N_("证件号码和它的最后一位对不上，至少有一位填错了。请照证件逐位核对。"),
    "document.other_kind": N_("这是“%(label)s”的号码，和所选的证件类型不一致。请改选证件类型，或核对号码。"),
    "document.province": N_("证件号码的前两位 %(value)s 不是任何省份的代码。请照证件核对。"),
    "document.birth_date": N_("证件号码第 7 至 14 位 %(value)s 不是出生日期。请照证件核对。"),
    "document.hk_macao": N_(
        "港澳居民来往内地通行证号码应是 H 或 M 加 8 位数字（如 H12345678），非中国籍的是 HA 或 MA 加 7 位数字。请照证件核对。"
    ),
    "document.taiwan": N_(
        "台湾居民来往大陆通行证号码应是 8 位数字，老本的是 10 位。请照证件核对，不要填台湾的身份证号。"
    ),
    "document.permanent": N_(
        "外国人永久居留身份证号码应是 9 开头的 18 位，2017 年版的是 3 个字母加 12 位数字。请照证件核对。"
    ),
    "document.passport": N_("护照号码应是 5 至 17 位字母和数字。请照护照资料页核对。"),
    "person.name_digit": N_("“%(label)s”里有数字：“%(value)s”。请照证件填写姓名，不要加编号。"),
    "person.name_character": N_(
        "“%(label)s”里的“%(character)s”不能用。请照证件填写；少数民族姓名中间用“·”。"
    ),
    "person.name_private": N_(
        "“%(label)s”里有一个字是本机自造的，别的电脑显示不出。请用输入法重新打这个字。"
    ),
    "person.name_short": N_("“%(label)s”只有一个字：“%(value)s”。请照证件填写全名。"),
    "person.name_long": N_(
        "“%(label)s”最多 %(longest)s 字，现有 %(length)s 字。请照证件填写，去掉姓名以外的内容。"
    ),
    "person.sex_is_male": N_("“%(label)s”填的是女，按证件号码应为男。请核对证件号码和性别，改正不对的一项。"),
    "person.sex_is_female": N_(
        "“%(label)s”填的是男，按证件号码应为女。请核对证件号码和性别，改正不对的一项。"
    ),
    "person.born_differs": N_(
        "“%(label)s”填的是 %(value)s，按证件号码应为 %(said)s。请核对证件号码和出生日期，改正不对的一项。"
    ),
    "person.under_age": N_(
        "出生日期是 %(value)s，还不满 %(youngest)s 周岁，不能参保。请核对证件号码、出生日期和参保日期。"
    ),
    "person.over_age": N_(
        "到参保日期已满 %(age)s 周岁，到了退休年龄。确要参保请填写“%(label)s”，如退休返聘；填错了请核对证件号码。"
    ),
    "person.work_before_birth": N_("“%(label)s”填的是 %(value)s，不晚于出生日期。请核对这两个日期。"),
    "person.work_after_cover": N_("“%(label)s”填的是 %(value)s，晚于参保日期。请核对这两个日期。"),
    "person.cover_late": N_(
        "“%(label)s”填的是 %(value)s，太晚了：今天办理%(insurances)s，最晚从 %(latest)s 起参保。请改早，或到时再办。"
    ),
    "person.wage_too_small": N_("“%(label)s”填的是 %(wage)s 元，不到 1 元。请填一个月的工资。"),
    "person.wage_too_large": N_(
        "“%(label)s”填的是 %(wage)s 元，太大了，每月最多 9,999,999.99 元。请核对是否多打了几位。"
    ),
    "person.left_late": N_(
        "“%(label)s”填的是 %(value)s，太早来办了：现在最晚可填 %(latest)s。请核对日期，或临近离职再办。"
    ),
    "person.death_ahead": N_(
        "减少原因是死亡，“%(label)s”却填了还没到的 %(value)s。请填死亡日期，或改选减少原因。"
    ),
    "person.last_month_early": N_(
        "“%(label)s”填的是 %(value)s，而离职日期是 %(left)s，中间缺了月份。请填离职当月或上一个月，或核对离职日期。"
    ),
    "person.last_month_late": N_(
        "“%(label)s”填的是 %(value)s，晚于离职的月份（离职日期 %(left)s）。请填离职当月或上一个月，或核对离职日期。"
    ),
    "person.note_missing": N_("减少原因选了“其他”，“%(label)s”还没有填。请写明是什么原因。"),
    "person.whom": N_("还不知道变更的是谁。请填写个人编号或现登记的证件号码。"),
    "person.nothing_new": N_("没有填写任何变更后的内容。请在要变更的项目里填写新的内容。"),
    "person.kind_and_number": N_("新证件的类型和号码要一起填，“%(label)s”还没有填。请补填这一项。"),
    "person.name_differs": N_(
        "这个证件号码在社保局登记的姓名与填写的不一致，没有保存。请核对姓名和号码；都没有错，请本人到社保局更正。"
    ),
    "person.already_here": N_(
        "该人员已在本单位参保（%(insurances)s），不用再办。请去掉这些险种，或核对是不是同一个人。"
    ),
    "person.insured_elsewhere": N_(
        "该人员的%(insurances)s正在其他单位参保，不能重复参保。请等原单位办完减少再办。"
    ),
    "person.not_here": N_("本单位没有这位在保人员。请核对证件号码或个人编号。"),
    "person.other_name": N_("这个号码在本单位是“%(name)s”，与填写的姓名不同。请核对是不是同一个人。"),
    "person.not_insured": N_("此人在本单位没有参加%(insurances)s，不用减少。请去掉这些险种。"),
    "person.last_before_first": N_("最后缴费月份早于参保的第一个月 %(month)s。请核对月份。"),
    "person.nothing_changed": N_("填写的内容与登记的一样，没有可以变更的。请核对后只填要改的项目。"),
    "person.number_taken": N_("新证件号码已登记在另一个人名下，不能变更。请核对号码，或联系社保局。"),
    # 项目和单位
    "project.price_zero": N_("“合同总造价”是 0，算不出应缴额。请填合同上写的总造价，单位是元。"),
    "project.price_same": N_(
        "新的合同总造价和现在登记的 %(contract)s 元一样，没有变更。请填变更后的总造价，不是增加的金额。"
    ),
    "project.ends_before_starts": N_("“竣工日期”应在开工日期 %(starts_on)s 之后。请照合同核对这两个日期。"),
    "project.already_over": N_(
        "“竣工日期”%(ends_on)s 已经过去，不能再参保。请核对日期；工程没有完工的，请填新的竣工日期。"
    ),
    "project.labour_percent": N_(
        "“人工费占比”应填 1 到 100 之间的百分数，最多一位小数，如 25 或 12.5，不是“%(value)s”。"
    ),
    "project.labour_missing": N_(
        "本地区按人工费计算应缴额，“人工费占比”还没有填。请照合同或预算填写，如 25。"
    ),
    "project.place": N_(
        "“项目地点”应填旗县区的 6 位行政区划代码，如 150102，不是“%(value)s”。请核对后再填。"
    ),
    "project.place_elsewhere": N_(
        "项目地点 %(value)s 不在本地区，不能在这里参保。工程应在所在地参保，请核对代码，或到当地社保局办理。"
    ),
    "project.extension_not_later": N_(
        "“延期至”应晚于现在的到期日 %(ends_on)s。请核对日期；提前完工的请办“竣工”。"
    ),
    "project.extension_past": N_("“延期至”填的日期已经过去，不能延期到那一天。请填今天或以后的日期。"),
    "project.extension_late": N_(
        "项目 %(ends_on)s 到期，延期应提前 %(days)s 天申请，现在已经晚了。请在“延期原因”里写明为什么晚办，再提交。"
    ),
    "project.completed_before_start": N_("“实际竣工日期”早于开工日期 %(starts_on)s。请核对后再填。"),
    "project.completed_in_future": N_("“实际竣工日期”还没有到。请在完工以后再办竣工，或核对日期。"),
    "roster.closed": N_(
        "项目参保到 %(ends_on)s 为止，已经结束，花名册不能再改。工程没有完工的，请先办“延期”。"
    ),
    "roster.before_start": N_("“进场日期”早于项目开工日期 %(starts_on)s，那时还没有参保。请核对后再填。"),
    "roster.after_end": N_(
        "“进场日期”晚于项目到期日 %(ends_on)s，那时已经不在参保期内。请核对日期，或先办“延期”。"
    ),
    "roster.out_before_in": N_("“退场日期”早于进场日期 %(in_on)s。请核对这两个日期。"),
    "roster.out_after_end": N_("“退场日期”晚于项目到期日 %(ends_on)s。请核对日期；还没有退场的可以不填。"),
    "roster.too_young": N_("这个人进场时不满 %(age)s 周岁，不能用工。请核对证件号码和进场日期。"),
    "unit.name_characters": N_(
        "单位名称“%(value)s”里有认不出的字，如 ? 或 □。请照营业执照或登记证书重新填写。"
    ),
    "unit.name_incomplete": N_("单位名称“%(value)s”不完整。请照营业执照或登记证书填写全称。"),
    "unit.bank_account": N_("“银行账号”应是 8 到 30 位数字，不带字母和汉字。请照开户资料核对后再填。"),
    "unit.bank_scientific": N_(
        "“银行账号”被表格软件改成了科学记数法，后面的数字已经丢失。请照开户资料重新填写全部数字。"
    ),
    "unit.bank_name_missing": N_("填了银行账号，还没有填开户银行。请补上开户银行，写到支行。"),
    "unit.bank_account_missing": N_(
        "填了开户银行，还没有填银行账号。请补上账号；不登记银行账户的请两项都不填。"
    ),
    "unit.nobody": N_("“职工人数”是 0，没有人可以参保。请填现有的职工人数。"),
    "unit.username": N_(
        "“希望的用户名”不能用“%(value)s”：要 3 到 60 个字母、数字、下划线、点或短横。请换一个，或不填。"
    ),
    # 审核
    "review.taken": N_("另一位审核员正在办理这件业务。请返回列表办下一件。"),
    "review.no_longer": N_("“%(name)s”的参保情况在提交后有变化，现在不能通过。请退回单位核对。"),
    "review.no_reason": N_("退回要写意见，单位才知道怎么改。"),
    "review.reason_too_long": N_("意见最多 %(limit)s 字，请缩短。"),
    "review.unknown_row": N_("名单中没有序号 %(seq)s。请刷新后重试。"),
    "review.decided": N_("这件业务已经是“%(state)s”，不能再审。请返回列表。"),
    # 列对应
    "columns.role_twice": N_(
        "%(columns)s都选了“%(label)s”，只能有一列是，所以还没有检查文件。请把不是的那一列改成“不用”。"
    ),
    # 上传
    "upload.empty": N_("没有选择文件，或文件是空的。请选择文件后再上传。"),
    "upload.too_large": N_("文件有 %(size)s，超过上限 %(limit)s。请分开或压缩后上传。"),
    "upload.broken": N_("文件没有传完，网络在中途断了。系统中的数据没有改动，请返回上一页再传一次。"),
    "upload.has_refused": N_("还有 %(count)s 行被拒绝，文件没有写入。请先改好，或勾选“本行不导入”。"),
    "upload.not_checked": N_("这个文件现在不能这样处理，可能已在别处写入、放弃或正在检查。请刷新本页再看。"),
    "upload.not_applied": N_("这个文件没有写入，或已经撤销，没有可以撤销的内容。请刷新本页再看。"),
    "upload.cleared_differs": N_(
        "替换会清空 %(expected)s 人已录入的工资，您勾选确认的是 %(count)s 人，文件没有写入。"
        "请看这些人的名单，勾选“我看过”再点写入；不想清空就选“合并”。"
    ),
    "upload.rows_changed": N_(
        "检查之后有 %(count)s 人的工资又被修改，文件没有写入。已按新数据重新检查，请再看一遍。"
    ),
    "line.unknown_person": N_(
        "本次申报名单中没有这个人，本行写不进去。新来的人请先办人员新增，再刷新名单；不申报的请勾选“本行不导入”。"
    ),
    "line.ambiguous_person": N_("只凭姓名“%(name)s”认不准是谁。请在名单中选对应的人，或勾选“本行不导入”。"),
    "line.duplicate": N_(
        "与第 %(first)s 行是同一个人，只能写入一行。请留下对的一行，另一行勾选“本行不导入”。"
    ),
    "line.name_differs": N_("这个编号在系统中是“%(name)s”，与文件中的姓名不同，可能整行错位。请选对应的人。"),
    "line.id_differs": N_("证件号码与系统中的不同，按编号和姓名找到本人。可以写入，请核对是不是同一个人。"),
    "line.old_wage_changed": N_(
        "现工资是空的，原工资又与系统中的 %(old)s 不同，可能把新工资填到了原工资一列。是的话请点“用建议”。"
    ),
    "line.old_wage_differs": N_(
        "文件中的原工资与系统中的 %(old)s 不同。原工资不导入，只写入现工资，请核对。"
    ),
    "line.found_by_id": N_("个人编号在名单中找不到，按证件号码找到“%(name)s”。可以写入，请核对。"),
    "line.found_by_name": N_(
        "个人编号在名单中找不到，按姓名找到“%(name)s”，名单中只有一位。可以写入，请核对。"
    ),
    "line.cells": N_(
        "本行的格数和表头不一样多，各列可能错位。这一行是：%(value)s。请在“改为”里填现工资，或勾选“本行不导入”。"
    ),
    "head.other_unit": N_("这是单位 %(value)s 的文件，本单位编号是 %(expected)s。请用本单位下载的文件。"),
    "head.other_year": N_("这是 %(value)s 年度的文件，现在申报的是 %(expected)s 年度。请重新下载。"),
    "head.other_basis": N_("文件的工资口径（%(basis)s）与本地区不同。请重新下载。"),
    "head.other_insurances": N_("文件的险种（%(insurances)s）与本次申报不同。请重新下载。"),
    "file.empty": N_("文件里什么也没有。请打开看看，填好保存后再上传；还没有名单的话请先下载模板。"),
    "file.too_large": N_("文件有 %(size)s，超过上限 %(limit)s，没有读取。请只留名单，或分成几个文件上传。"),
    "file.is_rar": N_("这是 rar 压缩包，系统打不开。请解压后直接上传里面的表格或 txt；要压缩请用 zip。"),
    "file.is_7z": N_("这是 7z 压缩包，系统打不开。请解压后直接上传里面的表格或 txt；要压缩请用 zip。"),
    "file.is_archive": N_("这是 zip 以外的压缩包，系统打不开。请解压后直接上传里面的表格或 txt。"),
    "file.is_pdf": N_("这是 PDF 文件，读不出名单。请上传做 PDF 用的表格，如 xlsx、xls、csv 或 txt。"),
    "file.is_image": N_("这是图片，读不出名单。请上传表格文件，如 xlsx、xls、csv 或 txt。"),
    "file.is_word": N_(
        "这是文档或演示文稿，不是表格。请把名单复制到 Excel 或 WPS 表格里，保存为 xlsx 再上传。"
    ),
    "file.is_xlsb": N_("这是 xlsb 格式的表格，系统读不了。请用 Excel 或 WPS 打开，另存为 xlsx 再上传。"),
    "file.is_web_page": N_(
        "这其实是网页文件，有些工资软件导出的 xls 就是这样。请用 Excel 或 WPS 打开，另存为 xlsx 再上传。"
    ),
    "file.no_list": N_("文件里只有一列文字，没有找到名单。请上传有编号、姓名和工资几列的表格。"),
    "file.tabs_lost": N_(
        "第 %(line)s 行的几个表头挤在一起，分不出各列，可能是列之间的制表符变成了空格。请上传 xlsx 表格，或重新下载模板填写。"
    ),
    "file.quote_open": N_(
        "第 %(line)s 行的双引号没有成对，从这一行起分不出各列。请打开文件，删去或补上引号再上传。"
    ),
    "file.encoding": N_(
        "文件的内容不是文字，读不出来。请用 Excel、WPS 或记事本打开，另存为 xlsx 或 txt 再上传。"
    ),
    "file.bad_character": N_(
        "第 %(line)s 行有认不出的字，文件可能在传送或保存时损坏。请打开看这一行，改好后另存为 xlsx 或 txt 再上传。"
    ),
    "file.encrypted": N_("压缩包设了密码，打不开。请去掉密码重新压缩，或直接上传里面的文件。"),
    "file.encrypted_workbook": N_("表格设了密码，打不开。请在 Excel 或 WPS 里去掉密码，保存后再上传。"),
    "file.zip_many": N_(
        "压缩包里有 %(count)s 个文件可能是名单（%(names)s），不知道用哪一个。请只留一个，或直接上传它。"
    ),
    "file.zip_nothing": N_(
        "压缩包里没有表格或 txt。请把名单（xlsx、xls、ods、csv 或 txt）放进去，或直接上传名单。"
    ),
    "file.zip_path": N_("压缩包里的文件位置不正常（%(name)s），没有读取。请重新压缩，或直接上传里面的文件。"),
    "file.zip_symlink": N_("压缩包里是快捷方式（%(name)s），不是文件本身。请压缩文件本身，或直接上传它。"),
    "file.zip_bomb": N_("压缩包展开后异常大，已停止读取。请只压缩名单文件，或直接上传它。"),
    "file.zip_damaged": N_("压缩包已损坏，打不开。请重新压缩再上传，或直接上传里面的文件。"),
    "file.zip_nested": N_("压缩包里又是压缩包（%(name)s）。请解开里面的一层，直接上传名单文件。"),
    "file.zip_method": N_(
        "压缩包用了少见的压缩方式，打不开。请用电脑自带的“压缩为 zip”重做，或直接上传里面的文件。"
    ),
    "file.workbook_damaged": N_("表格文件已损坏，打不开。请用 Excel 或 WPS 打开，另存为 xlsx 后再上传。"),
    "file.head_damaged": N_(
        "第 %(line)s 行（#GZSB 开头）被改动过，读不懂：%(value)s。这一行记着单位和年度，请改回原样，或重新下载模板填写。"
    ),
    "file.version": N_(
        "第 %(line)s 行写着文件版本 %(value)s，系统现在用版本 %(expected)s。请重新下载模板填写。"
    ),
    "file.far_cell": N_(
        "第 %(line)s 行 %(column)s 列有内容，离名单太远，表格因此大得读不了。请删去名单以外的行和列，保存后再上传。"
    ),
    "file.too_many_lines": N_(
        "文件有 %(lines)s 行，超过上限 %(limit)s 行，没有读取。请删去名单以外的行，或分成几个文件上传。"
    ),
    "file.too_many_cells": N_(
        "文件有 %(cells)s 格，超过上限 %(most)s 格，没有读取。请只留编号、姓名、证件号码和工资几列再上传。"
    ),
    "file.no_people": N_("表头下面没有人员，没有可以导入的内容。请填好名单再上传。"),
    # 列对应
    "columns.no_headings": N_(
        "没有找到表头，也就是写着编号、姓名、工资的那一行。请看下面的前几行，选出每一列是什么。"
    ),
    "columns.no_wage": N_("还不知道哪一列是要申报的工资。请在那一列上面选“现工资”。"),
    "columns.no_person": N_("还不知道按哪一列找人。请选出个人编号、姓名、证件号码中的至少一列。"),
    "columns.twice": N_("有一列选了两种用途，没有保存。请给每一列只选一种，其余选“不用”。"),
    "columns.many_wages": N_("有几列都可能是要申报的工资，系统不替您猜。请在要用的那一列上面选“现工资”。"),
    "columns.weak_wage": N_("表头没有写明是要申报的工资，系统选了最像的一列。请核对，不对就换一列。"),
    "columns.other_basis": N_(
        "表头或标题写的单位（如月工资、万元）与本次申报不同。请核对工资是哪一列、单位是什么。"
    ),
    "columns.many_sheets": N_("文件里有几张工作表都像名单。请选出要用的一张，再核对各列。"),
    "columns.same_heading": N_("有两列的表头意思一样，系统不替您猜。请选出要用的那一列，另一列选“不用”。"),
    "print.no_statement": N_("还没有保存说明信息。请先填写并保存，再打印。"),
}


def sentence(refusal: Refusal) -> str:
    """The sentence for a refusal, in the current language."""
    return say(refusal.code, refusal.params)


def say(code: str, params: Mapping[str, Any]) -> str:
    """The sentence for a code and its values, as jobs and files keep them."""
    if code == "login.wrong" and "left" in params:
        code = "login.wrong_left"
    return _(SENTENCES[code]) % {
        name: _shown(name, value) for name, value in _with_words(code, params).items()
    }


def _with_words(code: str, params: Mapping[str, Any]) -> dict[str, Any]:
    words = dict(params)
    if "state" in params:
        state = str(params["state"])
        # Of a declaration itself, "failed" is its start; a filing's failure leaves its declaration open.
        is_start = code == "declaration.not_open" and state == "failed"
        word = filing_word if code.startswith(("filing.", "review.")) else state_word
        words["state"] = word("start_failed" if is_start else state)
    if "right" in params:
        words["right"] = right_word(params["right"])
    if "fen" in params:
        words["wage"] = yuan(params["fen"]) if params["fen"] is not None else _("空")
    if "value" in params and params["value"] in ("annual", "monthly"):
        words["basis"] = basis_word(params["value"])
    if "insurances" not in params and isinstance(params.get("value"), str):
        words["insurances"] = insurance_words(params["value"].split())
    return words


def _shown(name: str, value: Any) -> str:
    if name == "label":
        return _(str(value))
    if name in ("size", "limit") and isinstance(value, int) and value >= 2**20:
        return f"{value / 2**20:.0f} MB"
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        return insurance_words(value)
    return str(value)
