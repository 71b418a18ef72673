#!/bin/sh
# Put the image that the Dockerfile builds on, python:3.11-slim, into a buildah storage: pulled, or,
# where no registry is reached, made of Debian's packages (as root, of Debian 12, by debootstrap).
#
#   make-base.sh FOLDER
set -eu
IMAGE=docker.io/library/python:3.11-slim
FOLDER=$1
store() { buildah --root "$FOLDER/storage" --runroot "$FOLDER/run" "$@"; }

store inspect --type image "$IMAGE" >/dev/null 2>&1 && exit
mkdir -p "$FOLDER"
store pull --quiet "$IMAGE" 2>/dev/null && exit
echo "make-base.sh: $IMAGE cannot be pulled: made of Debian's packages instead" >&2
if [ ! -e "$FOLDER/debian/usr/local/bin/python" ]; then
  rm -rf "$FOLDER/debian"
  debootstrap --variant=minbase --include=ca-certificates,python3,python3-venv bookworm "$FOLDER/debian"
  rm -rf "$FOLDER"/debian/var/cache/apt/archives/*.deb "$FOLDER"/debian/var/lib/apt/lists/*
  # Authorities that this computer trusts in addition.
  cp /etc/ssl/certs/ca-certificates.crt "$FOLDER/debian/etc/ssl/certs/"
  ln -s /usr/bin/python3 "$FOLDER/debian/usr/local/bin/python3"
  ln -s /usr/bin/python3 "$FOLDER/debian/usr/local/bin/python"
fi
container=$(store from scratch)
store add --quiet "$container" "$FOLDER/debian" / >/dev/null
store config --env PIP_CERT=/etc/ssl/certs/ca-certificates.crt "$container"
store commit --quiet --rm "$container" "$IMAGE" >/dev/null
