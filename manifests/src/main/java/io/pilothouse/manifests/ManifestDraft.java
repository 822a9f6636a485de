package io.pilothouse.manifests;

import io.pilothouse.manifests.ProcessSpec.Limits;
import io.pilothouse.manifests.ProcessSpec.Probe;
import io.pilothouse.manifests.ProcessSpec.Ready;
import io.pilothouse.manifests.ProcessSpec.Restart;
import io.pilothouse.manifests.table.Shapes.Placed;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** A manifest while its file is read, with the defaults. */
final class ManifestDraft {
  String name = "";
  String version = "";
  final List<Placed<ProcessDraft>> processes = new ArrayList<>();

  ManifestSpec build() {
    return new ManifestSpec(
        name, version, processes.stream().map(each -> each.value().build()).toList());
  }

  /** A process. */
  static final class ProcessDraft {
    String name = "";
    String run = "";
    SortedMap<String, String> env = new TreeMap<>();
    Restart restart = Restart.ALWAYS;
    Duration stopGrace = Duration.ofSeconds(10);
    @Nullable LimitsDraft limits;
    @Nullable Placed<ReadyDraft> ready;

    ProcessSpec build() {
      return new ProcessSpec(
          name,
          run,
          env,
          limits == null ? Limits.NONE : limits.build(),
          restart,
          Optional.ofNullable(ready).map(each -> each.value().build()),
          stopGrace);
    }
  }

  /** Limits of a process. */
  static final class LimitsDraft {
    @Nullable Double cpus;
    @Nullable Long memory;
    @Nullable Integer pids;

    Limits build() {
      return new Limits(
          Optional.ofNullable(cpus),
          Optional.ofNullable(memory),
          pids == null ? OptionalInt.empty() : OptionalInt.of(pids));
    }
  }

  /** Readiness of a process. */
  static final class ReadyDraft {
    final List<Probe> probes = new ArrayList<>();
    Duration interval = Duration.ofSeconds(1);
    Duration timeout = Duration.ofSeconds(2);

    Ready build() {
      return new Ready(probes.get(0), interval, timeout);
    }
  }

  /** An http or tcp probe. */
  static final class PortDraft {
    String path = "";
    @Nullable Integer port;

    OptionalInt port() {
      return port == null ? OptionalInt.empty() : OptionalInt.of(port);
    }
  }
}
