package io.pilothouse.mesos;

/**
 * What others sent, where it is quoted: it must neither write lines or move cursors of its own nor
 * fill a log.
 */
public final class Printable {
  private static final int LONGEST = 2_000;

  private Printable() {}

  /** Of at most 2,000 characters, and without those that control. */
  public static String of(String text) {
    String cut = text.length() > LONGEST ? text.substring(0, LONGEST) + " ..." : text;
    return cut.replaceAll("\\p{Cc}", "?");
  }
}
