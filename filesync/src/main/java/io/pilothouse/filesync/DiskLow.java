package io.pilothouse.filesync;

import java.io.IOException;

/** A disk has less room left than shall be kept free: nothing more is taken. */
public final class DiskLow extends IOException {
  private static final long serialVersionUID = 1;

  public DiskLow(String message) {
    super(message);
  }
}
