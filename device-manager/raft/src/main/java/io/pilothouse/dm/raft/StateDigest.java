package io.pilothouse.dm.raft;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.Message;
import io.pilothouse.dm.state.Entities;
import io.pilothouse.dm.state.Table;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.Map;

/** One hash over all entities, the same wherever the state is the same. Cost follows the state. */
final class StateDigest {

  private StateDigest() {}

  static String of(Entities state) {
    try {
      MessageDigest sha256 = io.pilothouse.dm.state.StateDigest.sha256();
      CodedOutputStream out =
          CodedOutputStream.newInstance(
              new DigestOutputStream(OutputStream.nullOutputStream(), sha256));
      // a map field is otherwise written in whatever order its hash table has
      out.useDeterministicSerialization();
      for (Table table : Table.values()) {
        for (Map.Entry<String, Message> entity : state.table(table).entrySet()) {
          out.writeByteArrayNoTag(table.storageId().getBytes(UTF_8));
          out.writeByteArrayNoTag(entity.getKey().getBytes(UTF_8));
          out.writeMessageNoTag(entity.getValue());
        }
      }
      out.flush();
      return HexFormat.of().formatHex(sha256.digest());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
