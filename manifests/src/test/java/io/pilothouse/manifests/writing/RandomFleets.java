package io.pilothouse.manifests.writing;

import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.EnumValueDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import io.pilothouse.api.v1.Fleet;
import io.pilothouse.manifests.signing.PublicKeys;
import java.security.GeneralSecurityException;
import java.security.KeyPairGenerator;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.function.Supplier;

/**
 * Fleets that files can say. Which fields there are is taken from the messages: one that is new is
 * filled like the others, so that a fleet with it does not come back until somebody writes it. Only
 * what must fit together is said here and in {@link Fitting}.
 */
final class RandomFleets {
  private static final List<String> TEXTS =
      List.of(
          "plain",
          "yes",
          "No",
          "null",
          "~",
          "1.0",
          "0x1f",
          "1e3",
          "a: b",
          "# no comment",
          "- x",
          "{a}",
          "[b]",
          "\"quoted\"",
          "it's",
          "trailing ",
          " leading",
          "ümläut €",
          "100 per 1h",
          "*alias",
          "&anchor",
          "!tag",
          "%d",
          "@at",
          "a,b",
          "k=v",
          "=",
          "2026-11-29",
          "12:30",
          "\\n",
          "long ".repeat(60).strip());
  private static final List<String> GLOBS =
      List.of("disk.*", "*", "?", "1.5", "no", "-", ":", "a/b@c", "007", "memory.uncorrected");
  private static final List<Long> TIMES =
      List.of(1L, 999L, 1000L, 61_001L, 90_000L, 3_600_000L, 172_800_000L, 604_800_000L);
  private static final List<Long> SIZES =
      List.of(1L, 1023L, 1024L, 50L << 20, (1L << 30) + 1024, 3L << 40);
  private static final List<Double> SHARES = List.of(0.0001, 0.5, 5.0, 12.5, 33.3333, 99.9, 100.0);
  private static final List<ByteString> KEYS = keys();

  final Random random;
  final boolean everything;
  private int names;
  private final Map<String, Supplier<Object>> values;

  RandomFleets(long seed, boolean everything) {
    random = new Random(seed);
    this.everything = everything;
    // what generic values of the type would not do for
    values =
        Map.ofEntries(
            Map.entry("ManifestKey.ed25519", () -> pick(KEYS)),
            Map.entry("Image.version", () -> pick(List.of("1.0", "v0755", "1e3", "2026-11", "no"))),
            Map.entry("WatchdogSpec.args", () -> random.nextBoolean() ? pick(TEXTS) : "a\tb\nc"),
            Map.entry("WatchdogSpec.user", () -> pick(List.of("nobody", "no", "_x-1.y"))),
            Map.entry("WatchdogSpec.reporters", () -> "operator/Alice" + random.nextInt(9)),
            Map.entry("WatchdogSpec.quota_per_minute", () -> 60_000 + random.nextInt(9)),
            Map.entry("PolicyRule.name", () -> pick(TEXTS).substring(0, 1) + pick(TEXTS).length()),
            Map.entry("PolicyRule.faults", () -> pick(GLOBS)),
            Map.entry("PolicyRule.watchdogs", () -> pick(GLOBS)),
            Map.entry("PolicyRule.types", () -> pick(GLOBS)),
            Map.entry("RolloutPolicy.first", () -> pick(List.of("u1-01", "u2-[01-02]", "x-[1-9]"))),
            Map.entry("MaintenanceWindow.days", () -> random.nextInt(128)),
            Map.entry("MaintenanceWindow.from_minute", () -> random.nextInt(1440)),
            Map.entry("MaintenanceWindow.to_minute", () -> random.nextInt(1440)),
            Map.entry("InventoryMachine.mac", () -> "02:00:00:00:%s".formatted(mac())),
            Map.entry("InventoryMachine.bmc", () -> "redfish+https://b" + ++names + "?a=\"b\",c"),
            Map.entry("InventoryMachine.address", () -> "[fe80::1]:" + random.nextInt(65_536)),
            Map.entry("InventoryMachine.feed", () -> pick(List.of("f 1", "1", "007", "no"))));
  }

  Fleet fleet() {
    Fleet.Builder fleet = Fleet.newBuilder();
    fill(fleet);
    new Fitting(this, fleet).fit();
    return fleet.build();
  }

  /** The same message with its fields set. */
  <B extends Message.Builder> B filled(B message) {
    fill(message);
    return message;
  }

  /** Sets the fields of a message, those that it has now and those that it will get. */
  private void fill(Message.Builder message) {
    for (FieldDescriptor field : message.getDescriptorForType().getFields()) {
      boolean isSet = everything || field.getName().equals("name") || random.nextInt(3) > 0;
      if (isSet && field.isRepeated()) {
        Set<Object> items = new LinkedHashSet<>();
        for (int i = 0; i < 2 + random.nextInt(2); i++) {
          items.add(value(message, field));
        }
        items.forEach(each -> message.addRepeatedField(field, each));
      } else if (isSet) {
        message.setField(field, value(message, field));
      }
    }
  }

  private Object value(Message.Builder message, FieldDescriptor field) {
    Supplier<Object> own =
        values.get(message.getDescriptorForType().getName() + "." + field.getName());
    if (own != null) {
      return own.get();
    }
    return switch (field.getJavaType()) {
      case STRING -> name();
      case INT -> 2 + random.nextInt(15);
      case LONG -> pick(field.getName().endsWith("_ms") ? TIMES : SIZES);
      case DOUBLE -> pick(SHARES);
      case BOOLEAN -> true;
      case ENUM -> word(field);
      case BYTE_STRING -> ByteString.copyFromUtf8("#!/bin/sh\nexit " + random.nextInt(4) + "\n");
      case MESSAGE -> {
        Message.Builder inner = message.newBuilderForField(field);
        fill(inner);
        yield inner.build();
      }
      case FLOAT -> throw new AssertionError("no value for " + field);
    };
  }

  private EnumValueDescriptor word(FieldDescriptor field) {
    List<EnumValueDescriptor> all = field.getEnumType().getValues();
    return all.get(1 + random.nextInt(all.size() - 1));
  }

  /** Names that other readers of YAML would take for something else are among them. */
  String name() {
    return pick(List.of("n", "1.", "0", "1e", "no", "y.")) + ++names;
  }

  private String mac() {
    names++;
    return String.format(java.util.Locale.ROOT, "%02x:%02x", names >> 8 & 255, names & 255);
  }

  <T> T pick(List<T> of) {
    return of.get(random.nextInt(of.size()));
  }

  /** Some of these, not none, in some order. */
  <T> List<T> some(List<T> of) {
    Set<T> some = new HashSet<>();
    some.add(pick(of));
    some.add(pick(of));
    return new ArrayList<>(some);
  }

  private static List<ByteString> keys() {
    List<ByteString> keys = new ArrayList<>();
    try {
      for (int i = 0; i < 4; i++) {
        keys.add(
            ByteString.copyFrom(
                PublicKeys.raw(
                    KeyPairGenerator.getInstance("Ed25519").generateKeyPair().getPublic())));
      }
    } catch (GeneralSecurityException e) {
      throw new AssertionError(e);
    }
    return keys;
  }
}
