#!/usr/bin/env bash
# Builds the image of every deployable with tools/images.sh and starts each as the manifests do: as its own user, on a read-only root file system, without
# capabilities, beside a sidecar of LocalDapr. It has to become ready, carry a message (chat, which is the smoke test), and end by itself when asked to.
# The runtime image is made here: Debian's smallest system and this machine's .NET. Ends with "N passed, N failed"; with code 77 where there is no Docker.
#   --no-build  what dotnet build has made is packed as it is
set -uo pipefail
cd "$(dirname "$0")/.."
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 MSBUILDDISABLENODEREUSE=1 UseSharedCompilation=false

services=(user-service message-service connection-service)
# terminationGracePeriodSeconds of k8s/base.
grace=$(awk '/terminationGracePeriodSeconds:/ { print $2 }' k8s/base/patches/service.yaml)
cache="${XDG_CACHE_HOME:-$HOME/.cache}/imdapr"
work=$(mktemp -d)
tag="test-$$"
base="imdapr/runtime:$tag"
daemon=""
sidecars=""
passed=0
failed=0

cleanup() {
  if docker info >/dev/null 2>&1; then
    docker ps -aq --filter "label=imdapr.test=$tag" | xargs -r docker rm -f
    docker images --format '{{.Repository}}:{{.Tag}}' --filter "reference=imdapr/*:$tag" | xargs -r docker rmi
  fi
  for process in $sidecars $daemon; do kill -TERM "$process" && wait "$process"; done
  umount "$work"/run/netns/* # dockerd leaves it
  rm -rf "$work"
} >/dev/null 2>&1
trap cleanup EXIT

skip() {
  echo "skipped: $1"
  exit 77
}

fail() {
  echo "FAILED: $1"
  echo "$passed passed, $((failed + 1)) failed"
  exit 1
}

# verdict NAME CODE TEXT
verdict() {
  if [ "$2" -eq 0 ]; then
    passed=$((passed + 1))
    echo "$1: $3"
  else
    failed=$((failed + 1))
    echo "FAILED: $1: $3"
    [ -f "$work/$1.log" ] && tail -n 20 "$work/$1.log"
  fi
}

start_docker() {
  docker info >/dev/null 2>&1 && return
  command -v dockerd >/dev/null && command -v docker >/dev/null && command -v debootstrap >/dev/null || tests/install.sh docker.io iptables debootstrap
  command -v dockerd >/dev/null || skip "no Docker answers, and there is no dockerd to start"
  # Of its own in everything. Containers share the host's network, so it needs no bridge and no right to filter packets.
  export DOCKER_HOST="unix://$work/docker.sock"
  dockerd --host "$DOCKER_HOST" --data-root "$work/docker" --exec-root "$work/run" --pidfile "$work/docker.pid" --bridge=none --iptables=false --ip6tables=false \
    >"$work/dockerd.log" 2>&1 &
  daemon=$!
  for _ in $(seq 150); do
    docker info >/dev/null 2>&1 && return
    kill -0 "$daemon" 2>/dev/null || break
    sleep 0.2
  done
  skip "dockerd cannot be started here: $(grep -v level=info "$work/dockerd.log" | tail -n 3)"
}

make_runtime_image() {
  if [ ! -d "$cache/debian" ]; then
    command -v debootstrap >/dev/null || tests/install.sh debootstrap
    command -v debootstrap >/dev/null || skip "there is no debootstrap to make a runtime image with"
    mkdir -p "$cache"
    debootstrap --variant=minbase --include=libssl3,ca-certificates bookworm "$cache/debian.$$" >"$work/debootstrap.log" 2>&1 || {
      rm -rf "$cache/debian.$$"
      fail "debootstrap: $(tail -n 3 "$work/debootstrap.log")"
    }
    rm -rf "$cache/debian.$$"/{usr/share/{doc,man,locale},var/{cache,lib}/apt/*}
    mv "$cache/debian.$$" "$cache/debian"
  fi
  local dotnet
  dotnet=$(dirname "$(readlink -f "$(command -v dotnet)")")
  tar -cf - -C "$cache/debian" . -C "$dotnet" --transform 's,^\(host\|shared\),usr/share/dotnet/\1,' host shared | docker import - "$base" >/dev/null
}

build_images() {
  local project
  rm -rf artifacts/publish
  for project in services/UserService services/MessageService services/ConnectionService tools/Chat; do
    dotnet publish "$project" -c Debug "$@" -v quiet -o "artifacts/publish/${project##*/}" || return
  done
  PUBLISHED=yes SDK_IMAGE=$base RUNTIME_IMAGE=$base tools/images.sh "$tag"
}

