package io.pilothouse.tasks;

import com.google.protobuf.ByteString;
import io.pilothouse.api.v1.SandboxReply;
import io.pilothouse.api.v1.SandboxRequest;
import io.pilothouse.api.v1.SandboxTrouble;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.attribute.PosixFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;

/**
 * Reads files of sandboxes for those who ask from afar. A sandbox is its task's, who may put
 * anything there at any moment; the agent may read everything on the machine. So nothing is opened
 * but by {@link SafeDirectory}: no link is followed, and nothing but regular files is read.
 */
final class SandboxFiles {
  /** Of one answer. */
  static final int LARGEST_PIECE = 64 << 10;

  /** Entries of one answer. */
  static final int MOST_ENTRIES = 1_000;

  /** A directory's names are looked at no further. */
  private static final int MOST_NAMES = 100_000;

  private static final int LONGEST_PATH = 4_096;
  private static final int LONGEST_NAME = 255;
  private static final int DEEPEST = 64;

  private final TaskDisk disk;

  SandboxFiles(TaskDisk disk) {
    this.disk = disk;
  }

  /**
   * The answer without its id.
   *
   * @throws IOException what the machine's disk says
   */
  SandboxReply.Builder answer(SandboxRequest request) throws IOException, SandboxTroubleException {
    List<String> path = names(request.getPath());
    List<SafeDirectory> open = new ArrayList<>();
    try {
      Place place = place(request, open);
      SandboxReply.Builder reply = SandboxReply.newBuilder().setContainerId(place.container);
      if (path.isEmpty()) {
        return list(request, place.directory, reply);
      }
      SafeDirectory within = place.directory;
      for (int i = 0; i < path.size() - 1; i++) {
        within = enter(within, path, i, open);
      }
      return last(request, within, path, reply, open);
    } finally {
      for (SafeDirectory each : open) {
        each.close();
      }
    }
  }

  private record Place(SafeDirectory directory, String container) {}

  /** Its parts; empty: the sandbox itself. */
  private static List<String> names(String path) throws SandboxTroubleException {
    if (path.isEmpty()) {
      return List.of();
    }
    if (path.length() > LONGEST_PATH || path.indexOf(0) >= 0) {
      throw SafeDirectory.refused(
          "a path of %d characters%s; expected at most %d, and no NUL"
              .formatted(
                  path.length(), path.indexOf(0) >= 0 ? " with a NUL in it" : "", LONGEST_PATH));
    }
    if (path.startsWith("/")) {
      throw SafeDirectory.refused(
          "'%s' begins with a slash; expected a path within the sandbox, as stdout or logs/a.log"
              .formatted(path));
    }
    List<String> names = List.of(path.replaceAll("/+$", "").split("/+", -1));
    for (String each : names) {
      if (each.equals("..") || each.equals(".")) {
        throw SafeDirectory.refused(
            "'%s' has '%s' in it; expected names alone, from the sandbox down"
                .formatted(path, each));
      }
      if (each.length() > LONGEST_NAME) {
        throw SafeDirectory.refused("no file has a name of " + each.length() + " characters");
      }
    }
    if (names.size() > DEEPEST) {
      throw SafeDirectory.refused(
          "a path of %d names; expected at most %d".formatted(names.size(), DEEPEST));
    }
    return names;
  }

  /** The sandbox, from the tasks' directory down. */
  private Place place(SandboxRequest request, List<SafeDirectory> open)
      throws IOException, SandboxTroubleException {
    SafeDirectory runs = add(SafeDirectory.begin(disk.root()), open);
    for (String name :
        List.of(
            "frameworks",
            TaskDisk.name(request.getFrameworkId()),
            "executors",
            TaskDisk.name(request.getExecutorId()),
            "runs")) {
      if (!isDirectory(runs, name)) {
        throw gone(request);
      }
      runs = add(runs.down(name), open);
    }
    String asked =
        request.getContainerId().isEmpty() ? "" : TaskDisk.name(request.getContainerId());
    if (!asked.isEmpty() && isDirectory(runs, asked)) {
      return new Place(add(runs.down(asked), open), request.getContainerId());
    }
    for (String run : newestFirst(runs)) {
      if (asked.isEmpty()) {
        return new Place(add(runs.down(run), open), run);
      }
      // of a task that shares its executor's sandbox
      SafeDirectory sandbox = add(runs.down(run), open);
      if (isDirectory(sandbox, "containers")) {
        SafeDirectory containers = add(sandbox.down("containers"), open);
        if (isDirectory(containers, asked)) {
          return new Place(add(containers.down(asked), open), request.getContainerId());
        }
      }
    }
    throw gone(request);
  }

  private static SandboxTroubleException gone(SandboxRequest request) {
    return new SandboxTroubleException(
        SandboxTrouble.SANDBOX_GONE,
        ("there is no sandbox of '%s' of framework %s%s: it never was there, or was removed: they"
                + " are kept for a week at most, the fuller the disk is the less")
            .formatted(
                request.getExecutorId(),
                request.getFrameworkId(),
                request.getContainerId().isEmpty() ? "" : ", run " + request.getContainerId()));
  }

