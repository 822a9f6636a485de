package io.pilothouse.driver;

/** A driver, as its callbacks know it. */
interface Life {
  boolean isRunning();

  /** It cannot help this: it aborts, and {@link Fallible#error} is told why. */
  void fails(String why);

  State abort();
}
