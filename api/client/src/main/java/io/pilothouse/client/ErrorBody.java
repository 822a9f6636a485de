package io.pilothouse.client;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;

/** Reads {@code {"code","message","remedy"}}. Apart, so that only errors load the JSON library. */
final class ErrorBody {
  private static final int SHOWN = 200;

  private ErrorBody() {}

  static DmException read(ServerAddress server, LightHttp.Response response) {
    Map<String, String> fields;
    try {
      fields = strings(response.body().toByteArray());
    } catch (IOException e) {
      fields = Map.of();
    }
    String code = fields.get("code");
    if (code == null) {
      String text = response.body().toStringUtf8().strip();
      return new DmException(
          response.status() == 503 ? "UNAVAILABLE" : "UNKNOWN",
          "%s answered HTTP %d: %s"
              .formatted(
                  server, response.status(), text.substring(0, Math.min(SHOWN, text.length()))),
          "check that " + server + " is the HTTP address of a Device Manager replica");
    }
    return new DmException(
        code, fields.getOrDefault("message", code), fields.getOrDefault("remedy", ""));
  }

  private static Map<String, String> strings(byte[] json) throws IOException {
    Map<String, String> fields = new HashMap<>();
    try (JsonParser parser = new JsonFactory().createParser(json)) {
      if (parser.nextToken() != JsonToken.START_OBJECT) {
        return fields;
      }
      while (parser.nextToken() == JsonToken.FIELD_NAME) {
        String name = parser.currentName();
        if (parser.nextToken() == JsonToken.VALUE_STRING) {
          fields.put(name, parser.getText());
        } else {
          parser.skipChildren();
        }
      }
    }
    return fields;
  }
}
