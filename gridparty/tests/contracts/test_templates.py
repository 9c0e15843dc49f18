"""What our pages are made of: no inline script or style, nothing loaded from outside, every Chinese word translatable."""

import re

import pytest
from django.template import Context, Template, engines
from django.urls import include, path, reverse

from gridparty.tests.contracts import product
from gridparty.tests.factories import FACTORIES

PAGES = [file for file in product.templates() if file.suffix == ".html"]
TEXTS = [file for file in product.templates() if file.suffix == ".txt"]
PRINTS = [file for file in product.templates() if file.suffix == ".typ"]
COMPONENTS = [file for file in PAGES if "components" in file.parts]
SHEETS = sorted(product.STYLES.rglob("*.css"))

# (template, text) → why it may stand outside translate. A stale allowance fails.
UNTRANSLATED: dict[tuple[str, str], str] = {}


def read(file) -> str:
    return file.read_text(encoding="utf-8")


def named(files):
    return pytest.mark.parametrize("file", files, ids=product.name_of)


# --- Inline script and style, things from outside

FORBIDDEN = {
    "a script with a body": re.compile(r"<script\b(?![^>]*\bsrc=)(?![^>]*\btype=[\"']application/json[\"'])", re.I),
    "a style element": re.compile(r"<style\b", re.I),
    "a style attribute": re.compile(r"<[^>{%]*\sstyle\s*=", re.I),
    "an event handler": re.compile(r"\son[a-z]+\s*=\s*[\"'{]", re.I),
    "a javascript address": re.compile(r"javascript:", re.I),
    "something from outside": re.compile(r"(?:src|href|action|data|srcset|poster)\s*=\s*[\"']?\s*(?:https?:)?//", re.I),
    "an import from outside": re.compile(r"@import|url\(\s*[\"']?\s*(?:https?:)?//", re.I),
    "text taken as HTML": re.compile(r"\|\s*safe\b|{%\s*autoescape\s+off|\|\s*safeseq\b"),
}


def offences(text: str) -> list[str]:
    bare = re.sub(r"{#.*?#}|{%\s*comment.*?endcomment\s*%}", "", text, flags=re.S)
    found = [what for what, pattern in FORBIDDEN.items() if pattern.search(bare)]
    # A tag may stand between: <p {% if x %}style="…"{% endif %}>.
    plain = re.sub(r"{%.*?%}|{{.*?}}", " ", bare, flags=re.S)
    return sorted({*found, *(what for what, pattern in FORBIDDEN.items() if pattern.search(plain))})


@named(PAGES + TEXTS)
def test_nothing_inline_and_nothing_from_outside(file):
    assert offences(read(file)) == []


@named(PRINTS)
def test_prints_load_nothing(file):
    assert not re.search(r'#?import\s+"@|https?://|read\(', read(file))


@named(SHEETS)
def test_styles_load_nothing(file):
    assert not re.search(r"@import|url\(\s*[\"']?\s*(?:https?:)?//", read(file))


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("<script>go()</script>", "a script with a body"),
        ('<script type="module">go()</script>', "a script with a body"),
        ("<style>p {}</style>", "a style element"),
        ('<p style="color: red">', "a style attribute"),
        ('<p {% if x %}style="color: red"{% endif %}>', "a style attribute"),
        ('<p class="{{ x }}" style="color: red">', "a style attribute"),
        ('<button onclick="go()">', "an event handler"),
        ("<img src=x onerror='go()'>", "an event handler"),
        ('<a href="javascript:go()">', "a javascript address"),
        ('<script src="https://cdn.example.com/x.js"></script>', "something from outside"),
        ('<link href="//cdn.example.com/x.css">', "something from outside"),
        ("{{ name|safe }}", "text taken as HTML"),
        ("{% autoescape off %}{{ name }}{% endautoescape %}", "text taken as HTML"),
    ],
)
def test_offences_are_found(text, what):
    assert what in offences(text)


@pytest.mark.parametrize(
    "text",
    [
        """<script src="{% static 'x.js' %}" defer></script>""",
        """<link rel="stylesheet" href="{% static 'css/gridparty.css' %}">""",
        '<a href="/">首页</a><a href="{{ url }}">x</a><p class="on top">one = 1</p>',
        '{% comment %}no style="" here{% endcomment %}',
        '{{ data|json_script:"places" }}',
    ],
)
def test_good_ones_are_not(text):
    assert offences(text) == []


# --- Words

CHINESE = re.compile(r"[\u3400-\u9fff]+")
TRANSLATED = re.compile(
    r"{%\s*blocktrans(?:late)?\b.*?{%\s*endblocktrans(?:late)?\s*%}"
    r"|{%\s*trans(?:late)?\s+(?:\"[^\"]*\"|'[^']*').*?%}"
    r"|{%\s*comment.*?{%\s*endcomment\s*%}|{#.*?#}"
    r"|_\((?:\"[^\"]*\"|'[^']*')\)"
    r"|\|\s*date:\"[^\"]*\"",  # a day as it is written in Chinese documents
    re.S,
)


def untranslated(text: str) -> list[str]:
    return CHINESE.findall(TRANSLATED.sub(" ", text))


@named(PAGES + TEXTS)
def test_chinese_words_stand_in_translate(file):
    words = [word for word in untranslated(read(file)) if (product.name_of(file), word) not in UNTRANSLATED]
    assert words == [], "put them into {% translate %} or {% blocktranslate %}"


