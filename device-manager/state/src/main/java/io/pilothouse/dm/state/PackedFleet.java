package io.pilothouse.dm.state;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedInputStream;
import com.google.protobuf.ExtensionRegistryLite;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.UnknownFieldSet;
import com.google.protobuf.WireFormat;
import io.pilothouse.api.log.v1.ApplyFleet;
import io.pilothouse.api.log.v1.Refusal;
import io.pilothouse.api.v1.Fleet;
import io.pilothouse.api.v1.InventoryMachine;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;
import java.util.zip.InflaterInputStream;

/**
 * The fleet of an apply, which travels packed when it is large: a log entry holds some 30,000
 * machines as they are, and ten times as many packed; what is larger still comes in parts, see
 * {@link StagedFleet}. Who packs does not matter: what is unpacked is the same everywhere.
 */
public final class PackedFleet {

  /** Most bytes of an unpacked one: some 1.5 million machines. */
  public static final int MOST = 256 << 20;

  /** The same before {@link FeatureLevel#STAGED_FLEETS}. */
  static final int MOST_BEFORE = 64 << 20;

  /** A machine of a few bytes takes a hundred of the heap, and a refusal says all about it. */
  static final int MOST_MACHINES = 2_000_000;

  /** Of types, units, images and all else. */
  static final int MOST_OTHERS = 1_000_000;

  private static final int FIRST = 64 << 10;

  private static final int MACHINES_TAG =
      Fleet.MACHINES_FIELD_NUMBER << 3 | WireFormat.WIRETYPE_LENGTH_DELIMITED;

  private PackedFleet() {}

  /**
   * The fleet of an apply.
   *
   * @throws RefusedException when what is packed is damaged, larger than it says, or not there
   */
  static Fleet of(Entities state, ApplyFleet command) throws RefusedException {
    int most = FeatureLevel.has(state, FeatureLevel.STAGED_FLEETS) ? MOST : MOST_BEFORE;
    return StagedFleet.is(command)
        ? unpack(StagedFleet.joined(state, command), command.getPackedSize(), most)
        : of(command, most);
  }

  /** The same of one that is not in parts. */
  static Fleet of(ApplyFleet command, int most) throws RefusedException {
    return command.getPacked().isEmpty()
        ? command.getFleet()
        : unpack(command.getPacked(), command.getPackedSize(), most);
  }

  /**
   * Unpacks a fleet that is not in the log yet.
   *
   * @param size bytes of it when unpacked
   * @throws RefusedException as above
   */
  public static Fleet unpack(ByteString packed, int size) throws RefusedException {
    return unpack(packed, size, MOST);
  }

  private static Fleet unpack(ByteString packed, int size, int most) throws RefusedException {
    if (size < 0 || size > most) {
      throw damaged("%s bytes; at most %s".formatted(Integer.toUnsignedString(size), most));
    }
    try {
      return read(packed, size);
    } catch (IOException e) {
      return whole(packed, size); // says what is wrong, in words that are the same everywhere
    }
  }

  /** Machine by machine: neither all the bytes nor every string need be in memory. */
  private static Fleet read(ByteString packed, int size) throws IOException, RefusedException {
    Inflater inflater = new Inflater();
    try (InputStream bytes = new InflaterInputStream(packed.newInput(), inflater, FIRST)) {
      CodedInputStream in = CodedInputStream.newInstance(bytes, FIRST);
      int all = in.pushLimit(size);
      Fleet.Builder fleet = Fleet.newBuilder();
      Sharing sharing = new Sharing();
      UnknownFieldSet.Builder others = UnknownFieldSet.newBuilder();
      int fields = 0;
      for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
        if (tag == MACHINES_TAG) {
          if (fleet.getMachinesCount() == MOST_MACHINES) {
            throw damaged("more than %s machines".formatted(MOST_MACHINES));
          }
          InventoryMachine.Builder machine = InventoryMachine.newBuilder();
          in.readMessage(machine, ExtensionRegistryLite.getEmptyRegistry());
          sharing.share(machine);
          fleet.addMachines(machine);
        } else if (++fields > MOST_OTHERS) {
          throw damaged("more than %s types, units, images and the like".formatted(MOST_OTHERS));
        } else if (!others.mergeFieldFrom(tag, in)) {
          throw new IOException("a group ends that did not begin");
        }
      }
      in.popLimit(all);
      if (in.getTotalBytesRead() != size || !in.isAtEnd() || !inflater.finished()) {
        throw new IOException("another size");
      }
      return fleet.mergeFrom(others.build().toByteString()).build();
    } finally {
      inflater.end();
    }
  }

  private static Fleet whole(ByteString packed, int size) throws RefusedException {
    // what it says of its size is believed as it comes: a few bytes must not cost 256 MiB
    byte[] bytes = new byte[Math.min(size, FIRST)];
    Inflater inflater = new Inflater();
    try {
      inflater.setInput(packed.toByteArray());
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
