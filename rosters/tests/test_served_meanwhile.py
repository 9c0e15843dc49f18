"""Others are served while hostile and large files are uploaded and read. A real server, a real worker, a real SQLite file."""

import io
import random
import sqlite3
import statistics
import struct
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
import zipfile
from contextlib import closing
from http.cookiejar import CookieJar

import pytest
import xlsxwriter

from gridparty.lib.tests.test_workbook import MAIN, MB, declare, parts, row, zipped
from gridparty.tests.test_serve import Installation
from rosters.tests.rounds import HEADINGS, residents

pytestmark = pytest.mark.proof

SETTLE_IN = """
from conftest import make_user, new_areas
from grids.actions import load_areas
from grids.models import Area
load_areas(areas=new_areas(), by=None)
make_user("community_clerk", Area.objects.get(code="370199001001"), username="shequ")
print(json.dumps(Area.objects.count()))
"""
PAGES = [
    "/admin/",
    "/admin/people/person/",
    "/admin/people/household/",
    "/admin/members/member/",
    "/admin/members/partyorganisation/coverage/",
    "/admin/grids/area/",
    "/rosters/",
    "/accounts/me/",
]
READERS = 3
ROUNDS = 2
EDGE = "edge-of-a-part-that-no-noise-holds"


class Browser:
    """A logged-in user without a screen."""

    def __init__(self, port: int):
        self.base, self.cookies = f"http://127.0.0.1:{port}", CookieJar()
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.cookies))
        self.get("/accounts/login/")
        given = urllib.parse.urlencode({"login": "shequ", "password": "a long password"}).encode()
        assert not self.post("/accounts/login/", given)[1].endswith("/accounts/login/")

    def get(self, path: str) -> tuple[int, str]:
        return self._opened(self.base + path)

    def _opened(self, request) -> tuple[int, str]:
        """The status of the answer, and the address it came from."""
        try:
            with self.opener.open(request, timeout=120) as answer:
                answer.read()
                return answer.status, answer.url
        except urllib.error.HTTPError as error:
            return error.code, error.url
        except OSError as error:
            return 0, repr(error)

    def post(self, path: str, body: bytes, kind: str = "application/x-www-form-urlencoded") -> tuple[int, str]:
        token = next(cookie.value for cookie in self.cookies if cookie.name == "csrftoken")
        headers = {"Content-Type": kind, "X-CSRFToken": token, "Referer": self.base}
        request = urllib.request.Request(self.base + path, body, headers)  # noqa: S310 our own server
        return self._opened(request)

    def upload(self, name: str, content: bytes) -> tuple[int, str]:
        head = f'--{EDGE}\r\nContent-Disposition: form-data; name="kind"\r\n\r\nresidents\r\n'
        head += f'--{EDGE}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'
        body = b"".join([head.encode(), content, f"\r\n--{EDGE}--\r\n".encode()])
        return self.post("/rosters/", body, f"multipart/form-data; boundary={EDGE}")


def long_list() -> bytes:
    """45,000 residents in a workbook, each to be judged."""
    packed = io.BytesIO()
    with xlsxwriter.Workbook(packed, {"in_memory": True}) as book:
        sheet = book.add_worksheet("居民")
        lines = [HEADINGS, *(line for number in range(5) for line in residents(number * 3, 9_000))]
        for number, line in enumerate(lines):
            sheet.write_row(number, 0, line.split(","))
    return packed.getvalue()


