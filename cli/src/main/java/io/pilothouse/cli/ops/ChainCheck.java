package io.pilothouse.cli.ops;

import com.google.protobuf.ByteString;
import io.pilothouse.api.v1.AuditRecord;
import io.pilothouse.manifests.audit.AuditChain;
import org.jspecify.annotations.Nullable;

/** Follows the hash chain of a trail, record by record, and says where it breaks. */
final class ChainCheck {

  private ByteString last = ByteString.EMPTY;
  private @Nullable AuditRecord newest;
  private final String wanted;
  private boolean found;
  private long chained;
  private long before;

  /** Looks, besides, for a record of this hash (hex) that somebody noted down; empty: for none. */
  ChainCheck(String wanted) {
    this.wanted = wanted;
    this.found = wanted.isEmpty();
  }

  /** The chain is broken. */
  static final class BrokenException extends Exception {
    private static final long serialVersionUID = 1;

    BrokenException(String message) {
      super(message);
    }
  }

  /**
   * The next record.
   *
   * @param previous what it goes on from; what is missing before the first record cannot be seen
   */
  void next(ByteString previous, AuditRecord record) throws BrokenException {
    AuditRecord older = newest;
    if (record.getHash().isEmpty() && chained == 0) {
      before++;
      newest = record;
      return;
    }
    if (record.getHash().isEmpty()) {
      throw broken(record, "it has no hash, and those before it have");
    }
    if (chained == 0 && before > 0 && !previous.isEmpty()) {
      throw broken(record, "it goes on from a record with a hash, and those before it have none");
    }
    if (chained > 0 && !previous.equals(last)) {
      throw broken(record, "it does not go on from " + at(older) + ": records are missing");
    }
    if (!AuditChain.hash(previous, record).equals(record.getHash())) {
      throw broken(record, "it is not what was written, or what it goes on from is not");
    }
    if (older != null && compare(older, record) >= 0) {
      throw broken(record, "it comes after " + at(older));
    }
    last = record.getHash();
    newest = record;
    chained++;
    found |= AuditLine.hex(last).equals(wanted);
  }

  /** All records were given. */
  void end() throws BrokenException {
    if (!found) {
      throw new BrokenException("no record has the hash %s".formatted(wanted));
    }
  }

  /** All records were given, and the server says that this is the newest one's hash. */
  void end(ByteString head) throws BrokenException {
    if (!head.equals(last)) {
      throw new BrokenException(
          "the chain breaks behind %s: the trail ends with another record than the newest"
              .formatted(at(newest)));
    }
    end();
  }

  long chained() {
    return chained;
  }

  /** Records from before there was a chain. */
  long before() {
    return before;
  }

  /** Hash of the newest record, hex. */
  String head() {
    return AuditLine.hex(last);
  }

  private static int compare(AuditRecord a, AuditRecord b) {
    int byIndex = Long.compareUnsigned(a.getIndex(), b.getIndex());
    return byIndex != 0 ? byIndex : Integer.compareUnsigned(a.getOrdinal(), b.getOrdinal());
  }

  private static BrokenException broken(AuditRecord record, String why) {
    return new BrokenException("the chain breaks at %s: %s".formatted(at(record), why));
  }

  private static String at(@Nullable AuditRecord record) {
    return record == null
        ? "its beginning"
        : "record %d.%d".formatted(record.getIndex(), record.getOrdinal());
  }
}
