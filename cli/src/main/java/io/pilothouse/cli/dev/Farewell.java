package io.pilothouse.cli.dev;

import io.pilothouse.api.v1.Fleet;
import io.pilothouse.cli.Home;
import java.util.ArrayList;
import java.util.List;

/** What to know of a fleet that was just started, and what to type next. */
final class Farewell {

  private Farewell() {}

  static List<String> lines(FleetFiles files) {
    Home home = files.home();
    Layout layout = files.layout();
    List<String> lines =
        new ArrayList<>(
            List.of(
                "",
                "addresses",
                "  Device Manager  http " + layout.httpServers(),
                "                  gRPC " + layout.grpcServers()));
    if (layout.offers()) {
      lines.add("  scheduler       http://" + layout.ports().schedulerApi());
    }
    String first = files.machines().get(0);
    if (serves(files.fleet(), first)) {
      lines.add("  first machine   http://%s/".formatted(layout.ports().machine(1)));
    }
    lines.addAll(
        List.of(
            "  logs            " + home.log(),
            "  fleet files     " + home.fleet(),
            "",
            "try next",
            "  ./pilot status",
            "  ./pilot machine list"));
    switch (String.valueOf(FleetFiles.source(home).dir().getFileName())) {
      case "quickstart" ->
          lines.addAll(
              List.of(
                  "  ./pilot rollout start frontend web@1.1.0 && ./pilot rollout watch",
                  "  ./pilot dev kill web-03 && ./pilot events --follow",
                  "  ./pilot explain machine web-03"));
      case "offers" ->
          lines.addAll(
              List.of(
                  "  manifests/examples/offers/count",
                  "  ./pilot dev kill " + first + " && ./pilot events --follow"));
      default ->
          lines.addAll(
              List.of(
                  "  ./pilot manifest list",
                  "  ./pilot rollout plan TYPE MANIFEST@VERSION",
                  "  ./pilot dev kill " + first + " && ./pilot events --follow"));
    }
    lines.add("  ./pilot down");
    return lines;
  }

  private static boolean serves(Fleet fleet, String machine) {
    return fleet.getMachinesList().stream()
        .filter(each -> each.getName().equals(machine))
        .flatMap(
            each ->
                fleet.getTypesList().stream().filter(type -> type.getName().equals(each.getType())))
        .anyMatch(type -> !type.getManifest().isEmpty());
  }
}
