"""The forms of the desk: organisations, units and members, and one form for each step with consequences."""

from django import forms
from django.contrib.admin.widgets import AdminDateWidget
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.choices import EndReason, Origin
from gridparty.lib.dates import today
from gridparty.lib.masking import mask_phone
from grids.choices import AreaKind
from grids.models import Area
from members.choices import ON_ROLL, OrganisationKind, SeatTitle
from members.models import Member, MemberClass, MemberMove, PartyOrganisation, Seat, Unit, Zone
from members.queries import classes_at, full_name, organisations_called, scheme_in_force
from people.forms import CheckedByAction, StepForm, day_field, found_by_typing
from people.models import Person


def _phone() -> forms.RegexField:
    return forms.RegexField(
        r"^[0-9+\- ]{3,20}$",
        label=_("联系电话"),
        required=False,
        error_messages={"invalid": _("电话只能有数字、空格和短横线，如 0531-88880000。")},
    )


class _PlacedForm(CheckedByAction):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if "area" in self.fields:  # its label names the community
            self.fields["area"].queryset = self.fields["area"].queryset.select_related("community")


class PartyOrganisationForm(_PlacedForm):
    full_name = forms.CharField(label=_("全称"), max_length=120, required=False, help_text=_("不填与简称相同。"))

    class Meta:
        model = PartyOrganisation
        fields = ("kind", "name", "full_name", "area", "parent", "unit", "founded_on", "term_years", "elected_on")


class UnitForm(_PlacedForm):
    """A phone on record is shown masked and kept unless a new one is typed."""

    contact_phone = _phone()

    class Meta:
        model = Unit
        fields = ("name", "kind", "area", "credit_code", "address", "head", "contact_name", "contact_phone", "staff_count")
        fields += ("offers", "needs")
        widgets = {name: forms.Textarea({"rows": 5, "cols": 60}) for name in ("offers", "needs")}
        help_texts = {
            "offers": _("每行一项，如会议室（50人）、停车位10个。"),
            "needs": _("每行一项，如暑期托管、政策咨询。"),
        }

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.kept_phone = self.instance.contact_phone
        self.initial["contact_phone"] = ""
        if self.kept_phone and "contact_phone" in self.fields:
            masked = {"masked": mask_phone(self.kept_phone)}
            self.fields["contact_phone"].help_text = _("现为 %(masked)s，不改请留空。") % masked

    def clean_contact_phone(self) -> str:
        return self.cleaned_data["contact_phone"].replace(" ", "") or self.kept_phone


def _class_name(one: MemberClass) -> str:
    return f"{one.scheme.name}：{one.name}"


class MemberForm(CheckedByAction):
    """Enrol somebody on record (`person`) or as typed, or correct what the membership itself says.

    The person is corrected on their own page.
    """

    person: Person | None = None
    name = forms.CharField(label=_("姓名"), max_length=60)
    id_number = forms.CharField(label=_("证件号码"), max_length=30, help_text=_("性别和出生日期由号码得出。"))
    phone_number = _phone()

    class Meta:
        model = Member
        fields = ("organisation", "member_class", "standing", "joined_on", "full_on", "employer", "mode")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if self.person is not None:
            self.instance.person = self.person
        if "member_class" in self.fields:
            self.fields["member_class"].queryset = classes_at(None)
            self.fields["member_class"].label_from_instance = _class_name

    def clean_phone_number(self) -> str:
        return self.cleaned_data["phone_number"].replace(" ", "")

    def clean(self):
        data = super().clean()
        organisation, chosen = data.get("organisation"), data.get("member_class")
        scheme = scheme_in_force(organisation.area) if organisation and chosen else None
        if scheme and chosen.scheme_id != scheme.pk:
            words = {"name": organisation.name, "scheme": scheme.name}
            raise forms.ValidationError(gettext("“%(name)s”采用“%(scheme)s”，请选择其中的类别。") % words)
        return data


# --- Steps of an organisation


class FillSeatForm(StepForm):
    title = forms.ChoiceField(label=_("职务"))
    member = found_by_typing(MemberMove, "member", _("本组织党员"), Member.objects.none(), required=False)
    person = found_by_typing(Seat, "person", _("其他在册人员"), Person.objects.none(), required=False)
    origin = forms.ChoiceField(label=_("产生方式"), choices=Origin.choices, initial=Origin.ELECTED)
    unit = found_by_typing(Seat, "unit", _("兼职人员所在单位"), Unit.objects.none(), required=False)
    starts_on = day_field(_("任期自"))
    ends_on = forms.DateField(label=_("任期至"), required=False, widget=AdminDateWidget)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        leader = {SeatTitle.GROUP_LEADER}
        titles = leader if self.row.kind == OrganisationKind.GROUP else set(SeatTitle) - leader
        self.fields["title"].choices = [(one.value, one.label) for one in SeatTitle if one in titles]
        self.fields["ends_on"].help_text = _("默认至应换届日期，不填为不定期。")
        election = self.row.next_election_on
        self.initial.setdefault("ends_on", election if election and election > today() else None)
        within = Member.objects.visible_to(self.user).filter(organisation__path__startswith=self.row.path, state__in=ON_ROLL)
        self.fields["member"].queryset = within.select_related("person", "organisation__community")
        self.fields["member"].label_from_instance = in_words
        self.fields["member"].help_text = _("按姓名、拼音首字母或电话后四位查找，本组织及下级的党员。")
        self.fields["person"].queryset = Person.objects.visible_to(self.user).current()
        self.fields["person"].label_from_instance = lambda person: person.name
        self.fields["person"].help_text = _("非本组织党员的任职人，如上级选派，二者填一。")
        self.fields["unit"].queryset = Unit.objects.visible_to(self.user)
        self.fields["unit"].help_text = _("驻区单位负责人兼任的（兼职委员）填写。")

    def clean(self):
        data = super().clean()
        if not self.errors and bool(data.get("member")) == bool(data.get("person")):
            raise forms.ValidationError(gettext("请选择任职人：本组织党员或其他在册人员，二者填一。"))
        return data


