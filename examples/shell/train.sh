#!/usr/bin/env bash
# Any training that prints a log: sh train.sh runs/42 python train.py --lr 1e-3
set -uo pipefail
RUN=$1
shift
mkdir -p "$RUN"
"$@" 2>&1 | tee "$RUN/train.log"
code=${PIPESTATUS[0]}
timeout 60 "${LOSSREPORT_PYTHON:-python3}" -m lossreport build "$RUN" -q || echo "lossreport: no report for $RUN" >&2
exit "$code"
