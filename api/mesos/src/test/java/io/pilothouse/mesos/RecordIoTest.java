package io.pilothouse.mesos;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RecordIoTest {

  @Test
  void aRecordIsItsLengthALineFeedAndItsBytes() {
    assertThat(new String(RecordIo.frame(bytes("{\"a\":1}")), StandardCharsets.UTF_8))
        .isEqualTo("7\n{\"a\":1}");
  }

  @Test
  void anEmptyRecordIsRefused() {
    assertThatThrownBy(() -> RecordIo.frame(new byte[0]))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void recordsComeOutWholeHoweverTheStreamIsCut() throws Exception {
    Random random = new Random(7);
    for (int round = 0; round < 300; round++) {
      List<byte[]> sent = new ArrayList<>();
      ByteArrayOutputStream stream = new ByteArrayOutputStream();
      for (int i = random.nextInt(6); i >= 0; i--) {
        byte[] record = new byte[1 + random.nextInt(random.nextBoolean() ? 12 : 30_000)];
        random.nextBytes(record);
        sent.add(record);
        stream.writeBytes(RecordIo.frame(record));
      }
      RecordReader reader = new RecordReader(30_000);
      List<byte[]> received = new ArrayList<>();
      ByteBuffer all = ByteBuffer.wrap(stream.toByteArray());
      while (all.hasRemaining()) {
        int piece = Math.min(all.remaining(), 1 + random.nextInt(random.nextBoolean() ? 3 : 9_000));
        reader.feed(all.slice(all.position(), piece), received::add);
        all.position(all.position() + piece);
      }
      reader.end();
      assertThat(received).usingElementComparator(Arrays::compare).isEqualTo(sent);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "0:x, a record of 0 bytes",
    ":x, a record without a length",
    "-1:x, byte 0x2d in a record's length",
    "x:x, byte 0x78 in a record's length",
    "1 :x, byte 0x20 in a record's length",
    "101:x, a record above 100 bytes",
    "99999999999999999999999:x, a record above 100 bytes",
    "000000000000000000000:x, a record above 100 bytes",
  })
  void badLengthsAreRefused(String stream, String trouble) {
    RecordReader reader = new RecordReader(100);
    assertThatThrownBy(
            () -> reader.feed(ByteBuffer.wrap(bytes(stream.replace(':', '\n'))), record -> {}))
        .isInstanceOf(RecordException.class)
        .hasMessageContaining(trouble);
  }

  @ParameterizedTest
  @CsvSource({"12, within a record's length", "5:abc, after 3 of a record's 5 bytes"})
  void aStreamThatEndsWithinARecordIsTold(String stream, String trouble) throws Exception {
    RecordReader reader = new RecordReader(100);
    reader.feed(ByteBuffer.wrap(bytes(stream.replace(':', '\n'))), record -> {});
    assertThatThrownBy(reader::end)
        .isInstanceOf(RecordException.class)
        .hasMessageContaining(trouble);
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
