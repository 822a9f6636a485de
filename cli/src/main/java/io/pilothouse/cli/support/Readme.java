package io.pilothouse.cli.support;

import java.time.Instant;

/** What a bundle says of itself. */
final class Readme {
  private Readme() {}

  static String text(Instant at) {
    return """
    # Support bundle of a Pilothouse fleet
    Gathered by `pilot support` at %s.

    | file | what |
    |---|---|
    | `report.txt` | each source: there, cut, or why it is missing |
    | `machine.txt` | where it was gathered: versions, memory, disk |
    | `status.txt` | health codes, counts, replicas, what is active |
    | `members.txt` | the Device Manager's replicas |
    | `fleet/` | the fleet as text; scripts and their arguments are left out |
    | `events.txt` | the newest records of the audit trail |
    | `repairs.txt`, `rollouts.txt`, `incidents.txt`, `orders.txt` | the newest of each |
    | `watchdogs.txt`, `versions.txt` | what judges machines; what they run |
    | `machines-failing.txt`, `machines-probation.txt` | machines that are not well |
    | `pages/PROGRAM/` | metrics and status of each program that was reached |
    | `logs/` | ends of the logs of a fleet on the same machine |

    Texts are protocol buffers as text; times are milliseconds since the Unix epoch. Each file is
    cut at 2 MiB.

    Left out: private keys, certificates, the environment, tokens, contents of manifests and
    images, scripts, addresses of power controllers, logs of the processes that machines run. In
    all other texts `***` stands where something looked like a password. What people wrote in
    sentences of their own cannot be told from other words: look through the files before you
    hand them on.
    """
        .formatted(at);
  }
}
