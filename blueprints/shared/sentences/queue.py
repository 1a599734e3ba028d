"""What the queue says of what cannot be taken or decided."""

from __future__ import annotations

from rules.fields import N_

SENTENCES: dict[str, str] = {
    "review.taken": N_("%(name)s 正在办理这件业务，到 %(until)s 为止。请返回列表办下一件。"),
    "review.empty": N_("这些条件下没有可以办的业务了。请换一个条件，或看全部待审业务。"),
    "review.agreed_already": N_("您已经同意过这件业务，还要另外 %(left)s 人同意。请返回列表办下一件。"),
    "review.not_agreed": N_("您没有同意过这件业务，没有可以撤回的。请刷新后再看。"),
    "review.not_clean": N_("它不再符合批量通过的条件，没有通过。请打开单独审核。"),
    "review.none_chosen": N_("没有选中业务，没有通过任何一件。请先勾选再继续。"),
    "review.too_many": N_("一次最多批量通过 %(limit)s 件，没有通过任何一件。请少选一些。"),
    "review.no_name": N_("没有写名称，条件没有保存。请写一个自己认得的名称。"),
    "review.long_name": N_("名称最多 %(limit)s 个字，条件没有保存。请缩短。"),
    "review.many_views": N_("最多保存 %(limit)s 组条件，这一组没有保存。请先删掉不用的。"),
}
