package io.pilothouse.cli.support;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.pilothouse.cli.CliException;
import io.pilothouse.cli.Command;
import io.pilothouse.cli.ExitCode;
import io.pilothouse.cli.Json;
import io.pilothouse.cli.NewDirectory;
import io.pilothouse.cli.dev.LocalPrograms;
import io.pilothouse.filesync.DurableFiles;
import io.pilothouse.tls.HttpConnections;
import io.pilothouse.tls.Peers;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** What a bug report needs, gathered from whoever answers. */
@CommandLine.Command(
    name = "support",
    description = {
      "Gathers what a bug report needs: status, replicas, fleet, events, repairs, rollouts,",
      "incidents, metrics, facts of this machine, and ends of the logs of a fleet here.",
      "Keys, tokens, scripts and what looks like a password stay out. Exit 1 when a source did",
      "not answer; the bundle is there all the same and says which."
    })
public final class SupportCommand extends Command {
  private static final String ENDING = ".tar.gz";
  private static final Duration WITHIN = Duration.ofMinutes(2);
  private static final Duration FOR_A_PAGE = Duration.ofSeconds(5);

  @Parameters(
      arity = "0..1",
      paramLabel = "DIR|FILE" + ENDING,
      description = "a new directory, or a new archive")
  @Nullable Path target;

  @Option(
      names = "--pages",
      paramLabel = "HOST:PORT,…",
      split = ",",
      description = "more programs whose /metrics and /status are fetched: satellites, agents")
  List<String> pages = List.of();

  private final Bundle bundle = new Bundle();
  private long deadline;

  @Override
  protected ExitCode run() throws IOException {
    Path to = target;
    if (to == null) {
      throw CliException.usage("no place is named for the bundle", "pilot support bundle" + ENDING);
    }
    boolean packed = to.toString().endsWith(ENDING);
    if (packed && Files.exists(to)) {
      throw new CliException(
          ExitCode.REFUSED, "EXISTS", to + " exists already", "name another file");
    }
    if (!packed) {
      NewDirectory.requireNew(to);
    }
    deadline = System.nanoTime() + WITHIN.toNanos();
    Instant now = Instant.now();
    gather(now);
    bundle.put("README.md", bytes(Readme.text(now)));
    bundle.put("report.txt", bytes(bundle.report()));
    write(to, packed, now);
    show(
        () -> json(to),
        () ->
            bundle.report()
                + (bundle.failures() == 0
                    ? to + ": every source answered; look through it before you hand it on"
                    : "%s: %s of %s sources did not answer; the rest is there"
                        .formatted(to, bundle.failures(), bundle.sources().size())),
        () -> List.copyOf(bundle.files().keySet()));
    return bundle.failures() == 0 ? ExitCode.DONE : ExitCode.FAILED;
  }

  private void gather(Instant now) {
    take("machine.txt", () -> MachineFacts.text(home(), now));
    DeviceManagerPart dm = new DeviceManagerPart(this::ask, bundle);
    dm.gather(this::left);
    SortedMap<String, String> programs = new TreeMap<>(dm.programs());
    if (programs.isEmpty()) {
      take(
          "pages/dm",
          () -> {
            for (String each : servers()) {
              programs.put("dm-" + each, each);
            }
            return String.join("\n", programs.values());
          });
    }
    programs.putAll(LocalPrograms.satellites(home()));
    pages.forEach(each -> programs.put(each, each));
    programs.forEach(this::pages);
    logs();
  }

  private void pages(String name, String address) {
    for (String page : List.of("metrics", "status")) {
      take(
          "pages/%s/%s.txt".formatted(file(name), page),
          () -> {
            try {
              return new Pages(HttpConnections.to(Peers.ANY, identity().tls()))
                  .get(address, "/" + page, shorter(FOR_A_PAGE, left()));
            } catch (IOException | IllegalArgumentException e) {
              throw new IOException(address + ": " + e.getMessage(), e);
            }
          });
    }
  }

  private void logs() {
    SortedMap<String, Path> logs = new TreeMap<>();
    try {
      logs.putAll(LogTails.find(home()));
    } catch (IOException e) {
      bundle.failed("logs", String.valueOf(e.getMessage()));
    }
    logs.forEach((file, log) -> take(file, () -> LogTails.tail(file, log)));
  }

  /** Gives a text, or says why there is none. */
  interface Part {
    String text() throws Exception;
  }

  /** Whatever goes wrong with one source, the others are asked. */
  private void take(String file, Part part) {
    if (left().isNegative()) {
      bundle.failed(file, "left out: the time is up (%s)".formatted(WITHIN));
      return;
    }
    try {
      bundle.add(file, part.text());
    } catch (Exception e) {
      bundle.failed(file, DeviceManagerPart.why(e));
    }
  }

  private Duration left() {
    return Duration.ofNanos(deadline - System.nanoTime());
  }

  private static Duration shorter(Duration one, Duration other) {
    return one.compareTo(other) < 0 ? one : other;
  }

  /** A name or an address as a file's name. */
  private static String file(String name) {
    String plain = name.replaceAll("^[.]+|[^A-Za-z0-9.-]", "_");
    return plain.isEmpty() ? "_" : plain.substring(0, Math.min(40, plain.length()));
  }

  private void write(Path to, boolean packed, Instant now) throws IOException {
    try {
      if (packed) {
        pack(to.toAbsolutePath().normalize(), now);
      } else {
        try (NewDirectory directory = new NewDirectory(to)) {
          for (Map.Entry<String, byte[]> each : bundle.files().entrySet()) {
            directory.write(each.getKey(), each.getValue(), false);
          }
          directory.finish();
        }
      }
    } catch (IOException e) {
      throw new CliException(
          ExitCode.FAILED,
          "CANNOT_WRITE",
          "cannot write %s: %s; nothing was written".formatted(to, e.getMessage()),
          "name a place that you may write to, with room for it");
    }
  }

  private void pack(Path to, Instant now) throws IOException {
    Path unfinished = to.resolveSibling(to.getFileName() + ".unfinished");
    String name = to.getFileName().toString();
    String top = name.substring(0, name.length() - ENDING.length());
    try {
      Files.createDirectories(DurableFiles.parent(to));
      Files.deleteIfExists(unfinished);
      // for the owner only, from its first byte on
      Files.createFile(
          unfinished,
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
      try (OutputStream out = Files.newOutputStream(unfinished, StandardOpenOption.WRITE)) {
        TarGz.write(out, file(top), bundle.files(), now);
      }
      Files.move(unfinished, to);
    } finally {
      Files.deleteIfExists(unfinished);
    }
  }

  private ObjectNode json(Path to) {
    ObjectNode root = Json.object().put("bundle", to.toString()).put("failed", bundle.failures());
    ArrayNode sources = root.putArray("sources");
    for (Bundle.Source each : bundle.sources()) {
      sources
          .addObject()
          .put("file", each.file())
          .put("state", each.state().name())
          .put("detail", each.detail());
    }
    return root;
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
