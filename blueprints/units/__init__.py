"""单位管理: 单位信息查询, 信息变更, 参保登记, 单位业务查询."""

from flask import Blueprint

units = Blueprint("units", __name__, url_prefix="/units")

from blueprints.units import (  # noqa: E402
    joining,  # noqa: F401
    views,  # noqa: F401
)
