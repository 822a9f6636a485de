package io.pilothouse.manifests;

import io.pilothouse.manifests.ManifestSpec.Hook;
import io.pilothouse.manifests.ProcessSpec.Live;
import io.pilothouse.manifests.ProcessSpec.Look;
import io.pilothouse.manifests.ProcessSpec.Port;
import io.pilothouse.manifests.ProcessSpec.Probe;
import io.pilothouse.manifests.table.Shapes.Placed;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** A manifest while its file is read, with the defaults. */
final class ManifestDraft {
  String name = "";
  String version = "";
  @Nullable HookDraft afterSwitch;
  final List<String> config = new ArrayList<>();
  final List<Placed<ProcessDraft>> processes = new ArrayList<>();

  ManifestSpec build() {
    SortedMap<String, Integer> ports = new TreeMap<>();
    processes.forEach(
        each -> each.value().ports.forEach((port, at) -> ports.put(port, at.value())));
    return new ManifestSpec(
        name,
        version,
        processes.stream().map(each -> each.value().build(ports)).toList(),
        ports,
        Optional.ofNullable(afterSwitch).map(each -> new Hook(each.run, each.timeout)),
        config);
  }

  /** A hook. */
  static final class HookDraft {
    String run = "";
    Duration timeout = Duration.ofSeconds(60);
  }

  /** A way to look. */
  static final class LookDraft {
    private static final Duration READY = Duration.ofSeconds(1);
    private static final Duration LIVE = Duration.ofSeconds(10);

    final List<ProbeDraft> probes = new ArrayList<>();
    @Nullable Duration interval;
    Duration timeout = Duration.ofSeconds(2);
    int failures = 3;

    Look ready(SortedMap<String, Integer> ports) {
      return look(READY, ports);
    }

    Live live(SortedMap<String, Integer> ports) {
      return new Live(look(LIVE, ports), failures);
    }

    private Look look(Duration usual, SortedMap<String, Integer> ports) {
      Probe probe = probes.get(0).build(ports);
      return new Look(probe, interval == null ? usual : interval, timeout);
    }
  }

  /** A probe, of which exactly one kind is given. */
  static final class ProbeDraft {
    private enum Kind {
      HTTP,
      TCP,
      COMMAND
    }

    private final Kind kind;
    private final String text;
    final @Nullable Placed<String> port;

    private ProbeDraft(Kind kind, String text, @Nullable Placed<String> port) {
      this.kind = kind;
      this.text = text;
      this.port = port;
    }

    static ProbeDraft http(PortDraft draft) {
      return new ProbeDraft(Kind.HTTP, draft.path, draft.port);
    }

    static ProbeDraft tcp(PortDraft draft) {
      return new ProbeDraft(Kind.TCP, "", draft.port);
    }

    static ProbeDraft command(String run) {
      return new ProbeDraft(Kind.COMMAND, run, null);
    }

    /** The name of the port that it asks; empty when it has none, or a number. */
    Optional<Placed<String>> namedPort() {
      return Optional.ofNullable(port).filter(each -> !isNumber(each.value()));
    }

    Probe build(SortedMap<String, Integer> ports) {
      return switch (kind) {
        case HTTP -> new Probe.Http(text, port(ports));
        case TCP -> new Probe.Tcp(port(ports));
        case COMMAND -> new Probe.Command(text);
      };
    }

    private Port port(SortedMap<String, Integer> ports) {
      if (port == null) {
        return Port.MACHINE;
      }
      return isNumber(port.value())
          ? new Port(Integer.parseInt(port.value()), false)
          : new Port(ports.getOrDefault(port.value(), 0), true);
    }

    private static boolean isNumber(String text) {
      return Character.isDigit(text.charAt(0));
    }
  }

  /** An http or tcp probe. */
  static final class PortDraft {
    String path = "";
    @Nullable Placed<String> port;
  }
}