def files() -> dict[str, bytes]:
    """What is thrown at the server, by name."""
    sheet, noise = "xl/worksheets/sheet1.xml", random.Random(1).randbytes(3 * MB)
    bomb = zipped(parts(members={sheet: (b" " * MB for _ in range(300))}), level=6)
    text = f"<sst {MAIN}><si><t>{'长' * 2_000}</t></si></sst>"
    cells = (row(line, *(f'<c t="s"><v>{0:0{n % 7 + 1}}</v></c>' for n in range(100))) for line in range(1, 5_000))
    packed = zipped(parts(members={"xl/a.bin": noise}))
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        start, count = archive.start_dir, len(archive.infolist())
    end = packed.rindex(b"PK\x05\x06")
    directory, tail = packed[start:end] * 100, bytearray(packed[end:])
    struct.pack_into("<HHL", tail, 8, count * 100, count * 100, len(directory))
    large = long_list()
    return {
        "bomb.xlsx": bomb,
        "lying.xlsx": declare(bomb, sheet, 500),
        "memory.xlsx": zipped(parts("".join(cells), members={"xl/sharedStrings.xml": text})),
        "shared.xlsx": packed[:start] + directory + tail,
        "entities.xlsx": zipped(parts(prolog='<!DOCTYPE x [<!ENTITY a "aaaa">]>')),
        "half.xlsx": large[: len(large) // 2],
        "noise.xls": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + noise,
        "quotes.csv": b'a,b\n"' + b"x,y\n" * (4 * MB),
        "too-big.xlsx": large + b"\0" * (21 * MB),
        "long.xlsx": large,
        "long.csv": "\n".join([HEADINGS, *residents(20, 9_000)]).encode(),
    }


class Throwers:
    """Two users who upload every file, round after round, until all of it is read."""

    def __init__(self, port: int, database):
        self.sent, self.wrong, self.database = 0, [], database
        self.threads = [threading.Thread(target=self._throw, args=(Browser(port), seed)) for seed in range(2)]
        self.files = files()

    def _throw(self, browser: Browser, seed: int) -> None:
        named = list(self.files.items()) * ROUNDS
        random.Random(seed).shuffle(named)
        for name, content in named:
            status, url = browser.upload(name, content)
            at_once = urllib.parse.urlsplit(url).path == "/rosters/"  # still at the form, with a sentence
            if status != 200 or at_once != (name == "too-big.xlsx"):
                self.wrong.append((name, status, url))
            self.sent += 1

    def states(self) -> dict[str, int]:
        with closing(sqlite3.connect(f"file:{self.database}?mode=ro", uri=True)) as connection:
            return dict(connection.execute("SELECT state, COUNT(*) FROM rosters_import GROUP BY state"))

    def busy(self) -> bool:
        return any(thread.is_alive() for thread in self.threads) or "reading" in self.states()


def read_pages(browser: Browser, stop: threading.Event, times: list[float], wrong: list) -> None:
    """Open one page after the other, as somebody at work does."""
    dice = random.Random(len(times))
    while not stop.is_set():
        path = dice.choice(PAGES)
        begun = time.perf_counter()
        status, url = browser.get(path)
        times.append(time.perf_counter() - begun)
        if status != 200 or urllib.parse.urlsplit(url).path != path:
            wrong.append((path, status, url))
        stop.wait(0.2)


def test_pages_are_served_while_hostile_and_large_files_are_uploaded(tmp_path):
    installation = Installation(tmp_path)
    assert installation.shell(SETTLE_IN) > 10
    with installation.serving():
        throwers, stop, times, wrong = Throwers(installation.port, tmp_path / "gridparty.sqlite3"), threading.Event(), [], []
        readers = [
            threading.Thread(target=read_pages, args=(Browser(installation.port), stop, times, wrong)) for _ in range(READERS)
        ]
        for thread in [*throwers.threads, *readers]:
            thread.start()
        try:
            for thread in throwers.threads:
                thread.join()
            during = len(times)
            while throwers.busy():
                time.sleep(1)
        finally:
            stop.set()
        for thread in readers:
            thread.join()
        states = throwers.states()
    sent = len(throwers.files) * ROUNDS * 2
    assert (wrong, throwers.wrong, throwers.sent) == ([], [], sent)
    refused = sent - 3 * 2 * ROUNDS  # two lists are read, one file is refused before it is kept
    assert states == {"ready": 4 * ROUNDS, "refused": refused}
    assert during >= READERS * 5
    assert "Traceback" not in installation.log.read_text()
    p95 = statistics.quantiles(times, n=20)[-1]
    print(
        f"\nT21  {len(times)} pages opened by {READERS} users while {sent} hostile and large files were uploaded and read"
        f" ({during} of them during the uploads): p95 {p95:.2f} s, median {statistics.median(times):.2f} s,"
        f" longest {max(times):.2f} s; none failed; {states['refused']} files refused, {states['ready']} read"
    )
