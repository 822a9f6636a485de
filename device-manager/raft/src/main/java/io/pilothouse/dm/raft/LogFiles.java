package io.pilothouse.dm.raft;

import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.InvalidProtocolBufferException;
import io.pilothouse.api.log.v1.Entry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.apache.ratis.proto.RaftProtos.LogEntryProto;
import org.apache.ratis.server.RaftServerConfigKeys.Log.CorruptionPolicy;
import org.apache.ratis.server.raftlog.segmented.LogSegment;
import org.apache.ratis.server.raftlog.segmented.LogSegmentPath;
import org.apache.ratis.util.SizeInBytes;
import org.jspecify.annotations.Nullable;

/** Reads the files of a Raft log that nobody writes to. */
public final class LogFiles {

  private static final int FILE_HEADER = 8;
  private static final int CHECKSUM = 4;

  /** From a data directory: raft, the group, current, the segments. */
  private static final int DEPTH = 4;

  private static final Pattern NAME = Pattern.compile("log_(?:(\\d+)-(\\d+)|inprogress_(\\d+))");

  private LogFiles() {}

  /**
   * One entry.
   *
   * @param entry absent when it is one of the Raft layer
   * @param raft what that one says
   */
  public record Logged(long term, long index, Optional<Entry> entry, String raft) {}

  /** The segments of a replica's data directory, its {@code raft/}, or a directory of segments. */
  public static List<Path> list(Path dir) throws IOException {
    if (Files.isRegularFile(dir)) {
      return List.of(dir);
    }
    try (Stream<Path> files = Files.walk(dir, DEPTH)) {
      return files
          .filter(each -> NAME.matcher(each.getFileName().toString()).matches())
          .sorted(Comparator.comparingLong(LogFiles::first))
          .toList();
    }
  }

  private static Matcher name(Path segment) {
    Matcher name = NAME.matcher(segment.getFileName().toString());
    if (!name.matches()) {
      throw new IllegalArgumentException(
          segment + " is not named as a segment; expected log_FIRST-LAST or log_inprogress_FIRST");
    }
    return name;
  }

  static long first(Path segment) {
    Matcher name = name(segment);
    return Long.parseLong(name.group(1) == null ? name.group(3) : name.group(1));
  }

  /** Absent in the one that is written to. */
  static OptionalLong last(Path segment) {
    Matcher name = name(segment);
    return name.group(2) == null
        ? OptionalLong.empty()
        : OptionalLong.of(Long.parseLong(name.group(2)));
  }

  /**
   * Reads one segment.
   *
   * @throws IOException when it is damaged: which file, after which entry, at which byte
   */
  public static void read(Path segment, Consumer<Logged> reader) throws IOException {
    long[] at = {FILE_HEADER, first(segment) - 1};
    @Nullable LogSegmentPath path = LogSegmentPath.matchLogSegment(segment);
    if (path == null) {
      throw new IOException(segment + " is no segment to Ratis");
    }
    try {
      int read =
          LogSegment.readSegmentFile(
              segment.toFile(),
              path.getStartEnd(),
              SizeInBytes.valueOf(RaftSettings.MAX_ENTRY_BYTES + (64 << 10)),
              CorruptionPolicy.EXCEPTION,
              null,
              logged -> {
                reader.accept(of(logged));
                int size = logged.getSerializedSize();
                at[0] += CodedOutputStream.computeUInt32SizeNoTag(size) + size + CHECKSUM;
                at[1] = logged.getIndex();
              });
      OptionalLong last = last(segment);
      if (last.isPresent() && at[1] != last.getAsLong()) {
        throw new IOException(
            "it ends after %d entries, at index %d; its name promises up to %d"
                .formatted(read, at[1], last.getAsLong()));
      }
    } catch (IOException | RuntimeException e) {
      throw new IOException(
          "%s is damaged after index %d, at byte %d of %d: %s"
              .formatted(segment, at[1], at[0], Files.size(segment), cause(e)),
          e);
    }
  }

  private static Logged of(LogEntryProto logged) {
    if (!logged.hasStateMachineLogEntry()) {
      return new Logged(logged.getTerm(), logged.getIndex(), Optional.empty(), described(logged));
    }
    try {
      return new Logged(
          logged.getTerm(),
          logged.getIndex(),
          Optional.of(
              Entry.parseFrom(
                  logged.getStateMachineLogEntry().getLogData().asReadOnlyByteBuffer())),
          "");
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalStateException(
          "entry %d is no entry of ours".formatted(logged.getIndex()), e);
    }
  }

  private static String described(LogEntryProto logged) {
    return logged.hasConfigurationEntry()
        ? "members "
            + logged.getConfigurationEntry().getPeersList().stream()
                .map(each -> each.getId().toStringUtf8() + "=" + each.getAddress())
                .toList()
        : logged.getLogEntryBodyCase().name();
  }

  private static String cause(Throwable e) {
    Throwable cause = e;
    while (cause.getCause() != null) {
      cause = cause.getCause();
    }
    return String.valueOf(cause.getMessage());
  }
}
