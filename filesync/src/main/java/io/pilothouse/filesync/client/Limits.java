package io.pilothouse.filesync.client;

import io.pilothouse.filesync.Throttle;
import io.pilothouse.filesync.TransferClass;
import java.util.List;

/** The limits that bytes of one transfer go through, one after the other: they all hold. */
record Limits(TransferClass transferClass, List<Throttle> throttles) {
  Limits {
    throttles = List.copyOf(throttles);
  }

  void take(int bytes) throws InterruptedException {
    for (Throttle each : throttles) {
      each.take(transferClass, bytes);
    }
  }
}
