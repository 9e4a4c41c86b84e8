# The service. Build in the repository's root, run with a model folder:
#     docker build -t shelfcast .
#     docker run --read-only --tmpfs /tmp -p 127.0.0.1:8000:8000 -v "$PWD/coffee:/model" \
#         -e SHELFCAST_API_KEY -e SHELFCAST_ADMIN_KEY shelfcast
FROM python:3.11-slim-bookworm

ENV PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 OMP_NUM_THREADS=2 MPLCONFIGDIR=/tmp
WORKDIR /app
COPY pyproject.toml README.md LICENSE ./
COPY src src
RUN pip install --no-cache-dir uv==0.9.5 \
    && uv pip install --system --no-cache --torch-backend=cpu ".[service,postgres]" \
    && useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin shelfcast

USER 10001
VOLUME ["/model"]
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/readyz', timeout=4)"]
ENTRYPOINT ["shelfcast", "serve", "/model", "--host", "0.0.0.0", "--port", "8000"]