# Ports of the Nth service: of the app, of its probes, of its sidecar. Above those of other test programs (FreePorts), below those of clients.
port() { echo $((31000 + $1 * 10)); }

start_sidecars() {
  local n
  {
    printf 'version: 1\ncommon:\n  enableAppHealthCheck: true\n  appHealthCheckPath: /healthz\n  appHealthProbeInterval: 1\n  resourcesPaths: [%s/components]\napps:\n' "$PWD"
    for n in "${!services[@]}"; do
      printf '  - {appID: %s, appDirPath: ., appPort: %d, daprHTTPPort: %d, daprGRPCPort: %d}\n' "${services[n]}" "$(port "$n")" $(($(port "$n") + 2)) $(($(port "$n") + 3))
    done
  } >"$work/dapr.yaml"
  dotnet tools/LocalDapr/bin/Debug/net10.0/ImDapr.LocalDapr.dll -f "$work/dapr.yaml" >"$work/sidecars.log" 2>&1 &
  sidecars=$!
}

# run NAME OPTION... -- ARGUMENT...: a container as a pod of k8s/ is one.
run() {
  local name=$1 options=()
  shift
  while [ "${1:---}" != -- ]; do options+=("$1") && shift; done
  docker run --name "$name-$tag" --label "imdapr.test=$tag" --network host --read-only --tmpfs /tmp:size=64m,mode=1777 --cap-drop ALL --security-opt no-new-privileges \
    "${options[@]}" "imdapr/$name:$tag" "${@:2}"
}

start_service() {
  local first
  first=$(port "$1")
  run "${services[$1]}" --detach -e ASPNETCORE_HTTP_PORTS= -e "ASPNETCORE_URLS=http://127.0.0.1:$first" -e "Management__Port=$((first + 1))" -e Log__Json=true \
    -e "DAPR_HTTP_PORT=$((first + 2))" -e "DAPR_GRPC_PORT=$((first + 3))" >/dev/null
}

# wait_ready N: within a minute, while it lives.
wait_ready() {
  local end=$((SECONDS + 60))
  until curl -sf -o /dev/null --max-time 3 "http://127.0.0.1:$(($(port "$1") + 1))/readyz"; do
    [ "$SECONDS" -lt "$end" ] && [ "$(docker inspect -f '{{.State.Running}}' "${services[$1]}-$tag" 2>/dev/null)" = true ] || return 1
    sleep 0.2
  done
}

# check_service N SECONDS: how it left that was asked to at that time.
check_service() {
  local name=${services[$1]} code ended
  read -r code ended < <(docker inspect -f '{{.State.ExitCode}} {{.State.FinishedAt}}' "$name-$tag")
  docker logs "$name-$tag" >"$work/$name.log" 2>&1
  [ "${ready[$1]}" != no ] && [ "$code" = 0 ]
  verdict "$name" $? "ready: ${ready[$1]}; left within $(($(date -d "$ended" +%s) - $2 + 1)) s with code $code"
}

start_docker
make_runtime_image || fail "the runtime image could not be imported"
if [ "${1:-}" != --no-build ]; then
  dotnet build tools/LocalDapr -v quiet || fail "the sidecar could not be built"
fi
build_images "$@" >"$work/build.log" 2>&1 || {
  tail -n 40 "$work/build.log"
  fail "the images could not be built"
}
start_sidecars
started=$SECONDS
for n in "${!services[@]}"; do start_service "$n" || fail "${services[n]} could not be started"; done
ready=()
for n in "${!services[@]}"; do wait_ready "$n" && ready[n]="after $((SECONDS - started)) s" || ready[n]=no; done
run chat --rm -- smoke --server "http://127.0.0.1:$(port 2)" >"$work/chat.log" 2>&1
verdict chat $? "a message from one user to another"
asked=$(date +%s)
docker stop --time "$grace" "${services[@]/%/-$tag}" >/dev/null
for n in "${!services[@]}"; do check_service "$n" "$asked"; done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