def test_no_untranslated_word_is_allowed_in_vain():
    there = {(product.name_of(file), word) for file in PAGES + TEXTS for word in untranslated(read(file))}
    assert set(UNTRANSLATED) <= there


def test_untranslated_words_are_found():
    text = """{% comment %}甲{% endcomment %}{% translate "乙" %}{% blocktranslate with n=1 %}丙 {{ n }}{% endblocktranslate %}
    {{ day|date:"Y年n月j日" }}{# 丁 #}<p title="{% translate '戊' %}">己</p>{{ name|default:_("庚") }}{{ name|default:"辛" }}"""
    assert untranslated(text) == ["己", "辛"]


# --- Components

BOUND = re.compile(r"{%\s*for\s+([\w, ]+?)\s+in\b|{%\s*(?:url|translate|blocktranslate)\b[^%]*\bas\s+(\w+)|(\w+)=")
USED = re.compile(r"{{\s*([a-z_]\w*)|{%\s*(?:if|elif|for [\w, ]+ in|include)\s+(?:not\s+)?([a-z_]\w*)")
ALWAYS_THERE = {"request", "user", "messages", "forloop", "csrf_token", "perms", "block"}


def unnamed_variables(text: str) -> set[str]:
    """The variables a component takes and its opening comment does not name in backticks."""
    comment = re.match(r"{%\s*comment\s*%}(.*?){%\s*endcomment\s*%}", text, re.S)
    if not comment:
        return {"(no comment)"}
    body = text[comment.end() :]
    bound = {name.strip() for found in BOUND.findall(body) for part in found for name in part.split(",")}
    used = {name for found in USED.findall(body) for name in found if name}
    named = set(re.findall(r"`(\w+)", comment[1]))
    return used - bound - named - ALWAYS_THERE


@named(COMPONENTS)
def test_a_component_begins_by_naming_what_it_takes(file):
    assert unnamed_variables(read(file)) == set()


def test_unnamed_variables_are_found():
    assert unnamed_variables("<p>{{ row }}</p>") == {"(no comment)"}
    assert unnamed_variables("{% comment %}Shows `row`.{% endcomment %}{{ row.name }}{% if label %}{% endif %}") == {"label"}
    assert unnamed_variables("{% comment %}`rows`{% endcomment %}{% for one in rows %}{{ one }}{% endfor %}") == set()


# --- Templates compile, and none is left over


@named(PAGES + TEXTS)
def test_it_compiles(file):
    engines["django"].get_template(file.relative_to(product.TEMPLATES).as_posix())


def test_components_render_with_nothing(db):
    """A component without its variables shows little and breaks nothing."""
    for file in COMPONENTS:
        Template(read(file)).render(Context({}))


# --- What the browser gets

POLICY = re.compile(r"(^|; )default-src '(self|none)'(;|$)")


def assert_safe(answer) -> None:
    policy = answer["Content-Security-Policy"]
    assert POLICY.search(policy), policy
    assert not re.search(r"unsafe|script-src|style-src|https?:|\*", policy), policy
    assert answer["X-Frame-Options"] == "DENY"
    assert answer["X-Content-Type-Options"] == "nosniff"
    if "html" in answer.get("Content-Type", ""):
        assert offences(answer.content.decode()) == []


def broken(request):
    raise ZeroDivisionError


urlpatterns = [path("", broken, name="home"), path("", include("gridparty.urls"))]


class TestAnswers:
    """Every route there is, as nobody, as an officer and as a grid leader: rendered, with the forms and messages in it."""

    @pytest.fixture
    def rows(self, areas):
        """Something to show on every list."""
        return {model: make(areas.building1) for model, make in FACTORIES.items()}

    @pytest.mark.parametrize("role", [None, "secretary", "grid_leader", "system_admin", "audit_admin"])
    def test_every_page_lets_in_its_own_origin_alone(self, cast, rows, client, role):
        if role:
            client.force_login(getattr(cast, role))
        for address in [*product.routes().values(), "/nowhere/", "/admin/nowhere/"]:
            answer = client.get(address)
            assert_safe(answer)
            if answer.streaming:
                answer.getvalue()  # closes the file

    def test_pages_about_a_row(self, cast, rows, client):
        for role in (cast.secretary, cast.system_admin, cast.audit_admin, cast.district_official):
            client.force_login(role)
            for model, row in rows.items():
                stem = f"admin:{model._meta.app_label}_{model._meta.model_name}"
                for name in {f"{stem}_change", f"{stem}_history"} & set(product.routes()):
                    assert_safe(client.get(reverse(name, args=[row.pk])))

    def test_forms_with_errors(self, cast, client):
        client.force_login(cast.secretary)
        for name in ("admin:grids_area_add", "admin:accounts_user_add", "admin:accounts_appointment_add"):
            answer = client.post(reverse(name), {"name": "<script>x</script>", "phone": "'\"<b onclick=x>"})
            assert answer.status_code == 200
            assert_safe(answer)

    @pytest.mark.urls("gridparty.tests.contracts.test_templates")
    def test_the_page_for_what_broke(self, client):
        client.raise_request_exception = False
        answer = client.get("/")
        assert answer.status_code == 500
        assert_safe(answer)
