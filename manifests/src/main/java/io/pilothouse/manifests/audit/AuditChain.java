package io.pilothouse.manifests.audit;

import com.google.protobuf.ByteString;
import io.pilothouse.api.v1.AuditRecord;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/**
 * The hash of a record: SHA-256 over one byte with the length of the hash before (0 or 32), that
 * hash, and the record's bytes without a hash of its own. So nothing in the trail can be changed,
 * removed, added or moved without every later hash being another.
 *
 * <p>A record's bytes are its protobuf encoding in the order of field numbers. It holds no maps, so
 * the encoding is the same everywhere; fields are only ever added, above those there are, so that
 * an older program keeps the bytes of a newer one's record.
 */
public final class AuditChain {

  private AuditChain() {}

  /** The hash of a record that follows one with the hash {@code previous}; empty: the first. */
  public static ByteString hash(ByteString previous, AuditRecord record) {
    return hash(previous, bytes(record));
  }

  /** As {@link #hash(ByteString, AuditRecord)}, of the record's {@link #bytes}. */
  public static ByteString hash(ByteString previous, ByteString record) {
    MessageDigest sha256 = sha256();
    sha256.update((byte) previous.size());
    sha256.update(previous.asReadOnlyByteBuffer());
    sha256.update(record.asReadOnlyByteBuffer());
    return ByteString.copyFrom(sha256.digest());
  }

  /** What is hashed of a record: all but its own hash. */
  public static ByteString bytes(AuditRecord record) {
    return (record.getHash().isEmpty() ? record : record.toBuilder().clearHash().build())
        .toByteString();
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }
}
