package io.pilothouse.dm.state;

import io.pilothouse.api.v1.HealthCode;
import io.pilothouse.api.v1.Machine;
import io.pilothouse.api.v1.Repair;
import java.util.ArrayList;
import java.util.List;

/** Collects health codes: stable names with count, scope, since, action and page. */
final class HealthCodes {
  private static final int NAMED = 5;

  private final List<HealthCode> codes = new ArrayList<>();

  List<HealthCode> all() {
    return List.copyOf(codes);
  }

  /** The worst severity as the fleet's health. */
  String health() {
    if (codes.stream().anyMatch(each -> each.getSeverity().equals("ERR"))) {
      return "HEALTH_ERR";
    }
    return codes.isEmpty() ? "HEALTH_OK" : "HEALTH_WARN";
  }

  void add(
      String code,
      String severity,
      int count,
      String scope,
      long since,
      String action,
      String text) {
    codes.add(
        HealthCode.newBuilder()
            .setCode(code)
            .setSeverity(severity)
            .setCount(count)
            .setScope(scope)
            .setSince(since)
            .setAction(action)
            .setSee("docs/operations/health-codes.md#" + code.toLowerCase(java.util.Locale.ROOT))
            .setText(text)
            .build());
  }

  /** One code for several machines; the action names the first. */
  void machines(String code, List<Machine> machines, String action, String text) {
    if (machines.isEmpty()) {
      return;
    }
    List<String> names = machines.stream().map(Machine::getName).toList();
    add(
        code,
        "WARN",
        names.size(),
        scope(machines),
        machines.stream().mapToLong(Machine::getSince).min().orElse(0),
        action.formatted(names.get(0)),
        "%s %s: %s".formatted(names.size(), text, named(names)));
  }

  /** One code for several repairs. */
  void repairs(String code, String severity, List<Repair> repairs) {
    if (repairs.isEmpty()) {
      return;
    }
    Repair first = repairs.get(0);
    add(
        code,
        severity,
        repairs.size(),
        "machine/" + first.getMachine(),
        repairs.stream().mapToLong(Repair::getSince).min().orElse(0),
        "pilot explain repair " + first.getId(),
        "%s held back: %s"
            .formatted(
                repairs.size(),
                named(
                    repairs.stream()
                        .map(each -> each.getId() + " of " + each.getMachine())
                        .toList())));
  }

  private static String scope(List<Machine> machines) {
    if (machines.size() == 1) {
      return "machine/" + machines.get(0).getName();
    }
    List<String> units = machines.stream().map(Machine::getScaleUnit).distinct().toList();
    return units.size() == 1 ? "unit/" + units.get(0) : "fleet";
  }

  private static String named(List<String> names) {
    return names.size() <= NAMED
        ? String.join(", ", names)
        : String.join(", ", names.subList(0, NAMED)) + " and " + (names.size() - NAMED) + " more";
  }
}
