package io.pilothouse.filesync;

import java.io.IOException;
import java.util.List;

/** Tells bytes that a disk cannot give back from other trouble, as with too many open files. */
public final class DiskFault {
  /** What the system says of EIO, EUCLEAN and EBADMSG: the JDK has no types for them. */
  private static final List<String> SAID =
      List.of("Input/output error", "Structure needs cleaning", "Bad message");

  private DiskFault() {}

  /** Whether a read failed as of an unreadable sector, or of a sum that the file system keeps. */
  public static boolean is(IOException e) {
    return SAID.stream().anyMatch(String.valueOf(e.getMessage())::contains);
  }
}
