package io.pilothouse.dm.state;

import com.google.protobuf.InvalidProtocolBufferException;
import io.pilothouse.api.log.v1.ApplyFleet;
import io.pilothouse.api.log.v1.Refusal;
import io.pilothouse.api.v1.Fleet;
import java.util.Arrays;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/**
 * The fleet of an apply, which travels packed when it is large: a log entry holds some 30,000
 * machines as they are, and more than ten times as many packed. Who packs does not matter: what is
 * unpacked is the same everywhere.
 */
public final class PackedFleet {

  /** Most bytes of an unpacked one: some 400,000 machines. */
  static final int MOST = 64 << 20;

  private static final int FIRST = 64 << 10;

  private PackedFleet() {}

  /**
   * The fleet of an apply.
   *
   * @throws RefusedException when what is packed is damaged, or larger than it says
   */
  static Fleet of(ApplyFleet command) throws RefusedException {
    if (command.getPacked().isEmpty()) {
      return command.getFleet();
    }
    int size = command.getPackedSize();
    if (size < 0 || size > MOST) {
      throw damaged("%s bytes; at most %s".formatted(Integer.toUnsignedString(size), MOST));
    }
    // what it says of its size is believed as it comes: a few bytes must not cost 64 MiB
    byte[] bytes = new byte[Math.min(size, FIRST)];
    Inflater inflater = new Inflater();
    try {
      inflater.setInput(command.getPacked().toByteArray());
      int length = 0;
      while (length < size) {
        if (length == bytes.length) {
          bytes = Arrays.copyOf(bytes, (int) Math.min(size, 2L * length));
        }
        int more = inflater.inflate(bytes, length, bytes.length - length);
        if (more == 0) {
          throw damaged("it ends after %s of %s bytes".formatted(length, size));
        }
        length += more;
      }
      if (inflater.inflate(new byte[1]) > 0 || !inflater.finished()) {
        throw damaged("it goes on after %s bytes".formatted(size));
      }
      return Fleet.parseFrom(bytes);
    } catch (DataFormatException e) {
      throw damaged("it is not zlib's"); // the library's own words differ from host to host
    } catch (InvalidProtocolBufferException e) {
      throw damaged("it holds no fleet");
    } finally {
      inflater.end();
    }
  }

  private static RefusedException damaged(String why) {
    return new RefusedException(
        Refusal.Code.INVALID, "the packed fleet cannot be read: " + why, "apply it again");
  }
}
