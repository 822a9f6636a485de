package io.pilothouse.dm.state;

import io.pilothouse.api.v1.HealthCode;
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
  void machines(MachineCode code, Crowd crowd) {
    if (crowd.size() == 0) {
      return;
    }
    List<String> first = crowd.names().stream().limit(NAMED).toList();
    add(
        code.name(),
        "WARN",
        crowd.size(),
        crowd.scope(),
        crowd.since(),
        code.action().formatted(first.get(0)),
        "%s %s: %s".formatted(crowd.size(), code.text(), named(first, crowd.size())));
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
                        .limit(NAMED)
                        .map(each -> each.getId() + " of " + each.getMachine())
                        .toList(),
                    repairs.size())));
  }

  private static String named(List<String> first, int all) {
    String named = String.join(", ", first);
    return all <= first.size() ? named : named + " and " + (all - first.size()) + " more";
  }
}
