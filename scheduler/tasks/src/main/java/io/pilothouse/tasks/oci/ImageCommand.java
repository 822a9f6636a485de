package io.pilothouse.tasks.oci;

import io.pilothouse.mesos.v1.CommandInfo;
import java.util.ArrayList;
import java.util.List;

/**
 * What a container runs, by the rules of Mesos: what a task says of its command, together with the
 * image's ENTRYPOINT and CMD.
 */
final class ImageCommand {
  private ImageCommand() {}

  /**
   * The words of the first program.
   *
   * @param docker a ContainerInfo of type DOCKER, whose value and arguments go to the image's
   *     ENTRYPOINT; of type MESOS, a value takes its place
   * @throws ImageException when neither names a program
   */
  static List<String> words(CommandInfo command, ImageConfig image, boolean docker)
      throws ImageException {
    if (command.getShell()) {
      if (!command.hasValue()) {
        throw new ImageException(
            "the command is a shell's and has no value: set value, or shell to false for what the"
                + " image starts");
      }
      return List.of("/bin/sh", "-c", command.getValue());
    }
    List<String> words = new ArrayList<>();
    List<String> given = new ArrayList<>();
    if (docker) {
      words.addAll(image.entrypoint());
      if (command.hasValue()) {
        given.add(command.getValue());
      }
      given.addAll(command.getArgumentsList());
    } else if (command.hasValue()) {
      words.add(command.getValue());
      // the first is what it is to be called, which is no matter here
      words.addAll(command.getArgumentsList().stream().skip(1).toList());
      return words;
    } else {
      words.addAll(image.entrypoint());
      if (words.isEmpty() && !image.command().isEmpty()) {
        words.add(image.command().getFirst());
        words.addAll(
            command.getArgumentsCount() > 0
                ? command.getArgumentsList()
                : image.command().subList(1, image.command().size()));
        return words;
      }
      given.addAll(command.getArgumentsList());
    }
    words.addAll(given.isEmpty() ? image.command() : given);
    if (words.isEmpty()) {
      throw new ImageException(
          "neither the command nor the image (ENTRYPOINT, CMD) names a program: set value");
    }
    return words;
  }
}
