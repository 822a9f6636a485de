package io.pilothouse.cli.dev;

import io.pilothouse.cli.Home;
import java.util.SortedMap;
import java.util.TreeMap;

/** Where the satellites of a fleet on this machine serve their pages. */
public final class LocalPrograms {
  private LocalPrograms() {}

  /** Addresses by name; none when there is no fleet in the home directory. */
  public static SortedMap<String, String> satellites(Home home) {
    SortedMap<String, String> addresses = new TreeMap<>();
    home.contextList("base-port")
        .forEach(
            base -> {
              Ports ports = new Ports(Integer.parseInt(base));
              addresses.put("watchdog", ports.watchdog());
              addresses.put("repair", ports.repair());
              addresses.put("provisioning", ports.provisioning());
            });
    return addresses;
  }
}
