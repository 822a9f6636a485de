package io.pilothouse.testing.fuzz;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Makes inputs of sound ones: bits flipped, parts left out, doubled, exchanged, numbers made
 * extreme, words of the format put in. What was taken is built upon, so that a walk leads away from
 * the sound ones step by step.
 */
final class Mutator {
  /** Longer ones cost time and find little. */
  private static final int LONGEST = 256 << 10;

  private static final int MOST_TAKEN = 256;

  private static final long[] NUMBERS = {
    0,
    1,
    -1,
    2,
    127,
    128,
    255,
    256,
    32_767,
    65_535,
    65_536,
    1 << 20,
    Integer.MAX_VALUE,
    Integer.MIN_VALUE,
    1L << 32,
    Long.MAX_VALUE,
    Long.MIN_VALUE
  };

  private static final List<String> DIGITS =
      List.of(
          "0",
          "-1",
          "00",
          "1e9",
          "1e999999999",
          "0.5",
          "-0",
          "2147483647",
          "2147483648",
          "4294967296",
          "9223372036854775807",
          "9223372036854775808",
          "18446744073709551616",
          "99999999999999999999999999");

  private final List<byte[]> sound;
  private final List<byte[]> tokens;
  private final List<byte[]> taken = new ArrayList<>();

  Mutator(List<byte[]> sound, List<byte[]> tokens) {
    this.sound = List.copyOf(sound);
    this.tokens = List.copyOf(tokens);
  }

  /** Remembers one that was taken, and is none of the sound ones. */
  void taken(byte[] input, SplittableRandom random) {
    if (taken.size() < MOST_TAKEN) {
      taken.add(input);
    } else if (random.nextInt(8) == 0) {
      taken.set(random.nextInt(MOST_TAKEN), input);
    }
  }

  byte[] next(SplittableRandom random) {
    if (random.nextInt(200) == 0) {
      byte[] noise = new byte[random.nextInt(64)];
      random.nextBytes(noise);
      return noise;
    }
    byte[] input = base(random).clone();
    int steps = 1;
    while (steps < 12 && random.nextInt(3) > 0) {
      steps++;
    }
    for (int i = 0; i < steps; i++) {
      input = step(input, random);
    }
    return input.length > LONGEST ? Arrays.copyOf(input, LONGEST) : input;
  }

  private byte[] base(SplittableRandom random) {
    return taken.isEmpty() || random.nextInt(3) > 0
        ? sound.get(random.nextInt(sound.size()))
        : taken.get(random.nextInt(taken.size()));
  }

  private byte[] step(byte[] input, SplittableRandom random) {
    if (input.length == 0) {
      return token(random);
    }
    int at = random.nextInt(input.length);
    int end = Math.min(input.length, at + 1 + random.nextInt(random.nextInt(4) == 0 ? 200 : 12));
    return switch (random.nextInt(16)) {
      case 0, 1 -> {
        input[at] ^= (byte) (1 << random.nextInt(8));
        yield input;
      }
      case 2 -> {
        input[at] = (byte) random.nextInt(256);
        yield input;
      }
      case 3 -> joined(input, 0, at, input, end, input.length);
      case 4 -> joined(input, 0, end, input, at, input.length);
      case 5 -> repeated(input, at, end, random);
      case 6, 7, 8 -> inserted(input, at, at, token(random));
      case 9 -> inserted(input, at, end, token(random));
      case 10 -> Arrays.copyOf(input, at);
      case 11 -> {
        byte[] other = base(random);
        int from = other.length == 0 ? 0 : random.nextInt(other.length);
        yield joined(input, 0, at, other, from, other.length);
      }
      case 12 -> overwritten(input, at, random);
      case 13 -> inserted(input, at, end, varint(NUMBERS[random.nextInt(NUMBERS.length)]));
      default -> digits(input, at, random);
    };
  }

  private byte[] token(SplittableRandom random) {
    if (tokens.isEmpty()) {
      return new byte[] {(byte) random.nextInt(256)};
    }
    return tokens.get(random.nextInt(tokens.size()));
  }

  private static byte[] joined(byte[] one, int from, int to, byte[] two, int start, int end) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    bytes.write(one, from, to - from);
    bytes.write(two, start, end - start);
    return bytes.toByteArray();
  }

  private static byte[] inserted(byte[] input, int at, int end, byte[] what) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    bytes.write(input, 0, at);
    bytes.writeBytes(what);
    bytes.write(input, end, input.length - end);
    return bytes.toByteArray();
  }

  /** Mostly a few times; now and then so often that a reader by recursion would come to its end. */
  private static byte[] repeated(byte[] input, int at, int end, SplittableRandom random) {
    int times = random.nextInt(40) == 0 ? 20_000 : 2 + random.nextInt(6);
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    for (int i = 0; i < times && bytes.size() < LONGEST; i++) {
      bytes.write(input, at, end - at);
    }
    return inserted(input, at, end, bytes.toByteArray());
  }

  private static byte[] overwritten(byte[] input, int at, SplittableRandom random) {
    ByteBuffer bytes =
        ByteBuffer.allocate(Long.BYTES)
            .order(random.nextBoolean() ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN);
    long number = NUMBERS[random.nextInt(NUMBERS.length)];
    if (random.nextBoolean()) {
      bytes.putLong(number);
    } else {
      bytes.putInt((int) number);
    }
    int length = Math.min(bytes.flip().remaining(), input.length - at);
    System.arraycopy(bytes.array(), 0, input, at, length);
    return input;
  }

  private static byte[] varint(long number) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    long left = number;
    while ((left & ~0x7fL) != 0) {
      bytes.write((int) ((left & 0x7f) | 0x80));
      left >>>= 7;
    }
    bytes.write((int) left);
    return bytes.toByteArray();
  }

  /** Puts another number in the place of the next one that is written in digits. */
  private static byte[] digits(byte[] input, int from, SplittableRandom random) {
    int at = from;
    while (at < input.length && !isDigit(input[at])) {
      at++;
    }
    int end = at;
    while (end < input.length && isDigit(input[end])) {
      end++;
    }
    String number = DIGITS.get(random.nextInt(DIGITS.size()));
    return inserted(input, at, end, number.getBytes(StandardCharsets.US_ASCII));
  }

  private static boolean isDigit(byte b) {
    return b >= '0' && b <= '9';
  }
}
