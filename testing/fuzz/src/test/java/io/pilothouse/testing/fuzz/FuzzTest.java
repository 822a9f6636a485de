package io.pilothouse.testing.fuzz;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;

/** The generator itself: it finds what it is there to find, and says how to find it again. */
class FuzzTest {

  @Test
  void aDefectIsFoundAndKept() {
    assertThatThrownBy(
            () ->
                Fuzz.of("reader-with-a-defect")
                    .sound("length=12")
                    .run(
                        input -> {
                          String number = new String(input, ISO_8859_1).replaceAll("[^0-9]", "");
                          return number.isEmpty() || Integer.parseInt(number) > 0;
                        }))
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("reader-with-a-defect, seed ")
        .hasMessageContaining("-Dfuzz.replay=")
        .hasCauseInstanceOf(NumberFormatException.class);
  }

  @Test
  void whatAllocatesByALengthThatWasOnlySaidIsFound() {
    assertThatThrownBy(
            () ->
                Fuzz.of("reader-that-believes")
                    .sound(ByteBuffer.allocate(8).putInt(4).array())
                    .allocating(1 << 20, 16)
                    .run(
                        input -> {
                          int length = input.length < 4 ? 0 : ByteBuffer.wrap(input).getInt();
                          return length >= 0 && length < 1 << 25 && new byte[length].length > 0;
                        }))
        .hasMessageContaining("bytes of heap for an input of");
  }

  @Test
  void theSameSeedWalksTheSameWay() {
    Summary one = Fuzz.of("same").sound("a=1").tokens("=").inputs(2000).run(FuzzTest::isPair);
    Summary other = Fuzz.of("same").sound("a=1").tokens("=").inputs(2000).run(FuzzTest::isPair);
    assertThat(one.taken()).isEqualTo(other.taken()).isPositive();
    assertThat(one.refused()).isEqualTo(other.refused()).isPositive();
  }

  private static boolean isPair(byte[] input) {
    return new String(input, ISO_8859_1).indexOf('=') == 1;
  }

  @Test
  void aRefusalMustBeReadable() {
    Wording.check("line 3: \"x\" is no number; write 1 to 10");
    assertThatThrownBy(() -> Wording.check("bad \u001b[31m")).hasMessageContaining("U+001B");
    assertThatThrownBy(() -> Wording.check("x".repeat(5000))).hasMessageContaining("5000");
    assertThatThrownBy(() -> Wording.check(null)).hasMessageContaining("without words");
  }
}
