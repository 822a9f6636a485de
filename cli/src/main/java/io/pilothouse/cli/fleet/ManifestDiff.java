package io.pilothouse.cli.fleet;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.github.difflib.DiffUtils;
import com.github.difflib.UnifiedDiffUtils;
import io.pilothouse.api.v1.ListManifestsReply;
import io.pilothouse.cli.CliException;
import io.pilothouse.cli.ExitCode;
import io.pilothouse.cli.Json;
import io.pilothouse.cli.Table;
import io.pilothouse.cli.content.ContentText;
import io.pilothouse.cli.content.Differences;
import io.pilothouse.cli.content.Differences.Difference;
import io.pilothouse.cli.content.Replicas;
import io.pilothouse.filesync.ContentIndex;
import io.pilothouse.filesync.ContentIndex.FileEntry;
import io.pilothouse.filesync.Packer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** What is between two versions. */
@CommandLine.Command(
    name = "diff",
    description = {
      "Shows which files two versions differ in, and how the document at their top does. Either",
      "may be a directory instead."
    })
final class ManifestDiff extends ManifestQuery {
  private static final int CONTEXT_LINES = 3;

  @Parameters(index = "0", paramLabel = "A", description = "NAME@VERSION, or a directory")
  String before = "";

  @Parameters(index = "1", paramLabel = "B", description = "NAME@VERSION, or a directory")
  String after = "";

  @Option(names = "--detailed-exitcode", description = "exit with 3 when they differ (default: 0)")
  boolean detailed;

  /** One side of the comparison. */
  private record Side(String name, ContentIndex index, ContentText.Reader reader) {}

  @Override
  protected ExitCode run() throws InterruptedException, IOException {
    Optional<ListManifestsReply> known =
        isDirectory(before) && isDirectory(after) ? Optional.empty() : Optional.of(versions(""));
    Side old = side(before, known);
    Side fresh = side(after, known);
    List<Difference> differences = Differences.of(old.index(), fresh.index());
    List<String> document = document(old, fresh);
    show(
        () -> json(differences, document),
        () -> differences.isEmpty() ? "no difference" : text(differences, document),
        () -> differences.stream().map(Difference::path).toList());
    return detailed && !differences.isEmpty() ? ExitCode.CHANGES : ExitCode.DONE;
  }

  private static boolean isDirectory(String side) {
    return Files.isDirectory(Path.of(side));
  }

  private Side side(String what, Optional<ListManifestsReply> known) throws InterruptedException {
    if (isDirectory(what)) {
      return directory(Path.of(what));
    }
    ListManifestsReply reply = known.orElseThrow();
    Found found = find(reply, what);
    Replicas replicas = new Replicas(reply.getReplicasList(), contents());
    return new Side(what, replicas.indexOf(found.manifest().getRef()), replicas::file);
  }

  private static Side directory(Path dir) {
    try {
      return new Side(
          dir.toString(),
          Packer.pack(dir).index(),
          file -> Files.readAllBytes(dir.resolve(file.path())));
    } catch (IOException e) {
      throw new CliException(
          ExitCode.USAGE, "CONTENT", "cannot read " + dir + ": " + e.getMessage(), "");
    }
  }

  /** A unified diff of what says what they are; empty when it is the same. */
  private static List<String> document(Side old, Side fresh)
      throws IOException, InterruptedException {
    Optional<FileEntry> was = ContentText.document(old.index());
    Optional<FileEntry> is = ContentText.document(fresh.index());
    if (was.equals(is)) {
      return List.of();
    }
    List<String> before = was.isEmpty() ? List.of() : ContentText.lines(was.get(), old.reader());
    List<String> after = is.isEmpty() ? List.of() : ContentText.lines(is.get(), fresh.reader());
    return UnifiedDiffUtils.generateUnifiedDiff(
        old.name() + was.map(each -> "/" + each.path()).orElse(""),
        fresh.name() + is.map(each -> "/" + each.path()).orElse(""),
        before,
        DiffUtils.diff(before, after),
        CONTEXT_LINES);
  }

  private static ObjectNode json(List<Difference> differences, List<String> document) {
    ObjectNode root = Json.object();
    ArrayNode items = root.putArray("items");
    for (Difference each : differences) {
      ObjectNode node =
          items
              .addObject()
              .put("path", each.path())
              .put("change", word(each))
              .put("bytes_before", each.sizeBefore())
              .put("bytes_after", each.sizeAfter());
      each.before().ifPresent(entry -> node.put("mode_before", Differences.mode(entry)));
      each.after().ifPresent(entry -> node.put("mode_after", Differences.mode(entry)));
    }
    Json.strings(root, "document", document);
    return root;
  }

  private static String word(Difference difference) {
    return switch (difference.sign()) {
      case "+" -> "added";
      case "-" -> "removed";
      default -> "changed";
    };
  }

  private static String text(List<Difference> differences, List<String> document) {
    Table table = new Table("", "PATH", "SIZE", "MODE");
    for (Difference each : differences) {
      table.row(each.sign(), each.path(), size(each), mode(each));
    }
    long added = differences.stream().mapToLong(each -> each.sizeAfter()).sum();
    String summary =
        "%d added, %d removed, %d changed; %s in what was added and changed"
            .formatted(
                count(differences, "+"),
                count(differences, "-"),
                count(differences, "~"),
                ManifestView.size(added));
    return table
        + "\n"
        + summary
        + (document.isEmpty() ? "" : "\n\n" + String.join("\n", document));
  }

  private static long count(List<Difference> differences, String sign) {
    return differences.stream().filter(each -> each.sign().equals(sign)).count();
  }

  private static String size(Difference each) {
    if (each.before().isEmpty()) {
      return ManifestView.size(each.sizeAfter());
    }
    if (each.after().isEmpty() || each.sizeBefore() == each.sizeAfter()) {
      return ManifestView.size(each.sizeBefore());
    }
    return ManifestView.size(each.sizeBefore()) + " -> " + ManifestView.size(each.sizeAfter());
  }

  private static String mode(Difference each) {
    String was = each.before().map(Differences::mode).orElse("");
    String is = each.after().map(Differences::mode).orElse("");
    return was.isEmpty() || is.isEmpty() || was.equals(is)
        ? is.isEmpty() ? was : is
        : was + " -> " + is;
  }
}