  private static boolean isDirectory(SafeDirectory in, String name) throws IOException {
    return in.attributes(name).filter(PosixFileAttributes::isDirectory).isPresent();
  }

  private record Run(String name, long modified) {}

  private static List<String> newestFirst(SafeDirectory runs) throws IOException {
    List<String> names = new ArrayList<>();
    runs.names(name -> names.add(name) && names.size() < MOST_ENTRIES);
    List<Run> found = new ArrayList<>();
    for (String each : names) {
      runs.attributes(each)
          .filter(PosixFileAttributes::isDirectory)
          .ifPresent(at -> found.add(new Run(each, at.lastModifiedTime().toMillis())));
    }
    found.sort(
        (a, b) ->
            a.modified != b.modified
                ? Long.compare(b.modified, a.modified)
                : a.name.compareTo(b.name));
    return found.stream().map(Run::name).toList();
  }

  private static SafeDirectory add(SafeDirectory directory, List<SafeDirectory> open) {
    open.add(directory);
    return directory;
  }

  private static SafeDirectory enter(
      SafeDirectory in, List<String> path, int at, List<SafeDirectory> open)
      throws IOException, SandboxTroubleException {
    PosixFileAttributes what = what(in, path, at);
    if (!what.isDirectory()) {
      throw SafeDirectory.refused(
          "'%s' is no directory".formatted(String.join("/", path.subList(0, at + 1))));
    }
    return add(in.down(path.get(at)), open);
  }

  /** What the path is up to there; no link. */
  private static PosixFileAttributes what(SafeDirectory in, List<String> path, int at)
      throws IOException, SandboxTroubleException {
    String so = String.join("/", path.subList(0, at + 1));
    Optional<PosixFileAttributes> found = in.attributes(path.get(at));
    if (found.isEmpty()) {
      throw new SandboxTroubleException(
          SandboxTrouble.SANDBOX_NO_FILE, "there is no '%s' in the sandbox".formatted(so));
    }
    if (found.get().isSymbolicLink()) {
      throw SafeDirectory.refused(
          "'%s' is a link, and links are not followed: name what it leads to".formatted(so));
    }
    return found.get();
  }

  private SandboxReply.Builder last(
      SandboxRequest request,
      SafeDirectory in,
      List<String> path,
      SandboxReply.Builder reply,
      List<SafeDirectory> open)
      throws IOException, SandboxTroubleException {
    int at = path.size() - 1;
    String name = path.get(at);
    PosixFileAttributes what = what(in, path, at);
    if (what.isDirectory()) {
      return list(request, add(in.down(name), open), reply);
    }
    if (request.getList()) {
      return reply.addEntries(SafeDirectory.entry(name, what));
    }
    if (!what.isRegularFile()) {
      throw SafeDirectory.refused(
          "'%s' is no file that can be read: a pipe, a socket or a device"
              .formatted(request.getPath()));
    }
    try (SeekableByteChannel channel = in.file(name)) {
      return read(channel, request, reply);
    }
  }

  private static SandboxReply.Builder read(
      SeekableByteChannel file, SandboxRequest request, SandboxReply.Builder reply)
      throws IOException {
    long size = file.size();
    reply.setSize(size);
    long offset = request.getOffset();
    int asked = (int) Math.min(Integer.toUnsignedLong(request.getLength()), LARGEST_PIECE);
    if (offset < 0 || offset >= size || asked == 0) {
      return reply; // a negative one is beyond 2 to the power of 63
    }
    ByteBuffer piece = ByteBuffer.allocate((int) Math.min(asked, size - offset));
    file.position(offset);
    while (piece.hasRemaining() && file.read(piece) >= 0) {
      // until it is full, or the file is shorter than it was
    }
    return reply.setData(ByteString.copyFrom(piece.flip()));
  }

  private static SandboxReply.Builder list(
      SandboxRequest request, SafeDirectory directory, SandboxReply.Builder reply)
      throws IOException, SandboxTroubleException {
    if (!request.getList()) {
      throw SafeDirectory.refused(
          "'%s' is a directory: list it, and read a file that is in it"
              .formatted(request.getPath().isEmpty() ? "." : request.getPath()));
    }
    TreeSet<String> names = new TreeSet<>();
    int[] seen = {0};
    directory.names(
        name -> {
          names.add(name);
          if (names.size() > MOST_ENTRIES) {
            names.removeLast();
          }
          return ++seen[0] < MOST_NAMES;
        });
    for (String each : names) {
      directory.attributes(each).ifPresent(at -> reply.addEntries(SafeDirectory.entry(each, at)));
    }
    return reply.setLeftOut(seen[0] - names.size());
  }
}
