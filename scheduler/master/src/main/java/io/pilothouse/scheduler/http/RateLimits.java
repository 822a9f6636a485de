package io.pilothouse.scheduler.http;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import io.pilothouse.mesos.Printable;
import java.io.CharConversionException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * How many calls of each principal are taken, as Mesos' {@code --rate_limits} says it: {@code
 * {"limits": [{"principal": "batch", "qps": 100, "capacity": 1000}], "aggregate_default_qps": 50}}.
 * Who is not named shares the default with all others that are not named, if there is one.
 */
public final class RateLimits {
  /** Nobody is held to a number of calls; what may wait is bounded all the same. */
  public static final RateLimits NONE = new RateLimits(Map.of(), Optional.empty());

  /**
   * @param perSecond calls; 0 = as many as there are
   * @param capacity calls that may wait at a time; 0 = as many as of anybody
   */
  record Limit(double perSecond, int capacity) {
    static final Limit NONE = new Limit(0, 0);
  }

  private final Map<String, Limit> byPrincipal;
  private final Optional<Limit> ofOthers;

  RateLimits(Map<String, Limit> byPrincipal, Optional<Limit> ofOthers) {
    this.byPrincipal = new TreeMap<>(byPrincipal);
    this.ofOthers = ofOthers;
  }

  /** Of a principal that is named. */
  Optional<Limit> of(String principal) {
    return Optional.ofNullable(byPrincipal.get(principal));
  }

  /** Of all others together. */
  Optional<Limit> ofOthers() {
    return ofOthers;
  }

  /**
   * Reads them from a file.
   *
   * @throws IOException with the file, the place in it and what was expected
   */
  public static RateLimits read(Path file) throws IOException {
    try (JsonParser json = new JsonFactory().createParser(Files.readAllBytes(file))) {
      return new Reading(json).document();
    } catch (JsonProcessingException e) {
      String line = e.getLocation() == null ? "" : ":" + e.getLocation().getLineNr();
      throw new IOException(
          "%s%s: no JSON: %s".formatted(file, line, Printable.of(e.getOriginalMessage())), e);
    } catch (CharConversionException e) {
      throw new IOException("%s: no JSON: %s".formatted(file, e.getMessage()), e);
    } catch (WrongException e) {
      throw new IOException(file + ":" + e.getMessage(), e);
    }
  }

  private static final class WrongException extends IOException {
    private static final long serialVersionUID = 1;

    WrongException(JsonParser at, String what) {
      super(at.currentTokenLocation().getLineNr() + ": " + Printable.of(what));
    }
  }

  private static final class Reading {
    private static final int MOST_WAITING = 1_000_000;

    private final JsonParser json;
    private final Map<String, Limit> found = new TreeMap<>();

    Reading(JsonParser json) {
      this.json = json;
    }

    RateLimits document() throws IOException {
      requireStart(json.nextToken(), "{\"limits\": […]}");
      double perSecond = 0;
      int capacity = 0;
      while (json.nextToken() != JsonToken.END_OBJECT) {
        String name = json.currentName();
        json.nextToken();
        switch (name) {
          case "limits" -> limits();
          case "aggregate_default_qps" -> perSecond = perSecond(name);
          case "aggregate_default_capacity" -> capacity = capacity(name);
          default ->
              throw new WrongException(
                  json,
                  "\"%s\"; expected limits, aggregate_default_qps or aggregate_default_capacity"
                      .formatted(name));
        }
      }
      if (json.nextToken() != null) {
        throw new WrongException(json, "something follows the limits");
      }
      boolean others = perSecond > 0 || capacity > 0;
      return new RateLimits(
          found, others ? Optional.of(new Limit(perSecond, capacity)) : Optional.empty());
    }

    private void limits() throws IOException {
      if (json.currentToken() != JsonToken.START_ARRAY) {
        throw new WrongException(json, "limits: expected a list, [{\"principal\": …}, …]");
      }
      while (json.nextToken() != JsonToken.END_ARRAY) {
        requireStart(json.currentToken(), "{\"principal\": \"batch\", \"qps\": 100}");
        limit();
      }
    }

    private void limit() throws IOException {
      @Nullable String principal = null;
      double perSecond = 0;
      int capacity = 0;
      while (json.nextToken() != JsonToken.END_OBJECT) {
        String name = json.currentName();
        json.nextToken();
        switch (name) {
          case "principal" -> principal = text(name);
          case "qps" -> perSecond = perSecond(name);
          case "capacity" -> capacity = capacity(name);
          default ->
              throw new WrongException(
                  json, "\"%s\"; expected principal, qps or capacity".formatted(name));
        }
      }
      if (principal == null || principal.isEmpty()) {
        throw new WrongException(json, "a limit without a principal; say whose it is");
      }
      if (found.put(principal, new Limit(perSecond, capacity)) != null) {
        throw new WrongException(json, "principal \"%s\" is there twice".formatted(principal));
      }
    }

    private void requireStart(@Nullable JsonToken token, String form) throws IOException {
      if (token != JsonToken.START_OBJECT) {
        throw new WrongException(json, "expected " + form);
      }
    }

    private String text(String name) throws IOException {
      if (json.currentToken() != JsonToken.VALUE_STRING) {
        throw new WrongException(json, name + ": expected a text, \"batch\"");
      }
      return json.getText();
    }

    private double perSecond(String name) throws IOException {
      double number = json.currentToken().isNumeric() ? json.getDoubleValue() : 0;
      if (!(number > 0) || number > MOST_WAITING) {
        throw new WrongException(
            json,
            "%s: %s; expected calls a second, above 0 and up to %d; leave it out for no limit"
                .formatted(name, json.getText(), MOST_WAITING));
      }
      return number;
    }

    private int capacity(String name) throws IOException {
      boolean whole = json.currentToken() == JsonToken.VALUE_NUMBER_INT;
      long number = whole ? json.getValueAsLong() : 0;
      if (number < 1 || number > MOST_WAITING) {
        throw new WrongException(
            json,
            "%s: %s; expected calls that may wait, 1 to %d"
                .formatted(name, json.getText(), MOST_WAITING));
      }
      return (int) number;
    }
  }
}
