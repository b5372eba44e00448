#!/usr/bin/env bash
# Replaces the version before by this one while clients chat, and holds both to the ledger: tests/Chaos --previous.
# usage: tests/upgrade.sh [--short] [commit]; without one, what stood before the services were last changed. Exits with 77 where there is no history.
set -euo pipefail
cd "$(dirname "$0")/.."
export MSBUILDDISABLENODEREUSE=1 UseSharedCompilation=false

form=()
[ "${1:-}" != --short ] || { form=(--short --embedded); shift; }

changed=$(git log -1 --format=%H -- services 2>/dev/null || true)
previous=${1:-${changed:+$changed~1}}
if [ -z "$previous" ] || ! git rev-parse --quiet --verify "$previous^{commit}" >/dev/null; then
  echo "no history: there is no version before"
  exit 77
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
git archive "$previous" | tar -x -C "$work"
echo "the version before: $(git log -1 --format='%h %s' "$previous")"
for service in UserService MessageService ConnectionService; do
  dotnet build "$work/services/$service" -nodeReuse:false -v quiet -p:RunAnalyzers=false
done
dotnet tests/Chaos/bin/Debug/net10.0/ImDapr.Chaos.dll --previous "$work" "${form[@]}"
