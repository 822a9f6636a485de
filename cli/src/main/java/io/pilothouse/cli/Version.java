package io.pilothouse.cli;

/** The version of this build, from the jar's manifest. */
public final class Version {
  private Version() {}

  /** {@code 0.1.0}, or that it is none of a release. */
  public static String text() {
    String version = Version.class.getPackage().getImplementationVersion();
    return version == null ? "development build" : version;
  }
}