def in_words(member: Member) -> str:
    """Enough to tell a member from their namesakes in a choice."""
    return f"{member.name}（{full_name(member.organisation)}）"


class EmptySeatForm(StepForm):
    seat = forms.ModelChoiceField(Seat.objects.none(), label=_("离任人员"))
    reason = forms.ChoiceField(label=_("原因"))
    on = day_field(_("离任日期"))

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["reason"].choices = [(one.value, one.label) for one in EndReason if one is not EndReason.AREA_CLOSED]
        self.initial.setdefault("reason", EndReason.SEAT_EMPTIED)
        seats = Seat.objects.visible_to(self.user).named().filter(organisation=self.row, ended_on=None)
        self.fields["seat"].queryset = seats.order_by("pk")
        self.fields["seat"].label_from_instance = lambda seat: f"{seat.get_title_display()} {seat.held_by}"


class ZonesForm(StepForm):
    buildings = forms.ModelMultipleChoiceField(
        Area.objects.none(), label=_("责任楼栋"), required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        buildings = Area.objects.visible_to(self.user).open()
        buildings = buildings.filter(community=self.row.community_id, kind=AreaKind.BUILDING)
        self.fields["buildings"].queryset = buildings.select_related("parent").order_by("code")
        zones = Zone.objects.visible_to(self.user).filter(building__community=self.row.community_id)
        self.others = {zone.building_id: zone.organisation.name for zone in zones.select_related("organisation")}
        own = [zone.building_id for zone in zones if zone.organisation_id == self.row.pk]
        self.others = {key: name for key, name in self.others.items() if key not in own}
        self.initial.setdefault("buildings", own)
        self.fields["buildings"].label_from_instance = self._building

    def _building(self, building: Area) -> str:
        place = f"{building.parent.name} / {building.name}"
        other = self.others.get(building.pk)
        return gettext("%(place)s（已由“%(name)s”负责）") % {"place": place, "name": other} if other else place


class CloseForm(StepForm):
    on = day_field(_("撤销日期"))


# --- Steps of a membership


class DayForm(StepForm):
    on = day_field(_("日期"))


class NotedForm(DayForm):
    note = forms.CharField(label=_("说明"), max_length=200, required=False)


class ReasonForm(DayForm):
    note = forms.CharField(label=_("原因"), max_length=200)


class GroundsForm(DayForm):
    note = forms.CharField(label=_("依据"), max_length=200, help_text=_("决定文号和事由，如退党、除名、开除。"))


class ReclassForm(NotedForm):
    member_class = forms.ModelChoiceField(MemberClass.objects.none(), label=_("调整为"))
    field_order = ("member_class", "on", "note")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["member_class"].queryset = classes_at(self.row.organisation.area).exclude(pk=self.row.member_class_id)
        self.fields["member_class"].label_from_instance = _class_name


class SendForm(NotedForm):
    """The receiving organisation is chosen where it can be seen, else typed by its full name; if it is on record, it is asked."""

    to = found_by_typing(MemberMove, "to_organisation", _("转入党组织"), PartyOrganisation.objects.none(), required=False)
    elsewhere = forms.CharField(label=_("或填写全称"), max_length=120, required=False)
    field_order = ("to", "elsewhere", "on", "note")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        seen = PartyOrganisation.objects.visible_to(self.user).open()
        self.fields["to"].queryset = seen.select_related("community")
        self.fields["to"].label_from_instance = full_name
        self.fields["elsewhere"].help_text = _("不在您管理范围内的党组织填写全称：本系统内的由对方办理回执，区外的由您登记回执。")

    def clean(self):
        data = super().clean()
        called = organisations_called(data.get("elsewhere") or "")
        if len(called) > 1:
            raise forms.ValidationError(gettext("有多个党组织用这一全称，请向对方核对后再填。"))
        if called and not data.get("to"):
            data |= {"to": called[0], "elsewhere": ""}
        return data


class RecallForm(StepForm):
    note = forms.CharField(label=_("说明"), max_length=200, required=False)
