"""Default data: what agreements begin as. Examples to adapt (FIELD.md §6)."""

from gridparty.lib.registry import defaults
from liaison.models import AgreementTemplate

_PAIRED = """甲方：{甲方}
乙方：{乙方}
为推进区域党建互联互动、资源共享、共驻共建，甲乙双方自愿结对，经协商一致，订立本协议。协议期自{开始}起，至{结束}止。
一、双方主要负责人亲自抓共建工作，每年共同制定共建计划，各确定一名联络员，负责日常联系。
二、建立联席会议制度，定期分析社区党建和治理情况，共同商议解决居民关心的问题。
三、双方相互开放活动场所和设施，在智力、人才、物质等方面互相支持。
四、开展“五个一”活动：组建一支志愿服务队，结对帮扶一户困难家庭，每年为社区发展出一个好点子，办一件实事，参加一次社区活动。
五、共同探索共建的新路子，及时总结推广好的做法。
六、每次共建活动都有记录，每季度书面汇报一次共建情况。
七、本协议一式两份，双方各执一份，经双方负责人签字盖章后生效。未尽事宜由双方协商解决。"""
_PAIRED_OURS = """1. 主要负责人亲自抓，牵头制定年度共建计划，确定联络员。
2. 每季度召集一次联席会，通报社区情况，提出需求清单。
3. 向乙方党员、职工开放社区活动阵地，提供社区服务。
4. 为乙方在职党员到社区报到、认领服务岗位提供便利，如实反馈表现。
5. 每次活动做好记录，每季度向乙方和上级党组织书面汇报共建情况。"""
_PAIRED_THEIRS = """1. 主要负责人亲自抓，参与制定年度共建计划，确定联络员。
2. 按时参加联席会，提供资源清单，共同分析解决问题。
3. 发挥人才、技术优势，为社区提供智力和物质支持，开放会议室、场地等设施。
4. 落实“五个一”：组建一支志愿队，结对一户困难家庭，出一个好点子，办一件实事，参加一次活动。
5. 每季度向甲方书面反馈共建事项完成情况。"""

_SHARED = """甲方：{甲方}
乙方：{乙方}
经协商，双方自{开始}起至{结束}止开展共驻共建，约定如下：
一、双方各定一名联络员，共建事项逐项列明责任人和完成期限。
二、乙方根据自身情况列出资源清单，甲方根据居民需要列出需求清单，双方据此确定服务项目清单。
三、每项共建事项完成后留存记录和照片，每季度书面通报一次完成情况。
四、本协议一式两份，经双方签字盖章后生效。"""
_SHARED_OURS = """1. 列出需求清单，组织居民参与。
2. 协助乙方开展服务，做好场地、人员保障。
3. 逐项核实共建事项，每季度书面通报。"""
_SHARED_THEIRS = """1. 列出资源清单，落实服务项目和责任人。
2. 按期完成共建事项，及时报告完成情况。"""

TEMPLATES = {
    "结对共建协议书（示例）": ("结对共建协议书", _PAIRED, _PAIRED_OURS, _PAIRED_THEIRS),
    "共驻共建协议书（简式，示例）": ("共驻共建协议书", _SHARED, _SHARED_OURS, _SHARED_THEIRS),
}


@defaults
def agreement_templates() -> None:
    known = set(AgreementTemplate.objects.values_list("name", flat=True))
    names = ("title", "clauses", "our_duties", "their_duties")
    AgreementTemplate.objects.bulk_create(
        AgreementTemplate(name=name, position=at, **dict(zip(names, texts, strict=True)))
        for at, (name, texts) in enumerate(TEMPLATES.items())
        if name not in known
    )
