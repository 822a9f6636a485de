package io.pilothouse.driver;

import io.pilothouse.mesos.stream.SchedulerAddress;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;

/** What a framework gives its driver as the master. */
final class Masters {
  private static final String SCHEME = "mesos://";
  private static final String EXPECTED =
      "; expected host:port or https://host:port of Pilothouse's schedulers (their --api),"
          + " several with commas between them";

  private Masters() {}

  /**
   * Reads {@code host:port}, {@code http(s)://host:port}, or several of them; {@code mesos://} may
   * be before all.
   *
   * @throws IllegalArgumentException naming what is wrong with it
   */
  static List<URI> parse(String master) {
    String text = master.startsWith(SCHEME) ? master.substring(SCHEME.length()) : master;
    String shown = text.substring(text.lastIndexOf('@') + 1); // a secret does not belong into logs
    if (text.startsWith("zk://")) {
      throw bad(shown, "Pilothouse has no ZooKeeper that knows who leads");
    }
    if (text.startsWith("file://")) {
      throw bad(shown, "files with the master's address are not read");
    }
    if (text.equals("local") || text.equals("localquiet")) {
      throw bad(shown, "there is no scheduler within the framework's process");
    }
    List<URI> all = new ArrayList<>();
    for (String each : text.split(",", -1)) {
      try {
        all.add(SchedulerAddress.parse(each.strip()));
      } catch (IllegalArgumentException e) {
        throw bad(shown, String.valueOf(e.getMessage()));
      }
    }
    return all;
  }

  private static IllegalArgumentException bad(String master, String why) {
    return new IllegalArgumentException("bad master '" + master + "': " + why + EXPECTED);
  }
}
