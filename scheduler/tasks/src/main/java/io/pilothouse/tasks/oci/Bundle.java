package io.pilothouse.tasks.oci;

import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The directory of one container (OCI runtime specification, "Filesystem Bundle"), with all that is
 * known of it: what is not in it any more leaves nothing behind. The root file system is mounted in
 * the name space of the runtime alone, and goes with it.
 *
 * @param dir its own, which nobody but the agent can enter
 */
record Bundle(Path dir) {
  /** Which image it uses; one that a container names is not removed. */
  Path image() {
    return dir.resolve("image");
  }

  /** Which runtime it was made for. */
  Path program() {
    return dir.resolve("runtime");
  }

  Path config() {
    return dir.resolve("config.json");
  }

  Path rootfs() {
    return dir.resolve("rootfs");
  }

  /** A link to the image's files. */
  Path lower() {
    return dir.resolve("lower");
  }

  /** What the container writes over them; not there where all of the image is copied. */
  Path upper() {
    return dir.resolve("upper");
  }

  /** The kernel's own, beside {@link #upper}. */
  Path work() {
    return dir.resolve("work");
  }

  /** Written by the runtime once the container is made: of its first process. */
  Path pid() {
    return dir.resolve("pid");
  }

  /** Why the runtime could not make it. */
  Path log() {
    return dir.resolve("log");
  }

  /** What the runtime knows of it. */
  Path state() {
    return dir.resolve("state");
  }

  String id() {
    return String.valueOf(dir.getFileName());
  }

  boolean isThere() {
    return Files.isDirectory(dir);
  }
}
