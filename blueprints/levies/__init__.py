"""征缴管理: 缴费申报, 缴费通知单, 缴费申报查询, 工资申报业务查询, 人员缴费基数查询."""

from flask import Blueprint

levies = Blueprint("levies", __name__, url_prefix="/levies")

from blueprints.levies import bases, bills, declare, filings, notices, why  # noqa: E402, F401
