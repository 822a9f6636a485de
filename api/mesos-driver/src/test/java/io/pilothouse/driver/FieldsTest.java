package io.pilothouse.driver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pilothouse.mesos.v1.FrameworkID;
import io.pilothouse.mesos.v1.MasterInfo;
import io.pilothouse.mesos.v1.scheduler.Event;
import java.io.IOException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FieldsTest {

  @Test
  void whatProtocolBuffersWriteIsRead() throws IOException {
    Event.Subscribed written =
        Event.Subscribed.newBuilder()
            .setFrameworkId(FrameworkID.newBuilder().setValue("f-ä"))
            .setHeartbeatIntervalSeconds(0.25)
            .setMasterInfo(MasterInfo.newBuilder().setId("m").setIp(-1).setPort(300))
            .build();

    Fields fields = Fields.of(written.toByteArray());

    assertThat(Fields.of(fields.bytes(1)).text(1)).isEqualTo("f-ä");
    assertThat(fields.real(2)).isEqualTo(0.25);
    Fields master = Fields.of(fields.bytes(3));
    assertThat(master.number(2)).isEqualTo(0xffff_ffffL);
    assertThat(master.number(3)).isEqualTo(300);
    assertThat(master.has(4)).isFalse();
    assertThat(master.bytes(4)).isEmpty();
    assertThat(master.number(4)).isZero();
  }

  @Test
  void whatIsWrittenProtocolBuffersRead() throws IOException {
    byte[] bytes =
        new Message()
            .fields(new Message().text(1, "early").toBytes())
            .text(1, "late")
            .number(2, 0xffff_ffffL)
            .number(3, 5050)
            .toBytes();

    MasterInfo read = MasterInfo.parseFrom(bytes);

    assertThat(read.getId()).isEqualTo("late");
    assertThat(read.getIp()).isEqualTo(-1);
    assertThat(read.getPort()).isEqualTo(5050);
    assertThat(Fields.of(bytes).all(1)).hasSize(2);
  }

  /** Each damage is read or refused; nothing else is thrown, and nothing is taken from beyond. */
  @Test
  void anyDamageIsRefusedOrRead() {
    byte[] sound =
        new Message()
            .number(1, Long.MAX_VALUE)
            .message(2, new Message().text(1, "f-1").bytes(3, new byte[200]))
            .text(16, "far")
            .toBytes();
    int refused = 0;
    for (int seed = 0; seed < 5_000; seed++) {
      Random random = new Random(seed);
      int length = random.nextInt(8) == 0 ? 1 + random.nextInt(sound.length) : sound.length;
      byte[] damaged = Arrays.copyOf(sound, length);
      for (int each = random.nextInt(4); each >= 0; each--) {
        damaged[random.nextInt(damaged.length)] = (byte) random.nextInt();
      }
      try {
        Fields read = Fields.of(damaged);
        for (int number = 0; number < 32; number++) {
          int taken = read.all(number).stream().mapToInt(bytes -> bytes.length).sum();
          assertThat(taken).as("seed %d", seed).isLessThan(damaged.length);
        }
      } catch (IOException e) {
        refused++;
        assertThat(e).as("seed %d", seed).hasMessageContaining("byte");
      }
    }
    assertThat(refused).isBetween(500, 4_500);
  }

  @ParameterizedTest
  @CsvSource({
    "0a05ab, a field of 5 bytes",
    "0affffffffffffffffff01, a field of -1 bytes",
    "09, a field of 8 bytes",
    "0d01, a field of 4 bytes",
    "08ffffffffffffffffffff01, a number of more than 10 bytes",
    "08, a field of 1 bytes",
    "0b, is of type 3",
  })
  void otherBytesAreRefused(String hex, String why) {
    assertThatThrownBy(() -> Fields.of(HexFormat.of().parseHex(hex)))
        .isInstanceOf(IOException.class)
        .hasMessageContaining(why);
  }
}
