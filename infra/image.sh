#!/usr/bin/env bash
# Builds the image. `infra/image.sh online` uses the base that BASE names and the package index;
# `infra/image.sh offline` makes a base with debootstrap and installs from wheels that were fetched beforehand.
set -euo pipefail
cd "$(dirname "$0")/.."
mode=${1:-online}
tag=${IMAGE:-noetl-gateway:local}
python=.venv/bin/python
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

base_from_debootstrap() {
  command -v debootstrap >/dev/null || apt-get install -y -qq --no-install-recommends debootstrap >/dev/null
  # The mirror that this machine itself uses.
  mirror=$(cat /etc/apt/sources.list /etc/apt/sources.list.d/*.sources 2>/dev/null | grep -v '^#' | sed -nE 's/^(URIs: |deb )(https?:[^ ]+).*/\2/p' | sed -n 1p) || true
  suite=$(. /etc/os-release && echo "$VERSION_CODENAME")
  debootstrap --variant=minbase --include=python3,python3-venv,ca-certificates "$suite" "$work/base" "$mirror" >"$work/log" 2>&1 \
    || { tail -n 20 "$work/log"; return 1; }
  rm -rf "$work"/base/var/cache/apt/* "$work"/base/var/lib/apt/lists/*
  tar -C "$work/base" -c . | docker import - noetl-gateway-base:local >/dev/null
}

context="$work/context"
mkdir -p "$context/build/gateway"
cp -r requirements infra README.md LICENSE pyproject.toml src "$context/"
"$python" -m pip wheel -q --no-deps -w "$context/build/gateway" .
if [ "$mode" = offline ]; then
  base_from_debootstrap
  BASE=noetl-gateway-base:local
  version=$(docker run --rm --network=none "$BASE" python3 -c 'import sys; print("%d.%d" % sys.version_info[:2])')
  # nkeys is published as source alone; the image builds its wheel, and that takes setuptools.
  "$python" -m pip download -q --no-deps --require-hashes --only-binary=:all: --no-binary=nkeys \
    --python-version "$version" -d "$context/build/wheels" -r requirements/runtime.txt
  "$python" -m pip download -q --no-deps --only-binary=:all: -d "$context/build/wheels" 'setuptools>=68.0'
  pip_args="--no-index --find-links /src/build/wheels"
fi
docker build -q ${BASE:+--build-arg BASE="$BASE"} --build-arg PIP_ARGS="${pip_args:-}" \
  --build-arg REVISION="$(git rev-parse HEAD 2>/dev/null || echo unknown)" \
  -t "$tag" -f infra/Dockerfile "$context" >/dev/null
docker image inspect "$tag" --format "built $tag: {{.Size}} bytes"
if [ -n "${BASE:-}" ]; then docker image inspect "$BASE" --format "on a base of {{.Size}} bytes"; fi
