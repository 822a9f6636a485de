package io.pilothouse.dm.server;

import java.util.Locale;

/** How much a call matters when not all can be served: the first of these come first. */
enum CallClass {
  /** People, and the services that repair and install machines. */
  OPERATOR_AND_REPAIR,
  /** What machines, satellites and watchdogs say is so. */
  REPORT,
  /** What they ask should be so: each has an answer already and goes on by it. */
  PULL,
  /** Long copies, which nobody is kept waiting by. */
  BACKGROUND;

  /** As metrics and messages name it. */
  String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
