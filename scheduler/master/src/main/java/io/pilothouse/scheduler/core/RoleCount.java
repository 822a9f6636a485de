package io.pilothouse.scheduler.core;

import io.pilothouse.scheduler.allocator.Allocation;
import io.pilothouse.scheduler.allocator.Quota;
import io.pilothouse.scheduler.allocator.RoleStanding;
import io.pilothouse.scheduler.allocator.resources.Entry;
import io.pilothouse.scheduler.allocator.resources.Quantities;
import io.pilothouse.scheduler.allocator.resources.Reserved;
import io.pilothouse.scheduler.allocator.resources.Resources;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** Adds up what each role has, with those below it. */
final class RoleCount {
  private final Tables tables;
  private final Map<String, Resources> used = new TreeMap<>();
  private final Map<String, Resources> offered = new TreeMap<>();
  private final Map<String, Resources> reserved = new TreeMap<>();
  private final Map<String, List<String>> frameworks = new TreeMap<>();
  private final Map<String, Long> totals = new TreeMap<>();

  RoleCount(Tables tables) {
    this.tables = tables;
    Map<String, Resources> usedHere = new TreeMap<>();
    Map<String, Resources> offeredHere = new TreeMap<>();
    Map<String, Resources> reservedHere = new TreeMap<>();
    for (Agent agent : tables.agents.values()) {
      agent.total.quantities().forEach((name, milli) -> totals.merge(name, milli, Long::sum));
      agent.used().forEach(each -> add(usedHere, each));
      agent.offers.forEach(each -> add(offeredHere, each.allocation()));
      for (Entry each : Reserved.of(agent.total)) {
        reservedHere.merge(each.kind().role().orElseThrow(), Resources.of(each), Resources::plus);
      }
    }
    upwards(reservedHere, reserved);
    upwards(usedHere, used);
    upwards(offeredHere, offered);
    for (Framework framework : tables.frameworks.values()) {
      for (String role : framework.roles()) {
        frameworks.computeIfAbsent(role, name -> new ArrayList<>()).add(framework.id);
      }
    }
  }

  private static void add(Map<String, Resources> to, Allocation what) {
    to.merge(what.role(), what.resources(), Resources::plus);
  }

  private static void upwards(Map<String, Resources> here, Map<String, Resources> with) {
    here.forEach(
        (role, what) -> {
          String path = role;
          while (!path.isEmpty()) {
            with.merge(path, what, Resources::plus);
            path = path.substring(0, Math.max(0, path.lastIndexOf('/')));
          }
        });
  }

  /** By name: those that somebody is in or has something in, that something was set of, above. */
  List<RoleFigures> roles() {
    Map<String, RoleStanding> standing = new TreeMap<>();
    tables.allocator.roles().forEach(each -> standing.put(each.role(), each));
    for (Set<String> more :
        List.of(
            used.keySet(),
            offered.keySet(),
            reserved.keySet(),
            frameworks.keySet(),
            tables.shares.names())) {
      more.forEach(name -> standing.computeIfAbsent(name, RoleCount::plain));
    }
    return standing.values().stream().map(this::figures).toList();
  }

  private static RoleStanding plain(String role) {
    return new RoleStanding(role, 1, 0, Quota.NONE, Quantities.NONE);
  }

  private RoleFigures figures(RoleStanding standing) {
    String name = standing.role();
    Resources has = used.getOrDefault(name, Resources.NONE);
    Resources asked = offered.getOrDefault(name, Resources.NONE);
    double share = 0;
    String dominant = "";
    for (Map.Entry<String, Long> each : has.plus(asked).quantities().byName().entrySet()) {
      long total = totals.getOrDefault(each.getKey(), 0L);
      double part = total == 0 ? 0 : (double) each.getValue() / total;
      if (part > share) {
        share = part;
        dominant = each.getKey();
      }
    }
    return new RoleFigures(
        name,
        standing.weight(),
        standing.priority(),
        standing.quota(),
        has,
        asked,
        reserved.getOrDefault(name, Resources.NONE),
        standing.consumed(),
        share,
        dominant,
        tables.shares.revokeAfter(name).orElse(0),
        tables.lacks.getOrDefault(name, ""),
        frameworks.getOrDefault(name, List.of()));
  }
}
