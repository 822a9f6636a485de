package io.pilothouse.dm.state;

import io.pilothouse.api.v1.DeviceKind;
import io.pilothouse.api.v1.Machine;
import java.util.ArrayList;
import java.util.List;

/** The budget's domains: {@code fleet}, {@code unit/su-1}, {@code rack/r7}, {@code type/web} … */
final class Domains {
  static final String FLEET = "fleet";

  private Domains() {}

  /**
   * The domains that a machine is in, in the order in which they are named. One without a rack is
   * in no rack's domain. A switch is in none that are made of the machines behind it: it would
   * count as one more of them.
   */
  static List<String> of(Machine machine) {
    List<String> domains = new ArrayList<>(6);
    domains.add(FLEET);
    boolean isMachine = machine.getKind() != DeviceKind.DEVICE_SWITCH;
    if (isMachine) {
      add(domains, "unit", machine.getScaleUnit());
      add(domains, "rack", machine.getRack());
      add(domains, "switch", machine.getSwitch());
    }
    add(domains, "feed", machine.getFeed());
    add(domains, "type", machine.getType());
    return domains;
  }

  /** The dimension of a domain: {@code rack} of {@code rack/r7}. */
  static String dimension(String domain) {
    int slash = domain.indexOf('/');
    return slash < 0 ? domain : domain.substring(0, slash);
  }

  /** Whether the two are in the same domains. */
  static boolean same(Machine a, Machine b) {
    return a.getKind() == b.getKind()
        && a.getScaleUnit().equals(b.getScaleUnit())
        && a.getRack().equals(b.getRack())
        && a.getSwitch().equals(b.getSwitch())
        && a.getFeed().equals(b.getFeed())
        && a.getType().equals(b.getType());
  }

  private static void add(List<String> domains, String dimension, String name) {
    if (!name.isEmpty()) {
      domains.add(dimension + "/" + name);
    }
  }
}
