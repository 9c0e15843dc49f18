"""Default data: whom offices visit regularly, and what people are asked to help with. Examples to adapt."""

from gridparty.lib.registry import defaults
from people.models import CareClass, Skill

# Days between visits. The classes are those of the reports (S3: 关爱对象; S2: 困难群体), the intervals ours to begin with.
CARE_CLASSES = {
    "独居老人": 7,
    "高龄老人": 30,
    "残疾人": 30,
    "困难家庭": 30,
    "低保户": 30,
    "失业人员": 60,
    "重病患者": 15,
    "留守儿童": 15,
}
NOTES = {"高龄老人": "80 岁以上"}
SKILLS = [
    "理发",
    "水电维修",
    "家电维修",
    "法律咨询",
    "医疗护理",
    "文艺辅导",
    "书法美术",
    "计算机",
    "心理疏导",
    "家政",
]


@defaults
def care_classes() -> None:
    known = set(CareClass.objects.values_list("name", flat=True))
    CareClass.objects.bulk_create(
        CareClass(name=name, interval_days=days, note=NOTES.get(name, ""))
        for name, days in CARE_CLASSES.items()
        if name not in known
    )


@defaults
def skills() -> None:
    known = set(Skill.objects.values_list("name", flat=True))
    Skill.objects.bulk_create(Skill(name=name) for name in SKILLS if name not in known)
