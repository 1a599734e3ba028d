"""工资申报: 开始, 录入, 下载/上传, 核对, 说明, 打印, 备份, 申报."""

from flask import Blueprint

wages = Blueprint("wages", __name__, url_prefix="/wages")

from blueprints.wages import (  # noqa: E402
    check,  # noqa: F401
    columns,  # noqa: F401
    difference,  # noqa: F401
    files,  # noqa: F401
    finish,  # noqa: F401
    grid,  # noqa: F401
    sign,  # noqa: F401
    start,  # noqa: F401
    statement,  # noqa: F401
    workshop,  # noqa: F401
)
