package io.pilothouse.provisioning.power;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.SerializationFeature;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * An emulated machine's hardware, as {@code chassis/spec.json} describes it.
 *
 * @param command what runs when the machine has power: its agent
 * @param env for the command, beside {@code PILOT_HOME} and {@code PILOT_MACHINE}
 */
public record ChassisSpec(
    String name, String mac, String model, List<String> command, Map<String, String> env) {
  private static final ObjectMapper MAPPER =
      new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);
  private static final ObjectReader READER =
      MAPPER.readerFor(Json.class).with(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

  public ChassisSpec {
    command = List.copyOf(command);
    env = Map.copyOf(env);
  }

  /** As in the file, where anything may be missing. */
  private record Json(
      @Nullable String name,
      @Nullable String mac,
      @Nullable String model,
      @Nullable List<@Nullable String> command,
      @Nullable Map<String, @Nullable String> env) {}

  static ChassisSpec read(Path file, String machine) throws PowerException {
    Json json;
    try {
      json = READER.readValue(Files.readAllBytes(file));
    } catch (NoSuchFileException e) {
      throw bad(file, "is missing", e);
    } catch (JsonProcessingException e) {
      String where =
          e.getLocation() == null
              ? ""
              : ":" + e.getLocation().getLineNr() + ":" + e.getLocation().getColumnNr();
      throw bad(file, "is wrong" + where + ": " + brief(e.getOriginalMessage()), e);
    } catch (IOException e) {
      throw new PowerException(
          PowerException.Kind.FAILED, "cannot read " + file + ": " + e.getMessage(), e);
    }
    if (json == null || !machine.equals(json.name())) {
      String found = json == null ? "nothing" : "\"" + json.name() + "\"";
      throw bad(file, "names " + found + " where \"" + machine + "\", its directory, was expected");
    }
    List<@Nullable String> command = json.command();
    if (command == null || command.isEmpty() || command.contains(null)) {
      throw bad(file, "has no \"command\": expected a list of texts, the program first");
    }
    Map<String, @Nullable String> env = json.env() == null ? Map.of() : json.env();
    if (env.containsValue(null)) {
      throw bad(file, "has an \"env\" entry without a value: expected texts");
    }
    return new ChassisSpec(
        machine, text(json.mac()), text(json.model()), List.copyOf(command), Map.copyOf(env));
  }

  /** Without the parser's remark on where the unfinished object began. */
  private static String brief(String message) {
    int remark = message.indexOf(" (start marker at");
    return remark < 0 ? message : message.substring(0, remark);
  }

  private static String text(@Nullable String text) {
    return text == null ? "" : text;
  }

  void write(Path file) throws IOException {
    Json json = new Json(name, mac, model, List.copyOf(command), new TreeMap<>(env));
    ChassisFiles.write(file, MAPPER.writeValueAsString(json) + "\n");
  }

  private static PowerException bad(Path file, String what) {
    return new PowerException(
        PowerException.Kind.BAD_CHASSIS, file + " " + what + "; correct the file or remove it");
  }

  private static PowerException bad(Path file, String what, IOException cause) {
    return new PowerException(
        PowerException.Kind.BAD_CHASSIS,
        file + " " + what + "; expected {\"name\",\"mac\",\"model\",\"command\":[…],\"env\":{…}}",
        cause);
  }
}
