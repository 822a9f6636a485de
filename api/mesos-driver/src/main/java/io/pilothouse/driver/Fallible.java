package io.pilothouse.driver;

/** Who can be told that a driver is over. */
public interface Fallible {
  /** The last of all: the driver has aborted. */
  void error(String text);
}
