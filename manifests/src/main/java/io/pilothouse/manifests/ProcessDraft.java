package io.pilothouse.manifests;

import io.pilothouse.manifests.ManifestDraft.LookDraft;
import io.pilothouse.manifests.ProcessSpec.BackOff;
import io.pilothouse.manifests.ProcessSpec.BeforeStop;
import io.pilothouse.manifests.ProcessSpec.Limits;
import io.pilothouse.manifests.ProcessSpec.Logs;
import io.pilothouse.manifests.ProcessSpec.Reload;
import io.pilothouse.manifests.ProcessSpec.Restart;
import io.pilothouse.manifests.ProcessSpec.Secret;
import io.pilothouse.manifests.ProcessSpec.Start;
import io.pilothouse.manifests.ProcessSpec.Stop;
import io.pilothouse.manifests.table.Shapes.Placed;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** A process of a manifest while its file is read, with the defaults. */
final class ProcessDraft {
  String name = "";
  String run = "";
  SortedMap<String, String> env = new TreeMap<>();
  final List<Placed<String>> envFiles = new ArrayList<>();

  /** What the files hold, filled in when they were read. */
  final SortedMap<String, String> envOfFiles = new TreeMap<>();

  final List<Placed<SecretDraft>> secrets = new ArrayList<>();
  @Nullable String user;
  LimitsDraft limits = new LimitsDraft();
  LogsDraft logs = new LogsDraft();
  final List<Placed<String>> after = new ArrayList<>();
  @Nullable Duration startTimeout;
  Restart restart = Restart.ALWAYS;
  BackOff backOff = new BackOff(Duration.ofMillis(500), Duration.ofSeconds(30));
  @Nullable Placed<LookDraft> ready;
  @Nullable Placed<LookDraft> live;
  @Nullable BeforeStop beforeStop;
  @Nullable String stopCommand;
  Duration stopGrace = Duration.ofSeconds(10);
  Map<String, Placed<Integer>> ports = new LinkedHashMap<>();
  @Nullable Placed<ReloadDraft> reload;

  ProcessSpec build(SortedMap<String, Integer> allPorts) {
    SortedMap<String, String> all = new TreeMap<>(envOfFiles);
    all.putAll(env);
    return new ProcessSpec(
        name,
        run,
        all,
        secrets.stream().map(each -> each.value().build()).toList(),
        Optional.ofNullable(user),
        limits.build(),
        new Logs(logs.maxSize, logs.keep),
        new Start(
            after.stream().map(Placed::value).toList(),
            Optional.ofNullable(startTimeout),
            restart,
            backOff),
        Optional.ofNullable(ready).map(each -> each.value().ready(allPorts)),
        Optional.ofNullable(live).map(each -> each.value().live(allPorts)),
        new Stop(Optional.ofNullable(beforeStop), Optional.ofNullable(stopCommand), stopGrace),
        Optional.ofNullable(reload).map(each -> each.value().ways.get(0)));
  }

  /** A secret. */
  static final class SecretDraft {
    String name = "";
    String from = "";
    Secret.As as = Secret.As.FILE;

    Secret build() {
      return new Secret(name, from.isEmpty() ? name : from, as);
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

  /** Bounds of a log. */
  static final class LogsDraft {
    long maxSize = 10L << 20;
    int keep = 2;
  }

  /** A pause that grows. */
  static final class BackOffDraft {
    Duration first = Duration.ofMillis(500);
    Duration longest = Duration.ofSeconds(30);

    BackOff build() {
      return new BackOff(first, longest);
    }
  }

  /** A hook before a stop. */
  static final class BeforeStopDraft {
    @Nullable String run;
    Duration wait = Duration.ZERO;
    Duration timeout = Duration.ofSeconds(10);

    BeforeStop build() {
      return new BeforeStop(Optional.ofNullable(run), wait, timeout);
    }
  }

  /** Ways to have it take in changed files, of which there must be one. */
  static final class ReloadDraft {
    final List<Reload> ways = new ArrayList<>();
  }
}
