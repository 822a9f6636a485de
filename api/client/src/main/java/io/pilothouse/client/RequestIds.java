package io.pilothouse.client;

import java.util.concurrent.ThreadLocalRandom;

/** Ids that tie a call to the log lines that it causes, here and in the Device Manager. */
public final class RequestIds {
  /** Key in the logging context under which a program puts the id of what it works on. */
  public static final String LOG_KEY = "rid";

  private RequestIds() {}

  /** A fresh id, 16 hex digits. */
  public static String fresh() {
    // the top bit makes it 16 digits without a formatter, which is slow to load
    return Long.toHexString(ThreadLocalRandom.current().nextLong() | Long.MIN_VALUE);
  }
}
