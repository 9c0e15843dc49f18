"""The stock way to import members: a ModelResource of django-import-export on one flat table, foreign keys found by widgets."""

import json
import time
from pathlib import Path

import xlsxwriter
from django.db import connection, models
from import_export import fields, resources, widgets
from import_export.formats.base_formats import XLSX

from bench.rolls import members
from grids.models import Area
from members.models import MemberClass, PartyOrganisation


class FlatMember(models.Model):
    """A member as the stock way holds one: open text, four foreign keys, nothing logged."""

    number = models.CharField(max_length=18, unique=True)
    organisation = models.ForeignKey(PartyOrganisation, models.PROTECT, related_name="+")
    member_class = models.ForeignKey(MemberClass, models.PROTECT, related_name="+")
    community = models.ForeignKey(Area, models.PROTECT, related_name="+")
    grid = models.ForeignKey(Area, models.PROTECT, related_name="+")
    born = models.DateField()
    joined = models.DateField()
    full = models.DateField()
    staff = models.IntegerField()

    class Meta:
        app_label = "members"  # import_export asks for one that is installed
        db_table = "bench_flat_member"

    def __str__(self):
        return str(self.pk)


TEXTS = [f"text{n}" for n in range(1, 17)]
for text in TEXTS:
    FlatMember.add_to_class(text, models.CharField(max_length=100, blank=True))

KEYS = {
    "organisation": widgets.ForeignKeyWidget(PartyOrganisation, "full_name"),
    "member_class": widgets.ForeignKeyWidget(MemberClass),
    "community": widgets.ForeignKeyWidget(Area, "code"),
    "grid": widgets.ForeignKeyWidget(Area, "code"),
}


class MemberResource(resources.ModelResource):
    organisation = fields.Field("organisation", "organisation", KEYS["organisation"])
    member_class = fields.Field("member_class", "member_class", KEYS["member_class"])
    community = fields.Field("community", "community", KEYS["community"])
    grid = fields.Field("grid", "grid", KEYS["grid"])

    class Meta:
        model = FlatMember
        import_id_fields = ("number",)
        exclude = ("id",)


HEADINGS = ["number", *KEYS, "born", "joined", "full", "staff", *TEXTS]


def write(many: str, file: str) -> str:
    """The members of bench.rolls with the columns of this table, all of them clean and in the one spelling it can find."""
    branches = list(PartyOrganisation.objects.filter(kind="branch").select_related("area__community").order_by("pk"))
    classes = list(MemberClass.objects.filter(scheme__name="五类党员").values_list("pk", flat=True)[:2])
    with xlsxwriter.Workbook(file, {"constant_memory": True}) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, HEADINGS)
        for n, line in enumerate(members(int(many))):
            branch = branches[n % len(branches)]
            keys = [branch.full_name, classes[n % 2], branch.area.community.code, branch.area.code]
            texts = [line[1], line[2], line[5], line[6], line[7], *line[13:24]]
            sheet.write_row(n + 1, 0, [line[3], *keys, line[4], line[11], line[12], 20, *texts])
    return file


def stock(file: str) -> str:
    """Preview (dry run) and confirmation, each reading the file, as the admin does it; without its pages."""
    if FlatMember._meta.db_table not in connection.introspection.table_names():
        with connection.schema_editor() as editor:
            editor.create_model(FlatMember)
    queries = []

    def watch(execute, sql, params, many, context):
        queries.append(1)
        return execute(sql, params, many, context)

    started, cpu = time.perf_counter(), time.process_time()
    with connection.execute_wrapper(watch):
        for dry_run in (True, False):
            dataset = XLSX().create_dataset(Path(file).read_bytes())
            result = MemberResource().import_data(dataset, dry_run=dry_run)
            if result.has_errors() or result.has_validation_errors():
                raise SystemExit(str([error.error for row in result.rows for error in row.errors][:3]))
    cpu = time.process_time() - cpu
    return json.dumps(
        {"s": time.perf_counter() - started, "cpu": cpu, "queries": len(queries), "rows": FlatMember.objects.count()}
    )
