package io.pilothouse.cli.ops;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import io.pilothouse.api.v1.AuditRecord;
import io.pilothouse.cli.Json;
import io.pilothouse.manifests.audit.AuditChain;
import java.util.Base64;
import java.util.HexFormat;

/**
 * A record as a line of an export: for people and their tools the fields of {@link EventView}, for
 * the chain the bytes that were hashed. A reader checks that both say the same.
 */
final class AuditLine {
  private static final ObjectMapper JSON = new ObjectMapper();

  /**
   * A line that was read.
   *
   * @param previous the hash that the record's own goes on from
   * @param record with its hash
   */
  record Read(ByteString previous, AuditRecord record) {}

  /** Why a line is no record of an export. */
  static final class BadLineException extends Exception {
    private static final long serialVersionUID = 1;

    BadLineException(String message) {
      super(message);
    }
  }

  private AuditLine() {}

  static String write(ByteString previous, AuditRecord record) {
    ObjectNode node = Json.object();
    EventView.fill(record, node);
    node.put("prev", hex(previous))
        .put("hash", hex(record.getHash()))
        .put("record", Base64.getEncoder().encodeToString(AuditChain.bytes(record).toByteArray()));
    return Json.line(node);
  }

  static Read read(String line) throws BadLineException {
    try {
      JsonNode node = JSON.readTree(line);
      ByteString bytes =
          ByteString.copyFrom(Base64.getDecoder().decode(node.path("record").asText()));
      AuditRecord record =
          AuditRecord.parseFrom(bytes).toBuilder().setHash(bytes(node, "hash")).build();
      ByteString previous = bytes(node, "prev");
      if (!JSON.readTree(write(previous, record)).equals(node)) {
        throw new BadLineException("its fields do not say what its hashed bytes say");
      }
      return new Read(previous, record);
    } catch (JsonProcessingException e) {
      throw new BadLineException("it is not JSON: " + e.getOriginalMessage());
    } catch (InvalidProtocolBufferException | IllegalArgumentException e) {
      throw new BadLineException("it is not a line of pilot audit export: " + e.getMessage());
    }
  }

  static String hex(ByteString hash) {
    return HexFormat.of().formatHex(hash.toByteArray());
  }

  private static ByteString bytes(JsonNode node, String key) {
    return ByteString.copyFrom(HexFormat.of().parseHex(node.path(key).asText()));
  }
}
