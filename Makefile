# make demo: a district with synthetic people, served at http://$(HOST):$(PORT)   make test: the test suite on SQLite
HOST = 127.0.0.1
PORT ?= 8000
DEMO_FLAGS ?=
LOCK_FLAGS ?=
PYTEST_FLAGS ?=

PY := .venv/bin/python
# Compiling is left to the first import, which saves a third of the time; so let Python write what it compiles.
INSTALL := $(PY) -m pip --disable-pip-version-check install --quiet --no-compile
unexport PYTHONDONTWRITEBYTECODE
# The first of these that is Python 3.11; the locked packages are chosen for that version.
PYTHON := $(shell for name in python3.11 python3; do \
	$$name -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null && echo $$name && break; done)
# make lock LOCK_FLAGS=--upgrade takes the newest versions the .in files allow; without it the pins stay where they can.
COMPILE = .venv/bin/uv pip compile --quiet --python-version 3.11 --generate-hashes --no-header $(LOCK_FLAGS)
RUNTIME := .venv/.requirements.stamp
DEV := .venv/.requirements-dev.stamp

.PHONY: help demo test lint proof bench lock clean

help:
	@echo '需要 Python 3.11。'
	@echo 'make demo     安装依赖，建库，生成演示区，启动服务（HOST、PORT、DEMO_FLAGS=--no-serve）'
	@echo 'make test     运行测试（SQLite；PYTEST_FLAGS）'
	@echo 'make lint     检查代码格式与分层'
	@echo 'make proof    打印各项承诺的实测数字（较慢）'
	@echo 'make bench    打印性能对比（较慢）'
	@echo 'make lock     重新锁定 requirements*.txt'
	@echo 'make clean    删除 .venv 和缓存（不删除 var/ 中的数据）'

demo: $(RUNTIME)
	$(PY) manage.py demo --host $(HOST) --port $(PORT) $(DEMO_FLAGS)

test: $(DEV)
	env -u DATABASE_URL -u DATABASE_URL_FILE -u REDIS_URL -u REDIS_URL_FILE \
		$(PY) -m pytest -n auto -m "not postgres and not browser and not slow and not proof" $(PYTEST_FLAGS)

lint: $(DEV)
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	.venv/bin/lint-imports

proof: $(DEV)
	$(PY) -m pytest -m proof -s
	$(PY) -m bench.proof

bench: $(DEV)
	$(PY) -m bench

lock: .venv/.created
	$(INSTALL) 'uv==0.13.*'
	$(COMPILE) requirements.in -o requirements.txt
	$(COMPILE) -c requirements.txt requirements-dev.in -o requirements-dev.txt

clean:
	rm -rf .venv .pytest_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

.venv/.created:
	@test -n '$(PYTHON)' || { echo '没有找到 Python 3.11，请先安装（Debian 12：apt-get install python3 python3-venv）。' >&2; \
		echo 'Python 3.11 was not found; install it first (Debian 12: apt-get install python3 python3-venv).' >&2; exit 1; }
	$(PYTHON) -m venv .venv || { rm -rf .venv; echo '无法建立 .venv，请安装 python3-venv。' >&2; exit 1; }
	@touch $@

# A stamp is a copy of the file it stands for: a fresh time stamp alone installs nothing.
$(RUNTIME): requirements.txt .venv/.created
	@cmp -s requirements.txt $@ || { echo '安装运行依赖，约半分钟……'; $(INSTALL) --require-hashes -r requirements.txt; }
	@cp requirements.txt $@

$(DEV): requirements-dev.txt .venv/.created
	@cmp -s requirements-dev.txt $@ || { echo '安装开发依赖，约一分钟……'; $(INSTALL) --require-hashes -r requirements-dev.txt; }
	@cp requirements-dev.txt $@
	@cp requirements.txt $(RUNTIME)
