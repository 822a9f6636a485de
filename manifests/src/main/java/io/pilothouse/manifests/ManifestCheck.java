package io.pilothouse.manifests;

import io.pilothouse.manifests.ManifestDraft.LookDraft;
import io.pilothouse.manifests.ManifestDraft.ProbeDraft;
import io.pilothouse.manifests.ProcessDraft.SecretDraft;
import io.pilothouse.manifests.ProcessSpec.Secret;
import io.pilothouse.manifests.pattern.Near;
import io.pilothouse.manifests.table.Shapes.Placed;
import io.pilothouse.manifests.text.Node;
import io.pilothouse.manifests.text.Place;
import io.pilothouse.manifests.text.Problems;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** What must hold together in a manifest, beyond each value by itself. */
final class ManifestCheck {
  private final Path dir;
  private final boolean withFiles;
  private final Problems problems;
  private final Map<String, Placed<ProcessDraft>> processes = new LinkedHashMap<>();
  private final Map<String, Place> ports = new TreeMap<>();
  private final Map<Integer, String> numbers = new HashMap<>();

  /** Whether each value was right by itself: one that was refused is missing from the draft. */
  private final boolean whole;

  /**
   * @param withFiles whether the files that a manifest names are in {@code dir}
   */
  ManifestCheck(Path dir, boolean withFiles, Problems problems) {
    this.dir = dir;
    this.withFiles = withFiles;
    this.problems = problems;
    this.whole = problems.isEmpty();
  }

  void check(ManifestDraft draft) {
    draft.processes.forEach(this::names);
    draft.processes.forEach(this::ports);
    for (Placed<ProcessDraft> each : draft.processes) {
      ProcessDraft process = each.value();
      look("ready", process.ready);
      look("live", process.live);
      secrets(process);
      if (withFiles) {
        envFiles(process);
      }
      if (process.reload != null) {
        reload(process.reload, draft);
      }
      process.after.forEach(this::after);
    }
    if (problems.isEmpty()) {
      new StartOrder(processes, problems).check();
    }
  }

  private void names(Placed<ProcessDraft> placed) {
    String name = placed.value().name;
    Placed<ProcessDraft> first = processes.putIfAbsent(name, placed);
    if (first != null && !name.isEmpty()) {
      problems.add(
          placed.place(),
          "the process \"%s\" is there twice; the first one is in line %d"
              .formatted(name, first.place().line()));
    }
  }

  private void ports(Placed<ProcessDraft> placed) {
    placed
        .value()
        .ports
        .forEach(
            (name, number) -> {
              Place first = ports.putIfAbsent(name, number.place());
              String taken = numbers.putIfAbsent(number.value(), name);
              if (first != null) {
                problems.add(
                    number.place(),
                    "processes.ports: the port \"%s\" is there twice; the first one is in line %d"
                        .formatted(name, first.line()));
              } else if (taken != null) {
                problems.add(
                    number.place(),
                    "processes.ports: PORT + %d is the port \"%s\" already"
                        .formatted(number.value(), taken));
              }
            });
  }

  private void look(String key, @Nullable Placed<LookDraft> look) {
    if (look == null) {
      return;
    }
    List<ProbeDraft> probes = look.value().probes;
    if (probes.size() != 1 && whole) {
      problems.add(
          look.place(),
          "processes.%s: %d ways to look; write exactly one of http, tcp and command"
              .formatted(key, probes.size()));
    }
    for (ProbeDraft probe : probes) {
      probe
          .namedPort()
          .filter(each -> !ports.containsKey(each.value()))
          .ifPresent(
              each ->
                  problems.add(
                      each.place(),
                      "processes.%s: no process has the port \"%s\"%s"
                          .formatted(key, each.value(), Near.hint(each.value(), ports.keySet()))));
    }
  }

  private void secrets(ProcessDraft process) {
    Map<String, Place> seen = new HashMap<>();
    for (Placed<SecretDraft> placed : process.secrets) {
      SecretDraft secret = placed.value();
      boolean variable = secret.as == Secret.As.ENV;
      if (variable && !secret.name.isEmpty() && !EnvFile.isName(secret.name)) {
        problems.add(
            placed.place(),
            "processes.secrets: %s cannot be a variable's name".formatted(Node.quote(secret.name)));
      }
      if (variable && process.env.containsKey(secret.name)) {
        problems.add(
            placed.place(),
            "processes.secrets: the variable %s is in env, too".formatted(secret.name));
      }
      Place first = seen.putIfAbsent(secret.as + " " + secret.name, placed.place());
      if (first != null) {
        problems.add(
            placed.place(),
            "processes.secrets: %s is there twice; the first one is in line %d"
                .formatted(Node.quote(secret.name), first.line()));
      }
    }
  }

  private void envFiles(ProcessDraft process) {
    for (Placed<String> file : process.envFiles) {
      process.envOfFiles.putAll(new EnvFile(dir, file.value(), problems).read(file.place()));
    }
  }

  private void reload(Placed<ProcessDraft.ReloadDraft> reload, ManifestDraft draft) {
    int ways = reload.value().ways.size();
    if (ways != 1 && whole) {
      problems.add(
          reload.place(),
          "processes.reload: %d ways; write exactly one of signal and command".formatted(ways));
    }
    if (draft.config.isEmpty() && whole) {
      problems.add(
          reload.place(),
          "processes.reload: the manifest has no config, so nothing would ever be reloaded; name"
              + " its files there, or leave reload out");
    }
  }

  private void after(Placed<String> name) {
    if (!processes.containsKey(name.value())) {
      problems.add(
          name.place(),
          "processes.after: there is no process \"%s\"%s"
              .formatted(name.value(), Near.hint(name.value(), processes.keySet())));
    }
  }

  /** Whether processes wait for each other in a circle. */
  private record StartOrder(Map<String, Placed<ProcessDraft>> processes, Problems problems) {

    void check() {
      Map<String, Boolean> done = new HashMap<>();
      for (String name : processes.keySet()) {
        if (!visit(name, new ArrayList<>(), done)) {
          return; // the others of the same circle would be told again
        }
      }
    }

    private boolean visit(String name, List<String> path, Map<String, Boolean> done) {
      if (done.containsKey(name)) {
        return true;
      }
      path.add(name);
      Placed<ProcessDraft> process = processes.get(name);
      for (Placed<String> next :
          process == null ? List.<Placed<String>>of() : process.value().after) {
        int at = path.indexOf(next.value());
        if (at >= 0) {
          List<String> circle = new ArrayList<>(path.subList(at, path.size()));
          circle.add(next.value());
          problems.add(
              next.place(),
              "processes.after: a circle, so that none is ever started: "
                  + String.join(" waits for ", circle));
          return false;
        }
        if (!visit(next.value(), path, done)) {
          return false;
        }
      }
      path.removeLast();
      done.put(name, true);
      return true;
    }
  }
}
