package io.pilothouse.tasks.oci;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Needs root, and for one of the tests a kernel with overlayfs. */
@Tag("system")
class OverlayTest {
  @TempDir private Path dir;
  private Image image;
  private Bundle bundle;

  @BeforeEach
  void start() throws Exception {
    Path rootfs = Files.createDirectories(dir.resolve("image"));
    Files.writeString(rootfs.resolve("file"), "of the image");
    Files.setAttribute(rootfs, "unix:mode", 0711);
    ImageConfig config = new ImageConfig(List.of(), List.of(), List.of(), "", "", List.of());
    image = new Image("id", config, rootfs);
    bundle = new Bundle(Files.createDirectory(dir.resolve("bundle")));
  }

  private static int mode(Path path) throws Exception {
    return (int) Files.getAttribute(path, "unix:mode") & 07777;
  }

  @Test
  void whatAContainerWritesIsApartFromItsImage() throws Exception {
    Overlay overlay = new Overlay(dir);
    assertThat(overlay.works()).isTrue();
    assertThat(dir.resolve("overlay-trial")).doesNotExist();
    overlay.prepare(bundle, image);
    assertThat(bundle.lower().toRealPath()).isEqualTo(image.rootfs().toRealPath());
    assertThat(mode(bundle.upper())).isEqualTo(0711);
    assertThat(mode(bundle.upper().resolve("tmp"))).isEqualTo(01777);
    assertThat(bundle.rootfs()).isEmptyDirectory();
  }

  @Test
  void whereTheKernelCannotAllIsCopied() throws Exception {
    new Overlay(dir, Optional.of(false)).prepare(bundle, image);
    assertThat(bundle.rootfs().resolve("file")).hasContent("of the image");
    assertThat(mode(bundle.rootfs())).isEqualTo(0711);
    assertThat(mode(bundle.rootfs().resolve("tmp"))).isEqualTo(01777);
    assertThat(bundle.upper()).doesNotExist();
    assertThat(image.rootfs().resolve("tmp")).doesNotExist();
  }
}
