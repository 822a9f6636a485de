package io.pilothouse.dm.record;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.InvalidProtocolBufferException;
import io.pilothouse.api.log.v1.Entry;
import io.pilothouse.api.log.v1.Event;
import io.pilothouse.api.log.v1.RecordBase;
import io.pilothouse.api.log.v1.RecordItem;
import io.pilothouse.api.log.v1.RecordedEntry;
import io.pilothouse.api.v1.Machine;
import io.pilothouse.testing.fuzz.Fuzz;
import io.pilothouse.testing.fuzz.Summary;
import io.pilothouse.testing.fuzz.Wording;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Segments of a record as a disk or a replica elsewhere gave them. */
class RecordFuzzTest {
  private static final RecordItem BASE =
      RecordItem.newBuilder()
          .setBase(RecordBase.newBuilder().setIndex(7).setAt(1000).setEntities(1).setFormat(1))
          .build();
  private static final RecordItem ENTITY =
      RecordItem.newBuilder()
          .setState(Event.newBuilder().setMachine(Machine.newBuilder().setName("web-01")))
          .build();

  private static RecordItem entry(long index) {
    return RecordItem.newBuilder()
        .setEntry(
            RecordedEntry.newBuilder().setIndex(index).setEntry(Entry.newBuilder().setAt(index)))
        .build();
  }

  private static byte[] segment(List<RecordItem> items) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    items.forEach(each -> bytes.writeBytes(Frames.of(each).array()));
    return bytes.toByteArray();
  }

  private static byte[] sound() {
    return segment(List.of(BASE, ENTITY, entry(8), entry(9)));
  }

  /** What is in the frames, which are made sound again: a checksum keeps out no liar. */
  private static byte[] framed(byte[] item) {
    ByteBuffer frame = ByteBuffer.allocate(Frames.HEADER + item.length);
    frame.putInt(item.length).putInt(Frames.lengthSum(item.length));
    return frame.putInt(Frames.sum(item, 0, item.length)).put(item).array();
  }

  private static boolean isRead(byte[] bytes) throws IOException {
    try (SegmentReader reader = new SegmentReader("x.rec", new ByteArrayInputStream(bytes))) {
      while (reader.next().isPresent()) {
        assertThat(reader.offset()).isLessThanOrEqualTo(bytes.length);
      }
      return !reader.isTorn();
    } catch (RecordDamagedException e) {
      Wording.check(e.getMessage());
      return false;
    }
  }

  @Test
  void segments() {
    Summary summary =
        Fuzz.of("record-segment")
            .sound(sound())
            .tokens("\0\0\0\0", "\u0004\0\0\0", "\u00ff\u00ff\u00ff\u00ff")
            .inputs(20_000)
            .allocating(2 << 20, 200)
            .run(RecordFuzzTest::isRead);
    assertThat(summary.refused()).as(summary.toString()).isGreaterThan(summary.inputs() / 2);
  }

  @Test
  void itemsInSoundFrames() {
    Summary summary =
        Fuzz.of("record-item")
            .sound(List.of(BASE.toByteArray(), ENTITY.toByteArray(), entry(8).toByteArray()))
            .inputs(20_000)
            .allocating(2 << 20, 2_000)
            .run(input -> isRead(framed(input)));
    assertThat(summary.refused()).as(summary.toString()).isPositive();
    assertThat(summary.taken()).as(summary.toString()).isPositive();
  }

  @Test
  void whereWritingGoesOn(@TempDir Path dir) {
    Path file = Segments.file(dir, 8);
    Summary summary =
        Fuzz.of("record-end")
            .sound(sound())
            .sound(segment(List.of(BASE, ENTITY)))
            .tokens("\0\0\0\0", "\0\0\0\0\0\0\0\0\0\0\0\0")
            .inputs(1_000)
            .allocating(8 << 20, 400)
            .run(
                input -> {
                  Files.write(file, input);
                  try {
                    SegmentEnd end = SegmentEnd.recover(file);
                    // what is left is whole, and found again
                    assertThat(Files.size(file)).isEqualTo(end.length());
                    assertThat(SegmentEnd.recover(file)).isEqualTo(end);
                    return true;
                  } catch (RecordDamagedException e) {
                    Wording.check(e.getMessage());
                  } catch (InvalidProtocolBufferException e) {
                    return false;
                  }
                  assertThat(Files.size(file)).as("left alone").isEqualTo(input.length);
                  return false;
                });
    assertThat(summary.refused()).as(summary.toString()).isPositive();
    assertThat(summary.taken()).as(summary.toString()).isPositive();
  }

  @Test
  void cursors(@TempDir Path dir) throws IOException {
    Files.write(Segments.file(dir, 8), sound());
    RecordPages pages = new RecordPages(dir);
    Summary summary =
        Fuzz.of("record-cursor")
            .sound(Segments.file(dir, 8).getFileName() + ":0")
            .tokens(":", "/", "../", "\0", ".rec", "\n", "\u00ff")
            .inputs(5_000)
            .allocating(4 << 20, 200)
            .run(
                input -> {
                  String cursor = new String(input, java.nio.charset.StandardCharsets.UTF_8);
                  try {
                    return !pages.next(cursor, 0).segment().isEmpty();
                  } catch (RecordPages.NoSuchPlaceException e) {
                    return false;
                  }
                });
    assertThat(summary.refused()).as(summary.toString()).isPositive();
  }
}
