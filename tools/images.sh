#!/usr/bin/env bash
# Builds the image of every deployable with one tag: tools/images.sh [TAG]; without one, what git describes.
#   DOTNET_REGISTRY  where dotnet/sdk and dotnet/aspnet are; or name the images: SDK_IMAGE, RUNTIME_IMAGE
#   REGISTRY         stands before the names imdapr/…; with PUSH=yes they are pushed there
#   PUBLISHED=yes    packs artifacts/publish instead of building with the SDK image; any base image with a shell will do as SDK_IMAGE
set -euo pipefail
cd "$(dirname "$0")/.."

if [[ -z "${DOTNET_REGISTRY:-}" && ( -z "${SDK_IMAGE:-}" || -z "${RUNTIME_IMAGE:-}" ) ]]; then
  echo "Say where the .NET images are: DOTNET_REGISTRY=HOST, or SDK_IMAGE=… and RUNTIME_IMAGE=…" >&2
  exit 2
fi
if [[ "${PUSH:-no}" == yes && -z "${REGISTRY:-}" ]]; then
  echo "PUSH=yes needs REGISTRY: where to push to." >&2
  exit 2
fi

tag="${1:-$(git describe --always --dirty)}"
for target in user-service message-service connection-service chat; do
  image="${REGISTRY:+$REGISTRY/}imdapr/$target:$tag"
  docker build --target "$target" --tag "$image" \
    --build-arg "SDK_IMAGE=${SDK_IMAGE:-${DOTNET_REGISTRY:-}/dotnet/sdk:10.0-noble}" \
    --build-arg "RUNTIME_IMAGE=${RUNTIME_IMAGE:-${DOTNET_REGISTRY:-}/dotnet/aspnet:10.0-noble-chiseled}" \
    --build-arg "PUBLISHED=${PUBLISHED:-no}" \
    --build-arg "VERSION=$tag" \
    --build-arg "REVISION=$(git rev-parse HEAD)" \
    --build-arg "SOURCE=${SOURCE:-$(git config --get remote.origin.url || echo unknown)}" \
    .
  if [[ "${PUSH:-no}" == yes ]]; then
    docker push "$image"
  fi
  echo "$image"
done
