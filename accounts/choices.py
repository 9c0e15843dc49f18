from django.db import models
from django.utils.translation import gettext_lazy as _


class Role(models.TextChoices):
    ALL_DISTRICTS_OFFICIAL = "all_districts_official", _("市级管理员")
    DISTRICT_OFFICIAL = "district_official", _("区级管理员")
    STREET_OFFICER = "street_officer", _("街道工作人员")
    COMMUNITY_SECRETARY = "community_secretary", _("社区书记")
    COMMUNITY_CLERK = "community_clerk", _("社区工作人员")
    LEADING_CADRE = "leading_cadre", _("包联领导")
    GRID_LEADER = "grid_leader", _("网格长")
    SENTIMENT_OFFICER = "sentiment_officer", _("民情信息员")
    SAFETY_OFFICER = "safety_officer", _("安全监督员")
    CITYSCAPE_OFFICER = "cityscape_officer", _("市容监督员")
    GROUP_LEADER = "group_leader", _("党小组长")
    RETIREE_LEADER = "retiree_leader", _("退管小组长")
    BUILDING_LEADER = "building_leader", _("楼栋长")
    SUPERVISOR = "supervisor", _("监督员")
    BRANCH_SECRETARY = "branch_secretary", _("支部书记")
    COMMITTEE_MEMBER = "committee_member", _("支部委员")
    MEMBER = "member", _("党员")
    SYSTEM_ADMIN = "system_admin", _("系统管理员")
    SECURITY_ADMIN = "security_admin", _("安全管理员")
    AUDIT_ADMIN = "audit_admin", _("审计管理员")


class Origin(models.TextChoices):
    """The way an appointment came about."""

    APPOINTED = "appointed", _("任命")
    ELECTED = "elected", _("选举")
    HIRED = "hired", _("聘用")
    VOLUNTEERED = "volunteered", _("自荐")


class Engagement(models.TextChoices):
    FULL_TIME = "full_time", _("专职")
    PART_TIME = "part_time", _("兼职")


class EndReason(models.TextChoices):
    TERM = "term", _("任期届满")
    REMOVED = "removed", _("免职")
    RESIGNED = "resigned", _("辞职")
    AREA_CLOSED = "area_closed", _("区域撤并")
    SEAT_EMPTIED = "seat_emptied", _("离任")
    CORRECTED = "corrected", _("更正")
