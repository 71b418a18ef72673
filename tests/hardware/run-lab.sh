#!/bin/bash
# Run tests/hardware in the lab: a small virtual machine with V4L2 cameras (lab/README.md).
#
#   run-lab.sh [PYTEST ARGUMENT...]     such as -k unplug, or -s to see the figures
#
# Builds the lab where it is missing, which takes root, a Debian host and a quarter of an hour,
# once. PYTHON is one that has pip. The tests run in copies of src and fakes of this tree.
set -euo pipefail
HERE=$(cd "$(dirname "$(readlink -f "$0")")" && pwd)
ROOT=$(dirname "$(dirname "$HERE")")
export LAB_DIR=${LAB_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/v4l2lab}
PYTHON=${PYTHON:-$ROOT/.venv/bin/python}
[ -x "$PYTHON" ] || PYTHON=python3

if [ ! -f "$LAB_DIR/stamp.img" ] || { [ -z "${LAB_BACKEND:-}" ] && [ ! -x "$LAB_DIR/uml/linux" ]; }; then
  [ "$(id -u)" = 0 ] || { echo "run-lab.sh: building the lab needs root" >&2; exit 2; }
  "$HERE/lab/build.sh" --deps >&2
  "$HERE/lab/build.sh" --uml >&2
fi

# The guest has Python 3.11, NumPy and OpenCV; it has no network, so pytest is brought along.
SITE=$LAB_DIR/pytest
if [ ! -f "$SITE/.ready" ] || [ "$ROOT/constraints.txt" -nt "$SITE/.ready" ] ||
  [ "$HERE/run-lab.sh" -nt "$SITE/.ready" ]; then
  rm -rf "$SITE"
  "$PYTHON" -m pip install --quiet --disable-pip-version-check --target "$SITE" \
    --python-version 3.11 --only-binary=:all: -c "$ROOT/constraints.txt" pytest pytest-timeout rich
  # Without what it depends on: NumPy is the guest's.
  "$PYTHON" -m pip install --quiet --disable-pip-version-check --target "$SITE" --no-deps \
    --python-version 3.11 --only-binary=:all: -c "$ROOT/constraints.txt" simplejpeg
  touch "$SITE/.ready"
fi

SHARE=$(mktemp -d)
trap 'rm -rf "$SHARE"' EXIT
mkdir -p "$SHARE/lib" "$SHARE/tests" "$SHARE/docs"
cp -r "$ROOT/src" "$SHARE/lib/spot_webcam"
cp -r "$ROOT/fakes" "$SHARE/lib/spot_webcam/fakes"
cp -r "$SITE" "$SHARE/site"
cp -r "$HERE" "$SHARE/tests/hardware"
cp "$ROOT/pyproject.toml" "$SHARE/"
cp "$ROOT/docs/cameras.md" "$SHARE/docs"

export PYTHONPATH=/mnt/share/lib:/mnt/share/site SPOT_WEBCAM_LAB=1
# Page faults cost a hundred times more under User Mode Linux than on a machine: memory is kept,
# or the figures would tell of nothing else.
export MALLOC_TRIM_THRESHOLD_=4000000000 MALLOC_MMAP_THRESHOLD_=4000000000
PASS="PYTHONPATH SPOT_WEBCAM_LAB MALLOC_TRIM_THRESHOLD_ MALLOC_MMAP_THRESHOLD_"
LAB_PASS=$PASS LAB_USBCAM=1 LAB_SHARE=$SHARE LAB_TIMEOUT=${LAB_TIMEOUT:-600} \
  "$HERE/lab/run.sh" -- python -m pytest -p no:cacheprovider tests/hardware "$@"
