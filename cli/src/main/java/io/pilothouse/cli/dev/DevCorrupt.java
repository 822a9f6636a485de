package io.pilothouse.cli.dev;

import io.pilothouse.cli.CliException;
import io.pilothouse.cli.ExitCode;
import io.pilothouse.cli.Json;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.Parameters;

/** Flips one byte of an active file on a machine's disk, keeping size and time. */
@CommandLine.Command(
    name = "corrupt",
    description = "Changes one byte of an active file on a machine's disk.")
final class DevCorrupt extends Target {

  @Parameters(paramLabel = "MACHINE")
  String machine = "";

  @Override
  protected ExitCode run() throws Exception {
    requireMachine(home(), machine);
    Path active = home().machine(machine).resolve("disk/active");
    if (!Files.exists(active)) {
      throw new CliException(
          ExitCode.REFUSED,
          "NOTHING_ACTIVE",
          machine + " runs no version: " + active + " is not there",
          "roll one out first");
    }
    Path file = victim(active.toRealPath());
    var modified = Files.getLastModifiedTime(file);
    long offset;
    try (RandomAccessFile disk = new RandomAccessFile(file.toFile(), "rw")) {
      offset = disk.length() / 2;
      disk.seek(offset);
      int old = disk.read();
      disk.seek(offset);
      disk.write(old ^ 1);
    }
    Files.setLastModifiedTime(file, modified);
    show(
        () ->
            Json.object()
                .put("machine", machine)
                .put("file", file.toString())
                .put("offset", offset),
        () -> "changed byte " + offset + " of " + file,
        () -> List.of(file.toString()));
    return ExitCode.DONE;
  }

  private static Path victim(Path active) throws IOException {
    try (Stream<Path> files = Files.walk(active)) {
      return files
          .filter(each -> Files.isRegularFile(each, LinkOption.NOFOLLOW_LINKS))
          .filter(each -> each.toFile().length() > 0)
          .max(Comparator.comparing(Path::toString))
          .orElseThrow(() -> new IOException("no file with contents in " + active));
    }
  }
}
