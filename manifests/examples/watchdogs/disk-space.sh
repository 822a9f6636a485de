#!/bin/sh
# pilot: every=60s timeout=20s severity=normal
# Room and inodes of every local file system, by the Nagios plugin convention. Thresholds in
# percent used: the first argument is a WARNING, the second an ERROR.
warn=${1:-90}
crit=${2:-97}

# the columns of df -P and df -Pi are the same, so one program reads both
look() { # option, counter's name
  df -Pl "$1" 2>/dev/null | awk -v warn="$warn" -v crit="$crit" -v what="$2" '
    NR == 1 || $1 !~ /^\// || seen[$1]++ { next }
    {
      used = $5; sub("%", "", used)
      if (used !~ /^[0-9]+$/) next   # a file system without inodes says -
      used += 0                      # a number, or it is compared as a text
      perf = perf sprintf(" \047%s %s\047=%d%%;%d;%d;0;100", $6, what, used, warn, crit)
      if (used >= crit) bad = bad sprintf(" %s %d%% of %s", $6, used, what)
      else if (used >= warn) most = most sprintf(" %s %d%% of %s", $6, used, what)
      count++
    }
    END { printf "%d|%s|%s|%s\n", count, bad, most, perf }'
}

IFS='|' read -r count space_bad space_most space_perf <<END
$(look -k space)
END
IFS='|' read -r inodes inode_bad inode_most inode_perf <<END
$(look -i inodes)
END
if [ "$((count + inodes))" -eq 0 ]; then
  echo "DISK UNKNOWN - df tells of no local file system"
  exit 3
fi

perf="|$space_perf$inode_perf"
if [ -n "$space_bad$inode_bad" ]; then
  echo "DISK CRITICAL -$space_bad$inode_bad $perf"
  if [ -n "$space_bad" ]; then fault=disk.full; else fault=disk.inodes; fi
  echo "{\"fault\": \"$fault\"}"
  exit 2
elif [ -n "$space_most$inode_most" ]; then
  echo "DISK WARNING -$space_most$inode_most $perf"
  exit 1
fi
echo "DISK OK - $count file systems $perf"
