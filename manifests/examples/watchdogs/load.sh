#!/bin/sh
# pilot: every=5s timeout=2s severity=normal types=frontend
# Load average for each processor, by the Nagios plugin convention. It watches and never repairs:
# a busy machine is not a broken one, so more than 8 a processor is a warning and nothing worse.
warn=8

[ -r /proc/loadavg ] || { echo "LOAD UNKNOWN - no /proc/loadavg"; exit 3; }
read -r one rest < /proc/loadavg
cpus=$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 1)
share=$(awk -v load="$one" -v cpus="$cpus" 'BEGIN { printf "%.2f", load / cpus }')

perf="load1=$one;;;0 load_per_cpu=$share;$warn;;0"
if awk -v share="$share" -v warn="$warn" 'BEGIN { exit !(share >= warn) }'; then
  echo "LOAD WARNING - $share a processor | $perf"
  exit 1
fi
echo "LOAD OK - $share a processor | $perf"
