"""项目管理: 项目参保登记, 信息变更, 延期, 造价变更, 花名册, 竣工, 项目业务查询."""

from flask import Blueprint

projects = Blueprint("projects", __name__, url_prefix="/projects")

from blueprints.projects import roster, views  # noqa: E402, F401
