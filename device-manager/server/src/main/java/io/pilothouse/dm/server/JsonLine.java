package io.pilothouse.dm.server;

import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** One flat JSON object on one line. */
final class JsonLine {

  private final StringBuilder text = new StringBuilder("{");

  /** A missing text is shown as an empty one. */
  JsonLine add(String name, @Nullable String value) {
    quote(key(name), value == null ? "" : value);
    return this;
  }

  JsonLine add(String name, long value) {
    key(name).append(value);
    return this;
  }

  JsonLine add(String name, boolean value) {
    key(name).append(value);
    return this;
  }

  byte[] bytes() {
    return (text + "}\n").getBytes(StandardCharsets.UTF_8);
  }

  private StringBuilder key(String name) {
    if (text.length() > 1) {
      text.append(',');
    }
    quote(text, name);
    return text.append(':');
  }

  private static void quote(StringBuilder out, String value) {
    out.append('"');
    for (int i = 0; i < value.length(); i++) {
      char c = value.charAt(i);
      switch (c) {
        case '"' -> out.append("\\\"");
        case '\\' -> out.append("\\\\");
        case '\n' -> out.append("\\n");
        default -> {
          if (c < ' ') {
            out.append("\\u%04x".formatted((int) c));
          } else {
            out.append(c);
          }
        }
      }
    }
    out.append('"');
  }
}
