package io.pilothouse.cli.fleet;

import io.pilothouse.api.v1.Manifest;
import io.pilothouse.api.v1.Thing;
import io.pilothouse.cli.CliException;
import java.util.Optional;
import java.util.stream.Stream;
import picocli.CommandLine.ITypeConverter;

/** Kinds of contents as people write them. */
final class Things implements ITypeConverter<Thing> {

  static String word(Thing thing) {
    return switch (thing) {
      case THING_MANIFEST -> "manifest";
      case THING_IMAGE -> "image";
      case THING_WATCHDOG_SET -> "watchdog-set";
      case THING_AGENT -> "agent";
      case UNRECOGNIZED -> "unknown";
    };
  }

  /** What was registered before there were other things has but a flag. */
  static Thing of(Manifest manifest) {
    return manifest.getImage() ? Thing.THING_IMAGE : manifest.getThing();
  }

  @Override
  public Thing convert(String word) {
    Optional<Thing> thing =
        Stream.of(Thing.values())
            .filter(each -> each != Thing.UNRECOGNIZED && word(each).equals(word))
            .findFirst();
    return thing.orElseThrow(
        () ->
            CliException.usage(
                "\"" + word + "\" is no kind of contents",
                "write manifest, image, watchdog-set or agent"));
  }
}
