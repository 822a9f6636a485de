#!/bin/sh
# pilot: every=5s timeout=2s severity=normal mode=live
# Room on the file system of the machine's disk, by the Nagios plugin convention.
# It runs in a directory of its own on the machine's disk.
warn=90
crit=97

fill=$(df -P . 2>/dev/null | awk 'NR == 2 { sub("%", "", $5); print $5 }')
case $fill in
  '' | *[!0-9]*) echo "DISK UNKNOWN - df said nothing of $(pwd)"; exit 3 ;;
esac

perf="used=$fill%;$warn;$crit;0;100"
if [ "$fill" -ge "$crit" ]; then
  echo "DISK CRITICAL - $fill% used | $perf"
  exit 2
elif [ "$fill" -ge "$warn" ]; then
  echo "DISK WARNING - $fill% used | $perf"
  exit 1
fi
echo "DISK OK - $fill% used | $perf"
