# 3.13 on Debian 12, by digest: a tag can come to mean another image.
ARG BASE=python:3.13-slim-bookworm@sha256:67a1e1f215ccda113cfc024e8639049257e88f273898f595b61476d128d387e8
FROM ${BASE}

# The checkout belongs to another user and the runner replaces HOME, so only the system's configuration can trust it.
RUN if ! command -v git >/dev/null; then \
        apt-get update && \
        apt-get install --yes --no-install-recommends ca-certificates git && \
        rm -rf /var/lib/apt/lists/*; \
    fi && \
    git config --system --add safe.directory '*'

# The project's interpreter has one name whatever the base is. It is not covgate's: what covgate needs must not be
# importable by the tests, nor what they install by covgate.
RUN test -x /usr/local/bin/python3 || ln -s "$(command -v python3)" /usr/local/bin/python3
ENV COVGATE_PYTHON=/usr/local/bin/python3

COPY requirements/image.txt /opt/covgate/image.txt
RUN /usr/local/bin/python3 -m venv /opt/covgate && \
    /opt/covgate/bin/python -m pip install --no-cache-dir --disable-pip-version-check \
        --require-hashes --no-deps --only-binary=:all: --requirement /opt/covgate/image.txt && \
    /opt/covgate/bin/python -m pip uninstall --yes --quiet setuptools pip && \
    ln -s /opt/covgate/bin/uv /usr/local/bin/uv

# Whom the project's code runs as: neither root nor the owner of the runner's files (1001 on GitHub's machines). The
# second one ends the processes of the first.
RUN useradd --uid 60606 --user-group --no-create-home --home-dir /nonexistent --shell /bin/sh covgate-tests && \
    useradd --uid 60607 --user-group --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin covgate-ender && \
    test -x /usr/bin/setpriv
ENV COVGATE_TESTS_USER=60606

# In the end covgate itself: after a change of it alone, everything above comes from the cache.
COPY entrypoint.py /opt/covgate/app/
COPY covgate /opt/covgate/app/covgate
RUN chmod -R a+rX /opt/covgate/app && \
    /opt/covgate/bin/python -c 'import pathlib, sysconfig; \
pathlib.Path(sysconfig.get_path("purelib"), "covgate.pth").write_text("/opt/covgate/app\n")' && \
    /opt/covgate/bin/python -m compileall -q /opt/covgate/app

# -I: neither PYTHONPATH, nor the checkout, nor a home folder adds to what covgate, which holds the token, imports.
ENTRYPOINT ["/opt/covgate/bin/python", "-I", "/opt/covgate/app/entrypoint.py"]
