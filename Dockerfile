FROM python:3.11-slim
WORKDIR /app
COPY pyproject.toml constraints.txt README.md LICENSE ./
COPY src src
COPY fakes fakes
RUN pip install --no-cache-dir -c constraints.txt '.[http]'
# Unprivileged, and allowed to open cameras. docs/running.md names the number.
RUN useradd --system --uid 999 --groups video spot-webcam
USER spot-webcam
ENTRYPOINT ["spot-webcam", "serve"]
