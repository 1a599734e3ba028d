"""工资申报: 开始, 录入, 下载/上传, 核对, 说明, 打印, 备份, 申报, 状态."""

from flask import Blueprint

wages = Blueprint("wages", __name__, url_prefix="/wages")
filings = Blueprint("filings", __name__, url_prefix="/filings")

from blueprints.wages import check, files, filing_views, finish, grid, start, statement  # noqa: E402, F401
