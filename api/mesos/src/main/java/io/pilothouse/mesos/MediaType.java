package io.pilothouse.mesos;

import com.google.protobuf.Message;
import io.pilothouse.mesos.JsonTroubleException.Kind;
import java.io.IOException;
import java.util.Optional;

/** The two forms of a message on the wire. */
public enum MediaType {
  JSON("application/json"),
  PROTOBUF("application/x-protobuf");

  private final String header;

  MediaType(String header) {
    this.header = header;
  }

  /** As it stands in Content-Type: alone, since clients compare it with the whole header. */
  public String header() {
    return header;
  }

  /** The type that a Content-Type header names; without parameters, and case counts. */
  public static Optional<MediaType> of(String contentType) {
    for (MediaType each : values()) {
      if (each.header.equals(contentType)) {
        return Optional.of(each);
      }
    }
    return Optional.empty();
  }

  public byte[] write(Message message) {
    return switch (this) {
      case JSON -> MesosJson.write(message);
      case PROTOBUF -> message.toByteArray();
    };
  }

  /**
   * Reads what a server sent.
   *
   * @param what the message's name, such as Call
   * @throws BadBodyException in Mesos' words
   */
  public <M extends Message> M read(byte[] body, M prototype, String what) throws BadBodyException {
    return read(body, prototype, what, Parts.any());
  }

  /**
   * Reads a request's body, which anybody may have sent.
   *
   * @param parts that it may have
   */
  public <M extends Message> M read(byte[] body, M prototype, String what, Parts parts)
      throws BadBodyException {
    switch (this) {
      case JSON -> {
        try {
          return MesosJson.read(body, prototype, parts);
        } catch (JsonTroubleException e) {
          throw new BadBodyException(
              (e.kind() == Kind.SYNTAX
                      ? "Failed to parse body into JSON: "
                      : "Failed to convert JSON into " + what + " protobuf: ")
                  + e.getMessage());
        }
      }
      case PROTOBUF -> {
        try {
          parts.of(body, prototype.getDescriptorForType());
          @SuppressWarnings("unchecked") // a prototype's parser gives its type
          M read = (M) prototype.getParserForType().parseFrom(body);
          return read;
        } catch (Parts.TooManyException e) {
          throw new BadBodyException(
              "Failed to parse body into " + what + " protobuf: " + e.getMessage());
        } catch (IOException e) {
          throw new BadBodyException("Failed to parse body into " + what + " protobuf");
        }
      }
    }
    throw new IllegalStateException("a third type: " + this);
  }
}
