#!/usr/bin/env bash
# Sends the gateway requests that its OpenAPI document allows and many that it does not (Schemathesis), and fails if an
# answer is a 5xx or differs from the document. Starts a gateway with the tiny model on its own port and data folder,
# and stops it. Usage: load-tests/schemathesis.sh [further arguments of schemathesis run]
# Environment: WHETSTONE_PORT (8149), SCHEMATHESIS_EXAMPLES (per route, 20), SCHEMATHESIS_SECONDS (whole run, 600),
# SCHEMATHESIS_HOME (where the gateway's data, Schemathesis itself and its report go; default a temporary folder).
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
version=4.32.5
home=${SCHEMATHESIS_HOME:-$(mktemp -d)}
export WHETSTONE_PORT=${WHETSTONE_PORT:-8149} WHETSTONE_HOME=$home/data WHETSTONE_MODEL=tiny-reviews
base=http://127.0.0.1:$WHETSTONE_PORT

if [ ! -x "$home/venv/bin/schemathesis" ]; then
  python3 -m venv "$home/venv"
  "$home/venv/bin/pip" install -q "schemathesis==$version"
fi

"$root/run" >"$home/gateway.log" 2>&1 &
gateway=$!
stop() {
  kill "$gateway" 2>/dev/null || true
  wait "$gateway" 2>/dev/null || true
}
trap stop EXIT
for _ in $(seq 300); do
  kill -0 "$gateway" 2>/dev/null || { tail -20 "$home/gateway.log" >&2; exit 1; }
  curl -sf -o /dev/null "$base/q/health/ready" && break
  sleep 1
done
curl -sf -o /dev/null "$base/q/health/ready" || { echo "the gateway did not become ready; see $home/gateway.log" >&2; exit 1; }

# An operator's key opens every route.
key=$(python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))["operator"])' "$WHETSTONE_HOME/keys.json")
cd "$home"
export SCHEMATHESIS_HOOKS=schemathesis_lines PYTHONPATH=$root/load-tests PYTHONDONTWRITEBYTECODE=1
timeout --signal=INT $((${SCHEMATHESIS_SECONDS:-600} + 60)) "$home/venv/bin/schemathesis" run "$base/q/openapi" --url "$base" \
  --header "Authorization: Bearer $key" \
  --checks not_a_server_error,status_code_conformance,content_type_conformance,response_headers_conformance,response_schema_conformance,ignored_auth \
  --max-examples "${SCHEMATHESIS_EXAMPLES:-20}" --max-time "${SCHEMATHESIS_SECONDS:-600}" --request-timeout 60 --seed 1 --continue-on-failure \
  --report junit --report-dir "$home/report" --warnings off "$@"
