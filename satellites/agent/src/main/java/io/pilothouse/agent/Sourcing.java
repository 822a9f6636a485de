package io.pilothouse.agent;

import io.pilothouse.filesync.client.Transfer;

/** Where contents come from, and what goes first. */
interface Sourcing {

  /** To bring a content in full. */
  Transfer of(String digest);

  /** To restore what was damaged on this disk: it serves, or is about to. */
  Transfer ofRepair();

  /** Something was restored. */
  void repaired();
}
