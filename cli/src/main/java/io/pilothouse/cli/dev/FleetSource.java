package io.pilothouse.cli.dev;

import io.pilothouse.api.v1.DeviceKind;
import io.pilothouse.api.v1.Fleet;
import io.pilothouse.api.v1.InventoryMachine;
import io.pilothouse.api.v1.MachineType;
import io.pilothouse.api.v1.Thing;
import io.pilothouse.cli.CliException;
import io.pilothouse.cli.ExitCode;
import io.pilothouse.manifests.ContentSpec;
import io.pilothouse.manifests.FleetDirectory;
import io.pilothouse.manifests.LoadResult;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * What a new fleet is made from: a fleet directory, or a directory that has one as {@code fleet/}
 * and, as {@code contents/NAME/VERSION/}, the versions that its machines run.
 *
 * @param dir as it was given
 */
record FleetSource(Path dir) {
  private static final String FLEET = "fleet";
  private static final String CONTENTS = "contents";

  /** What ships with the programs; images of these names serve any fleet. */
  private static final List<String> SHARED = List.of("images", "web");

  /** Contents in a directory, by what it says itself. */
  record Content(Path dir, ContentSpec spec) {}

  /** The example of this name. */
  static FleetSource example(String name) {
    Path examples = Layout.dist().resolve("examples");
    FleetSource source = new FleetSource(examples.resolve(name));
    if (!name.matches("[a-z0-9-]+") || !source.isFleet()) {
      throw CliException.usage(
          "there is no example \"" + name + "\"", "use one of " + String.join(", ", names()));
    }
    return source;
  }

  private static List<String> names() {
    try (Stream<Path> list = Files.list(Layout.dist().resolve("examples"))) {
      return list.map(FleetSource::new)
          .filter(FleetSource::isFleet)
          .map(each -> each.dir().getFileName().toString())
          .sorted()
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A directory of somebody's own. */
  static FleetSource at(Path given) {
    FleetSource source = new FleetSource(given.toAbsolutePath().normalize());
    if (!source.isFleet()) {
      throw CliException.usage(
          Files.isDirectory(given)
              ? "%s is not a fleet directory: it has no cluster.yaml, nor fleet/cluster.yaml"
                  .formatted(given)
              : "there is no directory " + given,
          "name one as manifests/examples/quickstart, or use --example "
              + String.join(" or --example ", names()));
    }
    return source;
  }

  private boolean isFleet() {
    return Files.isRegularFile(fleet().resolve("cluster.yaml"));
  }

  /** The fleet directory. */
  Path fleet() {
    Path inside = dir.resolve(FLEET);
    return Files.isDirectory(inside) ? inside : dir;
  }

  /** Refuses what is wrong with the fleet and with the versions that it names. */
  void check() throws IOException {
    contents(load());
  }

  /** Reads the fleet; refuses what is wrong, and what one machine's loopback cannot be. */
  private Fleet load() {
    Fleet fleet = read(fleet());
    List<InventoryMachine> machines = machines(fleet);
    if (machines.isEmpty() || machines.size() > Ports.MOST_MACHINES) {
      throw CliException.usage(
          "%s has %d machines".formatted(fleet().resolve("machines.csv"), machines.size()),
          "one machine's loopback has room for 1 to " + Ports.MOST_MACHINES);
    }
    for (InventoryMachine machine : machines) {
      String local = "local:" + machine.getName();
      if (!machine.getBmc().equals(local) || machine.getMac().isEmpty()) {
        throw CliException.usage(
            "machine %s of %s: bmc \"%s\", mac \"%s\""
                .formatted(
                    machine.getName(),
                    fleet().resolve("machines.csv"),
                    machine.getBmc(),
                    machine.getMac()),
            "`pilot up` makes emulated machines: give it bmc " + local + " and a mac of its own");
      }
    }
    return fleet;
  }

  /** Reads a fleet directory; all its mistakes are told. */
  static Fleet read(Path directory) {
    return switch (FleetDirectory.load(directory)) {
      case LoadResult.Loaded<Fleet> loaded -> loaded.value();
      case LoadResult.Rejected<Fleet> rejected ->
          throw new CliException(
              ExitCode.USAGE,
              "INVALID",
              String.join(
                  "\n", rejected.problems().stream().map(each -> directory + "/" + each).toList()),
              "correct the files in " + directory);
    };
  }

  /** Those that are machines: switches have neither chassis nor agent. */
  static List<InventoryMachine> machines(Fleet fleet) {
    Set<String> types = new HashSet<>();
    for (MachineType type : fleet.getTypesList()) {
      if (type.getDevice() != DeviceKind.DEVICE_SWITCH) {
        types.add(type.getName());
      }
    }
    return fleet.getMachinesList().stream().filter(each -> types.contains(each.getType())).toList();
  }

  /** The versions that a fleet's types and images name, in the order of their directories. */
  List<Content> contents(Fleet fleet) throws IOException {
    Set<String> used = new HashSet<>();
    fleet.getImagesList().forEach(each -> used.add(key(Thing.THING_IMAGE, each.getName())));
    for (MachineType type : fleet.getTypesList()) {
      used.add(key(Thing.THING_MANIFEST, type.getManifest()));
      used.add(key(Thing.THING_WATCHDOG_SET, type.getWatchdogSet()));
      used.add(key(Thing.THING_AGENT, type.getAgent()));
    }
    List<Path> directories = new ArrayList<>();
    for (String shared : SHARED) {
      directories.addAll(directories(Layout.dist().resolve("examples").resolve(shared)));
    }
    for (Path name : directories(dir.resolve(CONTENTS))) {
      directories.addAll(directories(name));
    }
    List<Content> contents = new ArrayList<>();
    for (Path directory : directories) {
      Content content = new Content(directory, spec(directory));
      if (used.contains(key(content.spec().thing(), content.spec().name()))) {
        contents.add(content);
      }
    }
    return contents;
  }

  private static String key(Thing thing, String name) {
    return thing + " " + name;
  }

  private static ContentSpec spec(Path directory) {
    return switch (ContentSpec.load(directory)) {
      case LoadResult.Loaded<ContentSpec> loaded -> loaded.value();
      case LoadResult.Rejected<ContentSpec> rejected ->
          throw new CliException(
              ExitCode.USAGE,
              "INVALID",
              String.join(
                  "\n", rejected.problems().stream().map(each -> directory + "/" + each).toList()),
              "correct the files in " + directory);
    };
  }

  /** The lowest version of a manifest, with which a new fleet begins. */
  static Optional<String> first(List<Content> contents, String manifest) {
    return contents.stream()
        .map(Content::spec)
        .filter(each -> each.thing() == Thing.THING_MANIFEST && each.name().equals(manifest))
        .map(ContentSpec::version)
        .min(Comparator.comparing(FleetSource::padded));
  }

  /** So that 1.10.0 is above 1.9.0. */
  private static String padded(String version) {
    return Pattern.compile("[0-9]+")
        .matcher(version)
        .replaceAll(found -> "0".repeat(Math.max(0, 10 - found.group().length())) + found.group());
  }

  private static List<Path> directories(Path dir) throws IOException {
    if (!Files.isDirectory(dir)) {
      return List.of();
    }
    try (Stream<Path> list = Files.list(dir)) {
      return list.filter(Files::isDirectory).sorted().toList();
    }
  }
}
