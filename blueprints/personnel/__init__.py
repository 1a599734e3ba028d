"""人员管理: 人员新增, 人员减少, 人员信息变更, 参保人员查询, 人员业务查询."""

from flask import Blueprint

personnel = Blueprint("personnel", __name__, url_prefix="/personnel")

from blueprints.personnel import (  # noqa: E402
    disclosure,  # noqa: F401
    people,  # noqa: F401
    views,  # noqa: F401
)
