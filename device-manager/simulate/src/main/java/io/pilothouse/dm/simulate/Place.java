package io.pilothouse.dm.simulate;

import java.util.List;

/** Where a machine stands and what it is. Empty names are no domain. */
record Place(
    String name,
    String type,
    String unit,
    String rack,
    String networkSwitch,
    String feed,
    String model) {

  /** The domains of the budget that it is in; the fleet first. */
  List<String> domains() {
    return java.util.stream.Stream.of(
            "fleet",
            "unit/" + unit,
            "rack/" + rack,
            "switch/" + networkSwitch,
            "feed/" + feed,
            "type/" + type)
        .filter(each -> !each.endsWith("/"))
        .toList();
  }
}
