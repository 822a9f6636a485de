package org.apache.mesos;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Stands in for the loader of libmesos: there is nothing to load. */
public class MesosNativeLibrary {
  public static final String VERSION = "1.11.0";

  private static final Version LIBRARY = new Version(1, 11, 0);

  public static void load(String path) {}

  public static void load() {}

  /** Of the API that is spoken; it is what the scheduler's {@code /version} says, too. */
  public static Version version() {
    return LIBRARY;
  }

  /** As Mesos' class of this name, which frameworks ask whether the library is new enough. */
  public static class Version implements Comparable<Version> {
    public final long major;
    public final long minor;
    public final long patch;

    public Version(long major, long minor, long patch) {
      if (major < 0 || minor < 0 || patch < 0) {
        throw new IllegalArgumentException(
            "version %d.%d.%d: expected numbers from 0 on".formatted(major, minor, patch));
      }
      this.major = major;
      this.minor = minor;
      this.patch = patch;
    }

    public Version(long major, long minor) {
      this(major, minor, 0);
    }

    public Version(long major) {
      this(major, 0, 0);
    }

    @Override
    public boolean equals(@Nullable Object other) {
      return other instanceof Version version && compareTo(version) == 0;
    }

    /** Mesos' class has this one, and compiled frameworks may call it. */
    @SuppressWarnings("NonOverridingEquals")
    public boolean equals(Version other) {
      return compareTo(other) == 0;
    }

    @Override
    public int hashCode() {
      return Objects.hash(major, minor, patch);
    }

    @Override
    public int compareTo(Version other) {
      int order = Long.compare(major, other.major);
      order = order != 0 ? order : Long.compare(minor, other.minor);
      return order != 0 ? order : Long.compare(patch, other.patch);
    }

    public boolean before(Version other) {
      return compareTo(other) < 0;
    }

    public boolean after(Version other) {
      return compareTo(other) > 0;
    }

    @Override
    public String toString() {
      return major + "." + minor + "." + patch;
    }
  }
}
