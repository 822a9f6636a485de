package io.pilothouse.tasks.fetch;

import io.pilothouse.watchdog.RunAs;
import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Enumeration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;
import java.util.zip.ZipFile;

/**
 * Unpacks what has the name of an archive: {@code .tar}, {@code .tgz}, {@code .tar.gz}, {@code
 * .tbz2}, {@code .tar.bz2}, {@code .txz}, {@code .tar.xz}, {@code .zip}, {@code .gz}. What is in it
 * is read here and not by tar(1), so that nothing of it is done before it was looked at; bzip2(1)
 * and xz(1) decompress as the command's user.
 */
final class Unpacking {
  private static final int LINK = 0120000;
  private static final int KIND = 0170000;
  private static final int USUAL = 0644;
  private static final int BUFFER = 64 << 10;

  /** Zips are unpacked one after the other: the directory of each is held in memory meanwhile. */
  private static final Semaphore ONE_ZIP = new Semaphore(1);

  private final Tree tree;
  private final Budget budget;
  private final Helper helper;
  private final Optional<RunAs> user;

  Unpacking(Tree tree, Budget budget, Helper helper, Optional<RunAs> user) {
    this.tree = tree;
    this.budget = budget;
    this.helper = helper;
    this.user = user;
  }

  /** Whether a name is that of an archive. */
  static boolean isArchive(Path name) {
    String text = name.toString().toLowerCase(Locale.ROOT);
    return List.of(".tar", ".tgz", ".tbz2", ".tar.bz2", ".txz", ".tar.xz", ".zip", ".gz").stream()
        .anyMatch(text::endsWith);
  }

  /** Unpacks it into the tree. */
  void unpack(Item item, Path archive) throws IOException, InterruptedException {
    String name = item.name().getFileName().toString().toLowerCase(Locale.ROOT);
    try {
      if (name.endsWith(".zip")) {
        ONE_ZIP.acquire();
        try {
          zip(archive);
        } finally {
          ONE_ZIP.release();
        }
      } else if (name.endsWith(".tar")) {
        tar(Files.newInputStream(archive));
      } else if (name.endsWith(".bz2") || name.endsWith(".tbz2")) {
        filtered(item, archive, List.of("bzip2", "-dc"));
      } else if (name.endsWith(".xz") || name.endsWith(".txz")) {
        filtered(item, archive, List.of("xz", "-dc", "--memlimit-decompress=512MiB"));
      } else if (name.endsWith(".tgz") || name.endsWith(".tar.gz")) {
        tar(gunzip(archive));
      } else {
        String plain = item.name().getFileName().toString();
        try (InputStream in = budget.counted(gunzip(archive))) {
          budget.member();
          tree.file(plain.substring(0, plain.length() - ".gz".length()), USUAL, in);
        }
      }
    } catch (ZipException | EOFException e) {
      throw new FetchException(item, "it cannot be unpacked: " + broken(e));
    } catch (FetchException e) {
      throw new FetchException(item, "it cannot be unpacked: " + e.getMessage());
    }
  }

  private static String broken(IOException e) {
    return "it is damaged, or no such archive (%s)".formatted(e.getMessage());
  }

  private static InputStream gunzip(Path archive) throws IOException {
    return new GZIPInputStream(Files.newInputStream(archive), BUFFER);
  }

  private void tar(InputStream plain) throws IOException {
    try (InputStream in = new BufferedInputStream(budget.counted(plain), BUFFER)) {
      new TarReader(in, tree.members(), budget).unpack();
    }
  }

  private void filtered(Item item, Path archive, List<String> program)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(user.map(RunAs::prefix).orElse(List.of()));
    command.addAll(program);
    Process process;
    try {
      process = helper.start(command, archive.toFile());
    } catch (IOException e) {
      throw new FetchException(
          item, "%s cannot be started on this machine: install it".formatted(program.getFirst()));
    }
    try {
      tar(process.getInputStream());
      int status = process.waitFor();
      if (status != 0) {
        throw new EOFException("%s ended with status %d".formatted(program.getFirst(), status));
      }
    } finally {
      process.destroyForcibly();
    }
  }

  private void zip(Path archive) throws IOException {
    Map<String, Integer> rights = ZipRights.of(archive);
    try (ZipFile zip = new ZipFile(archive.toFile())) {
      for (Enumeration<? extends ZipEntry> all = zip.entries(); all.hasMoreElements(); ) {
        ZipEntry each = all.nextElement();
        budget.member();
        int mode = rights.getOrDefault(each.getName(), USUAL);
        if (each.isDirectory()) {
          tree.directory(each.getName());
          continue;
        }
        try (InputStream in = budget.counted(zip.getInputStream(each))) {
          if ((mode & KIND) == LINK) {
            tree.link(each.getName(), new String(in.readNBytes(4096), StandardCharsets.UTF_8));
          } else {
            tree.file(each.getName(), mode == 0 ? USUAL : mode, in);
          }
        }
      }
    } catch (IllegalArgumentException e) {
      throw new ZipException(e.getMessage());
    }
  }
}
