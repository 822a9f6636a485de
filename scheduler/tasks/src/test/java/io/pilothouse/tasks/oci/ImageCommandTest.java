package io.pilothouse.tasks.oci;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pilothouse.mesos.v1.CommandInfo;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The table of Mesos' documentation of its images, and what its Docker containerizer does. */
class ImageCommandTest {
  private static ImageConfig image(String entrypoint, String command) {
    return new ImageConfig(words(entrypoint), words(command), List.of(), "", "", List.of());
  }

  private static List<String> words(String text) {
    return text.isEmpty() ? List.of() : List.of(text.split(" ", -1));
  }

  private static CommandInfo command(String value, String arguments) {
    CommandInfo.Builder command = CommandInfo.newBuilder().setShell(false);
    if (!value.isEmpty()) {
      command.setValue(value);
    }
    return command.addAllArguments(words(arguments)).build();
  }

  @ParameterizedTest
  @CsvSource({
    "'','',      '', 'c d',  c d",
    "'','',      e x, '',    e x",
    "'','',      e x, c d,   e x c d",
    "'',a b,     '', c d,    c a b",
    "'',a b,     e x, '',    e x a b",
    "'',a b,     e x, c d,   e x a b",
    "v,'',       e x, c d,   v",
    "v,v a,      e x, c d,   v a",
  })
  void ofTypeMesos(String value, String given, String entrypoint, String cmd, String words)
      throws Exception {
    assertThat(ImageCommand.words(command(value, given), image(entrypoint, cmd), false))
        .isEqualTo(words(words));
  }

  @ParameterizedTest
  @CsvSource({
    "'','',   e x, c d, e x c d",
    "v,'',    e x, c d, e x v",
    "v,a b,   e x, c d, e x v a b",
    "'',a b,  '',  c d, a b",
    "v,a,     '',  c d, v a",
  })
  void ofTypeDocker(String value, String given, String entrypoint, String cmd, String words)
      throws Exception {
    assertThat(ImageCommand.words(command(value, given), image(entrypoint, cmd), true))
        .isEqualTo(words(words));
  }

  @Test
  void aShellsCommandLeavesTheImagesOwnOut() throws Exception {
    CommandInfo command = CommandInfo.newBuilder().setValue("echo $X").build();
    for (boolean docker : new boolean[] {true, false}) {
      assertThat(ImageCommand.words(command, image("e", "c"), docker))
          .containsExactly("/bin/sh", "-c", "echo $X");
    }
  }

  @Test
  void whatNamesNoProgramIsRefused() {
    assertThatThrownBy(() -> ImageCommand.words(command("", ""), image("", ""), true))
        .hasMessageStartingWith("neither the command nor the image");
    assertThatThrownBy(
            () -> ImageCommand.words(CommandInfo.getDefaultInstance(), image("e", ""), false))
        .hasMessageStartingWith("the command is a shell's and has no value");
  }
}
