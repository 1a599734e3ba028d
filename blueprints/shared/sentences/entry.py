"""Sentences about who may enter, and what an operator may do."""

from __future__ import annotations

from rules.fields import N_

SENTENCES = {
    "login.wrong": N_("用户名或密码不正确。请核对大小写后重新输入。"),
    "login.closed": N_("这个账户已经停用。请联系本单位的管理员。"),
    "right.lacking": N_("您的账户没有“%(right)s”的权限。请联系本单位的管理员。"),
    "login.wrong_left": N_("用户名或密码不正确，还可再试 %(left)s 次。"),
    "login.locked": N_(
        "连续 5 次输入不正确，账户已锁定。请 %(minutes)s 分钟后再试；忘记密码请联系社保局重置。"
    ),
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
    "ca.not_open": N_("这里还没有开通 CA 登录。请改用账户密码登录或营业执照登录。"),
    "ca.broken": N_("证书登录暂时不能用，不是您的操作问题。请改用其他登录方式，并告诉社保局。"),
    "ca.no_unit": N_("证书上的代码与社保登记的不一致，没有登录。"),
    "ca.no_operator": N_("%(unit)s 没有可以用这张证书登录的经办人。请联系本单位的管理员或社保局。"),
    "ca.other_account": N_("这张证书不能用于“%(name)s”的账户。请换用本单位的证书，或先退出再登录。"),
    "correction.no_note": N_("请写明核对结果，单位要据此办理。"),
    "correction.note_too_long": N_("核对结果最多 %(limit)s 字。请写得短一些。"),
    "correction.settled": N_("这张核对单已经办结，不用再办。"),
    "operator.no_right": N_("还没有勾选权限。请至少勾选一项。"),
    "operator.name_taken": N_("用户名“%(username)s”已经有人用了。请换一个，比如加上单位的简称。"),
    "operator.last_admin": N_("本单位只有这一位管理员，不能取消。请先把另一位操作员设为管理员。"),
    "operator.own_account": N_("不能停用自己正在用的账户。要停用，请让本单位的另一位管理员来办。"),
    "operator.own_password": N_("自己的密码请在“修改密码”页改，那里要先填原密码。"),
    "operator.not_offered": N_(
        "这张证书不能绑定：它已经绑定给别人，或没有在本单位登录过。请刷新本页，看现在可以绑定的证书。"
    ),
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
    "policy.no_region": N_("没有统筹区 %(value)s。请核对统筹区代码。"),
    "policy.unknown_factor": N_("没有“%(value)s”这种登录方式。请只用 ca、password、licence，中间空一格。"),
}
