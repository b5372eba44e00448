#!/usr/bin/env bash
# Builds what dapr.yaml starts as it is deployed: Release, compiled ahead of time (ReadyToRun), into the folders that dapr.yaml and the tests start from.
set -euo pipefail
cd "$(dirname "$0")/.."
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1

publish() {
  dotnet publish "$1" -c Release -r "${RUNTIME:-linux-x64}" --self-contained false -p:PublishReadyToRun=true -o "$2" -v quiet "${@:3}"
}

for service in UserService ConnectionService MessageService; do
  publish "services/$service" "services/$service/bin/app" "$@"
done
publish tools/LocalDapr tools/LocalDapr/bin/Release/net10.0 "$@"
