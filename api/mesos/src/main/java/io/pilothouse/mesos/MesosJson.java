package io.pilothouse.mesos;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.google.protobuf.Message;
import com.google.protobuf.MessageOrBuilder;
import io.pilothouse.mesos.JsonTroubleException.Kind;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;

/**
 * Mesos' own mapping between messages and JSON, not protobuf's: field names as in the definition,
 * 64-bit integers as numbers, defaults written out, and a reader that forgives much, because
 * frameworks in the wild rely on it.
 */
public final class MesosJson {
  /** Deeper than any message of Mesos, and shallow enough for any stack. */
  private static final int DEEPEST = 200;

  private static final JsonFactory FACTORY =
      JsonFactory.builder()
          .streamReadConstraints(StreamReadConstraints.builder().maxNestingDepth(DEEPEST).build())
          .build();

  private MesosJson() {}

  /** The message as UTF-8. */
  public static byte[] write(MessageOrBuilder message) {
    ByteArrayOutputStream out = new ByteArrayOutputStream(512);
    try (JsonGenerator json = FACTORY.createGenerator(out)) {
      JsonWriting.message(json, message);
    } catch (IOException e) {
      throw new UncheckedIOException(e); // nothing here touches a device
    }
    return out.toByteArray();
  }

  /** Adds the message to a document that is being written. */
  public static void write(JsonGenerator json, MessageOrBuilder message) throws IOException {
    JsonWriting.message(json, message);
  }

  /** Reads a message of the prototype's type; all of its required fields are there. */
  public static <M extends Message> M read(byte[] json, M prototype) throws JsonTroubleException {
    return read(json, prototype, Parts.any());
  }

  /** The same, if it has no more parts than may be. */
  static <M extends Message> M read(byte[] json, M prototype, Parts parts)
      throws JsonTroubleException {
    Message.Builder message = prototype.newBuilderForType();
    JsonReading reading = new JsonReading(parts);
    try (JsonParser parser = FACTORY.createParser(json)) {
      JsonToken first = parser.nextToken();
      if (first == null) {
        throw new JsonTroubleException(Kind.SYNTAX, "the text is empty");
      }
      reading.document(parser, message);
      if (parser.nextToken() != null) {
        throw new JsonTroubleException(Kind.SYNTAX, "something follows the JSON value");
      }
    } catch (JsonProcessingException e) {
      throw new JsonTroubleException(Kind.SYNTAX, where(e));
    } catch (Parts.TooManyException e) {
      throw new JsonTroubleException(Kind.MAPPING, e.getMessage());
    } catch (IOException e) {
      // nothing here touches a device: it is an encoding that nobody writes
      throw new JsonTroubleException(Kind.SYNTAX, String.valueOf(e.getMessage()));
    }
    reading.throwTrouble();
    if (!message.isInitialized()) {
      throw new JsonTroubleException(
          Kind.MAPPING,
          "Missing required fields: " + String.join(", ", message.findInitializationErrors()));
    }
    @SuppressWarnings("unchecked") // a prototype's builder builds its type
    M built = (M) message.build();
    return built;
  }

  private static String where(JsonProcessingException e) {
    return e.getLocation() == null
        ? e.getOriginalMessage()
        : "%s at line %d, column %d"
            .formatted(
                e.getOriginalMessage(), e.getLocation().getLineNr(), e.getLocation().getColumnNr());
  }
}
