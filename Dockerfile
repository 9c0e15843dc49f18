# One image for web, worker, beat and migrate (docker-compose.yml names the command of each).
FROM python:3.11-slim

ENV PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    VAR_DIR=/tmp/gridparty \
    STATIC_ROOT=/srv/static \
    MEDIA_ROOT=/srv/media

# A fixed number, because the secret files and the media volume belong to it.
RUN useradd --uid 10001 --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin gridparty \
    && install -d -o gridparty -g gridparty /srv/media

WORKDIR /srv/app
COPY requirements.txt ./
RUN pip install --no-cache-dir --disable-pip-version-check --require-hashes -r requirements.txt

COPY . .
# Secrets of the build alone: nothing is encrypted or signed here, and none is left in the image.
RUN python -m compileall -q . \
    && SECRET_KEY=build FIELD_KEYS=0:00 python manage.py collectstatic --noinput --verbosity 0

USER 10001
EXPOSE 8000
CMD ["gunicorn", "gridparty.wsgi", "--workers", "2", "--threads", "4", "--worker-tmp-dir", "/dev/shm", "--no-control-socket"]
