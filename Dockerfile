# A payload computer's image, for amd64 and arm64: docs/container.md.

# What changes seldom comes first: a change of code builds only the last, small layer anew.
FROM python:3.11-slim AS dependencies
RUN python3 -m venv /build && python3 -m venv --without-pip /opt/spot-webcam
COPY src/tools/extension/requirements.txt /build/
RUN /build/bin/pip --python /opt/spot-webcam/bin/python install --no-cache-dir --no-compile \
      --only-binary :all: --require-hashes -r /build/requirements.txt \
    && /opt/spot-webcam/bin/python -m compileall -q --invalidation-mode unchecked-hash \
      /opt/spot-webcam/lib

FROM dependencies AS product
COPY src/tools/extension/build-requirements.txt /build/
RUN /build/bin/pip install --no-cache-dir --require-hashes -r /build/build-requirements.txt
WORKDIR /build/source
COPY pyproject.toml README.md LICENSE ./
COPY src src
COPY fakes fakes
RUN /build/bin/pip wheel --no-deps --no-build-isolation --wheel-dir /build/wheels . \
    && /build/bin/pip --python /opt/spot-webcam/bin/python install --no-index --no-deps \
      --no-compile --prefix /product /build/wheels/*.whl \
    && /opt/spot-webcam/bin/python -m compileall -q --invalidation-mode unchecked-hash /product/lib

FROM python:3.11-slim
LABEL org.opencontainers.image.title="spot-webcam" \
      org.opencontainers.image.description="Cameras as an image service of Boston Dynamics' Spot" \
      org.opencontainers.image.licenses="Apache-2.0"
# Unprivileged, and allowed to open cameras: files that it must read belong to this number.
RUN useradd --system --uid 999 --create-home --groups video spot-webcam
COPY --from=dependencies /opt/spot-webcam /opt/spot-webcam
COPY --from=product /product /opt/spot-webcam
ENV PATH=/opt/spot-webcam/bin:$PATH
# What is in the image, as CycloneDX.
RUN mkdir -p /usr/share/spot-webcam \
    && python -m spot_webcam.tools.sbom > /usr/share/spot-webcam/sbom.cdx.json
USER 999
WORKDIR /home/spot-webcam
# The image service and the page, if --port and --http name these.
EXPOSE 21000 21080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=10s --start-period=30s CMD ["spot-webcam", "healthcheck"]
ENTRYPOINT ["spot-webcam", "serve"]
