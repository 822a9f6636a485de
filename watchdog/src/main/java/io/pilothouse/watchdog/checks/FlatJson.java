package io.pilothouse.watchdog.checks;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.Map;

/** JSON as one flat map, {@code devices[0].name} to text: no tree library in every agent. */
public final class FlatJson {
  private static final JsonFactory JSON = new JsonFactory();
  private static final int MOST = 100_000;

  /** Characters of a path: each value has its own, so long ones would fill the memory. */
  private static final int LONGEST_PATH = 1000;

  private FlatJson() {}

  /**
   * Reads a document.
   *
   * @throws IOException when it is none, has more than 100,000 values, or is nested under names of
   *     more than 1,000 characters
   */
  public static Map<String, String> read(String text) throws IOException {
    Map<String, String> values = new LinkedHashMap<>();
    Deque<Integer> places = new ArrayDeque<>();
    Deque<String> paths = new ArrayDeque<>();
    String path = "";
    try (JsonParser json = JSON.createParser(text)) {
      for (JsonToken token = json.nextToken(); token != null; token = json.nextToken()) {
        switch (token) {
          case START_OBJECT, START_ARRAY -> {
            path = here(json, path, places);
            if (path.length() > LONGEST_PATH) {
              throw new IOException(
                  "a value under more than " + LONGEST_PATH + " characters of names");
            }
            paths.push(path);
            places.push(token == JsonToken.START_ARRAY ? 0 : -1);
          }
          case END_OBJECT, END_ARRAY -> {
            paths.pop();
            places.pop();
            path = paths.isEmpty() ? "" : paths.element();
          }
          case FIELD_NAME -> {}
          default -> values.put(here(json, path, places), json.getText());
        }
        if (values.size() > MOST) {
          throw new IOException("more than " + MOST + " values");
        }
      }
    }
    return values;
  }

  /** Path of the value at hand; counts the items of an array on the way. */
  private static String here(JsonParser json, String path, Deque<Integer> places)
      throws IOException {
    if (places.isEmpty()) {
      return "";
    }
    if (places.element() >= 0) {
      int place = places.pop();
      places.push(place + 1);
      return path + "[" + place + "]";
    }
    String name = json.getParsingContext().getCurrentName();
    if (name == null) {
      // the context of an object that has just begun is its own; its name is the parent's
      name = json.getParsingContext().getParent().getCurrentName();
    }
    return path.isEmpty() ? String.valueOf(name) : path + "." + name;
  }
}
