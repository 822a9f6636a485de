package io.pilothouse.processes;

import java.util.Locale;

/** What the kernel can limit of a group of processes (cgroups(7)). */
public enum Control {
  CPU,
  MEMORY,
  PIDS;

  /** The controller's name in the kernel. */
  String controller() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** As in a manifest. */
  String key() {
    return switch (this) {
      case CPU -> "cpus";
      case MEMORY -> "mem";
      case PIDS -> "pids";
    };
  }
}
