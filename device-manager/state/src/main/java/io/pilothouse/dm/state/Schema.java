package io.pilothouse.dm.state;

import io.pilothouse.api.log.v1.LogProto;
import io.pilothouse.api.v1.ModelProto;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.HexFormat;

/**
 * A name for the fields that this release knows. Entities that hold a field of a newer release are
 * written differently by those that know it and those that do not, so digests are compared within
 * one schema only.
 */
public final class Schema {

  private static final int NAME_BYTES = 8;
  private static final String FINGERPRINT = compute();

  private Schema() {}

  /** The same in every process of one release. */
  public static String fingerprint() {
    return FINGERPRINT;
  }

  private static String compute() {
    MessageDigest digest = StateDigest.sha256();
    digest.update(ModelProto.getDescriptor().toProto().toByteArray());
    digest.update(LogProto.getDescriptor().toProto().toByteArray());
    for (Table table : Table.values()) {
      digest.update(table.storageId().getBytes(StandardCharsets.UTF_8));
      digest.update((byte) 0);
    }
    return HexFormat.of().formatHex(digest.digest(), 0, NAME_BYTES);
  }
}
