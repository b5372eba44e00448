#!/usr/bin/env bash
# Builds, checks the formatting, runs every test and the README's commands. Ends with the line "N passed, N failed".
set -uo pipefail
cd "$(dirname "$0")"

results="artifacts/test-results"
passed=0
failed=0
skipped=0
failures=()
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
# Build servers would outlive this script and hold its output open.
export MSBUILDDISABLENODEREUSE=1 UseSharedCompilation=false
# Dozens of processes share a few cores here: idle threads sleep instead of spinning.
export DOTNET_ThreadPool_UnfairSemaphoreSpinLimit=0
# Dozens of processes live for a minute each: profiling what they run costs a third of the CPU here and pays off for none of them.
export DOTNET_TieredPGO=0

install_servers() {
  command -v redis-server >/dev/null && command -v mariadbd >/dev/null || tests/install.sh redis-server mariadb-server
}

# Says at the end once more what failed and why: of thousands of lines, the last are what people see.
tell_failures() {
  local file
  for file in "$results"/*.trx; do
    [ -f "$file" ] || continue
    awk -v suite="$(basename "$file" .trx)" '
      /<UnitTestResult .*outcome="(Failed|Error|Timeout|Aborted)"/ {
        match($0, /testName="[^"]*"/)
        print "FAILED: " suite ": " substr($0, RSTART + 10, RLENGTH - 11)
        lines = 25
      }
      /<\/UnitTestResult>/ { lines = 0 }
      lines > 0 && /<Message>/ { within = 1 }
      lines > 0 && within { print "    " $0; lines-- }
      /<\/StackTrace>/ { within = 0 }' "$file"
  done
  [ "${#failures[@]}" -eq 0 ] || printf 'FAILED: %s\n' "${failures[@]}"
}

# fail WHAT: counts a failure that no result file holds.
fail() {
  failed=$((failed + 1))
  failures+=("$1")
  echo "FAILED: $1"
}

finish() {
  echo
  [ "$failed" -eq 0 ] || tell_failures
  if [ "$skipped" -gt 0 ]; then
    echo "$passed passed, $failed failed, $skipped skipped"
  else
    echo "$passed passed, $failed failed"
  fi
  [ "$failed" -eq 0 ]
  exit
}

# start NAME COMMAND...: runs it beside what follows; finished NAME waits for it, shows what it said and answers with its code.
declare -A started=()
start() {
  "${@:2}" >"$results/$1.log" 2>&1 &
  started[$1]=$!
}

finished() {
  local code=0
  wait "${started[$1]}" || code=$?
  cat "$results/$1.log"
  return "$code"
}

# check NAME COMMAND...: one check that counts as one test.
check() {
  local name=$1
  shift
  echo "== $name"
  if "$@"; then
    passed=$((passed + 1))
  else
    fail "$name"
  fi
}

# counter NAME FILE: an attribute of the <Counters> element of a result file.
counter() { grep -o '<Counters [^>]*' "$2" | grep -o " $1=\"[0-9]*" | grep -o '[0-9]*$'; }

# run_tests PROJECT MINUTES
run_tests() {
  local name file before
  name=$(basename "$1")
  file="$results/$name.trx"
  before=$failed
  echo "== $name"
  timeout -k 30 "$2m" dotnet test "$1" --no-build --results-directory "$results" --logger "trx;LogFileName=$name.trx" --logger "console;verbosity=normal"
  count $? "$name" "$file" "$before"
}

# count CODE NAME FILE BEFORE: adds up a result file. A run that broke off counts, whatever it had counted before.
count() {
  if [ -f "$3" ]; then
    passed=$((passed + $(counter passed "$3")))
    failed=$((failed + $(counter failed "$3") + $(counter error "$3") + $(counter timeout "$3") + $(counter aborted "$3")))
    skipped=$((skipped + $(counter total "$3") - $(counter executed "$3")))
  fi
  if [ "$1" -ne 0 ] && [ "$failed" -eq "$4" ]; then
    fail "$2 ended with code $1"
  fi
}

# conformance STACK MINUTES: the suite is a program of its own, so that it can be pointed at any sidecar.
conformance() {
  CONFORMANCE_STACK=$1 timeout -k 30 "$2m" tests/DaprConformance/bin/Debug/net10.0/ImDapr.DaprConformance -noLogo -noColor -trx "$results/conformance-$1.trx"
}

count_conformance() {
  local before=$failed
  echo "== conformance on $1"
  finished "conformance-$1"
  count $? "conformance on $1" "$results/conformance-$1.trx" "$before"
}

# count_line CODE NAME LOG BEFORE: adds up the last line of a program that counts by itself. A run that broke off counts here too.
count_line() {
  if [[ $(tail -n 1 "$3") =~ ^([0-9]+)\ passed,\ ([0-9]+)\ failed$ ]]; then
    passed=$((passed + BASH_REMATCH[1]))
    failed=$((failed + BASH_REMATCH[2]))
    [ "${BASH_REMATCH[2]}" -eq 0 ] || failures+=("$2: ${BASH_REMATCH[2]}, named above")
  fi
  if [ "$1" -ne 0 ] && [ "$failed" -eq "$4" ]; then
    fail "$2 ended with code $1"
  fi
}

# run_chaos NAME MINUTES OPTION...: counts its faults; its last line says how many were borne.
run_chaos() {
  local name=$1 before=$failed log="$results/chaos-$1.log"
  echo "== chaos on $name"
  timeout -k 30 "$2m" dotnet tests/Chaos/bin/Debug/net10.0/ImDapr.Chaos.dll "${@:3}" | tee "$log"
  count_line "${PIPESTATUS[0]}" "chaos on $name" "$log" "$before"
}

# count_started NAME: a program that was started and counts by itself. With code 77 it has said why it cannot run here, and counts as skipped.
count_started() {
  local before=$failed code=0
  echo "== $1"
  finished "$1" || code=$?
  if [ "$code" -eq 77 ]; then
    skipped=$((skipped + 1))
  else
    count_line "$code" "$1" "$results/$1.log" "$before"
  fi
}

rm -rf "$results"
mkdir -p "$results"
install_servers

echo "== build"
if ! dotnet build ImDapr.sln -nodeReuse:false -v quiet; then
  fail build
  finish
fi
start format dotnet format ImDapr.sln --verify-no-changes --no-restore
run_tests tests/UnitTests 4
run_tests tests/KubernetesTests 3
check "format" finished format
# Much of these is waiting: for a time to live, a retry, a timer.
start conformance-embedded conformance embedded 7
start conformance-servers conformance servers 7
count_conformance embedded
count_conformance servers
run_tests tests/IntegrationTests 15
start images timeout -k 30 5m tests/images.sh --no-build
run_chaos servers 4 --short
count_started images
start upgrade timeout -k 30 7m tests/upgrade.sh --short
run_chaos embedded 4 --short --embedded
check "the benchmarks run" timeout -k 30 3m dotnet tests/Benchmarks/bin/Debug/net10.0/ImDapr.Benchmarks.dll --quick
start costs timeout -k 30 4m tests/StorageCosts/bin/Debug/net10.0/ImDapr.StorageCosts --quick --model redis --policy reference
check "the commands of README.md in a fresh clone" timeout -k 30 5m tests/readme.sh
check "the costs of storage models are measured" finished costs
count_started upgrade
finish
