"""How 493 grid leaders send their weekly report in the same moment: the product against a bare view and a stock ModelForm."""

import asyncio
import json
import socket
import statistics
import subprocess
import sys
import time
import uuid
from collections.abc import Sequence

from bench import ground

ROUNDS = 3  # the middle one counts; each begins with drafts anew
SERVER = ("--workers", "2", "--threads", "4", "--no-control-socket")


def main() -> None:
    """Print the table for PostgreSQL. Raises ground.NoServer."""
    with ground.postgres() as environment:
        environment |= {"DJANGO_SETTINGS_MODULE": "bench.sending_settings", "ALLOWED_HOSTS": "127.0.0.1"}
        ground.manage(environment, "migrate", "-v0")
        ground.step(environment, "sending", "prepare")
        rows, bare = [], {}
        for opens in (False, True):
            for what in ("bare", "stock", "ours"):
                seconds, slowest, errors = _middle([_round(environment, what, opens) for _n in range(ROUNDS)])
                leaders = len(_leaders(environment))
                bare.setdefault(opens, seconds)
                stock = rows[-1][-1] if what == "ours" else seconds
                rows.append((what, opens, errors, slowest, leaders, seconds, stock / seconds, bare[opens] / seconds, seconds))
        print("\n" + ground.table(_TITLE, _HEADING, [_line(*row[:-1]) for row in rows]), flush=True)
        print(ground.step(environment, "sending", "kept"), flush=True)


_TITLE = "PostgreSQL: the weekly report of every grid in the same moment, gunicorn 2 × 4 threads"
_HEADING = ("way", "errors", "p95 s", "requests/s", "all done s", "÷ stock", "of the bare view")


def _line(what, opens, errors, slowest, leaders, seconds, to_stock, of_bare) -> tuple:
    way = f"{what}: {'open the form and send' if opens else 'send'}"
    number = leaders * (2 if opens else 1)
    return (way, errors, f"{slowest:.2f}", f"{number / seconds:.0f}", f"{seconds:.1f}", f"{to_stock:.1f}", f"{of_bare:.0%}")


def _middle(rounds: Sequence[tuple]) -> tuple:
    return sorted(rounds)[len(rounds) // 2]


def _leaders(environment: dict) -> list[dict]:
    with open(f"{environment['VAR_DIR']}/leaders.json", encoding="utf-8") as file:
        return json.load(file)


def _round(environment: dict, what: str, opens: bool) -> tuple[float, float, int]:
    """(seconds until all are done, the 95th percentile, errors) of one burst on a server of its own."""
    ground.step(environment, "sending", "anew")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "gunicorn", "bench.sending_wsgi", "--bind", f"127.0.0.1:{port}", *SERVER]
    server = subprocess.Popen(command, cwd=ground.ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait(port)
        return asyncio.run(_burst(port, _leaders(environment), what, opens))
    finally:
        server.terminate()
        server.wait()


def _wait(port: int) -> None:
    """Until both workers have loaded the code: the first requests are not the ones to measure."""
    for _try in range(200):
        try:
            with socket.create_connection(("127.0.0.1", port), 1):
                break
        except OSError:
            time.sleep(0.1)
    asyncio.run(_warm(port))


async def _warm(port: int) -> None:
    await asyncio.gather(
        *(_ask(port, "GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n") for _n in range(40))
    )


async def _burst(port: int, leaders: list[dict], what: str, opens: bool) -> tuple[float, float, int]:
    begun = time.perf_counter()
    told = await asyncio.gather(*(_send(port, leader, what, opens) for leader in leaders))
    seconds = time.perf_counter() - begun
    times = sorted(one for one, _good in told)
    return seconds, statistics.quantiles(times, n=20)[-1], sum(not good for _one, good in told)


async def _send(port: int, leader: dict, what: str, opens: bool) -> tuple[float, bool]:
    begun, good = time.perf_counter(), True
    path = {"ours": leader["path"], "stock": "/bench/stock/", "bare": "/bench/bare/"}[what]
    if opens:
        good = await _ask(port, _request("GET", path, leader)) == 200
    fields = {"csrfmiddlewaretoken": leader["token"], "form_id": str(uuid.uuid4()), "area": leader["area"], "done": "done"}
    body = "&".join(f"{name}={value}" for name, value in {**fields, "trouble": "none", "plan": "plan"}.items())
    good = good and await _ask(port, _request("POST", path, leader, body)) == (200 if what == "bare" else 302)
    return time.perf_counter() - begun, good


def _request(method: str, path: str, leader: dict, body: str = "") -> str:
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", "Connection: close"]
    lines += [f"Cookie: gridparty_session={leader['session']}; csrftoken={leader['token']}"]
    lines += ["Content-Type: application/x-www-form-urlencoded", f"Content-Length: {len(body)}"]
    return "\r\n".join(lines) + "\r\n\r\n" + body


async def _ask(port: int, request: str) -> int:
    """The status of the answer, once all of it has come; 0 for none, and for the way to the log-in page."""
    for _try in range(50):  # the queue of the socket is short
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            break
        except OSError:
            await asyncio.sleep(0.05)
    writer.write(request.encode())
    answer = await reader.read()
    writer.close()
    if not answer or b"/accounts/login/" in answer:
        return 0
    return int(answer.split(b" ", 2)[1])


if __name__ == "__main__":
    main()
