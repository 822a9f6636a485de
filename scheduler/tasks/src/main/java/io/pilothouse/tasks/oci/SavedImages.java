package io.pilothouse.tasks.oci;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.pilothouse.filesync.Sha256;
import java.io.CharConversionException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Which images an archive holds: as {@code docker save} writes it ({@code manifest.json}), or as an
 * OCI image layout ({@code index.json}). Nothing but descriptions is read.
 */
final class SavedImages {
  private static final String DOCKER = "manifest.json";
  private static final String OCI = "index.json";
  private static final String FULL_NAME = "io.containerd.image.name";
  private static final String NAME = "org.opencontainers.image.ref.name";
  private static final String BLOBS = "blobs/sha256/";
  private static final int MOST = 200;
  private static final int MOST_LAYERS = 500;
  private static final int DEEPEST = 3;

  /** Lists may name the same ones over and over, at each depth. */
  private static final int MOST_READ = 1000;

  private static final ObjectMapper JSON = new ObjectMapper();

  private final Contents from;
  private final String called;
  private final String architecture;
  private final List<SavedImage> found = new ArrayList<>();
  private int read;

  private SavedImages(Contents from, String called, String architecture) {
    this.from = from;
    this.called = called;
    this.architecture = architecture;
  }

  /** Whether something can be an archive of images. */
  static boolean areIn(Contents from) {
    return from.has(DOCKER) || from.has(OCI);
  }

  /**
   * Reads what is there.
   *
   * @param called what an image is called that has no name of its own
   * @param architecture of this machine
   * @throws ImageException when it is no such archive, or a damaged one
   */
  static List<SavedImage> of(Contents from, String called, String architecture) throws IOException {
    SavedImages images = new SavedImages(from, called, architecture);
    if (from.has(DOCKER)) {
      images.docker();
    } else if (from.has(OCI)) {
      images.index(images.json(OCI, Optional.empty()), List.of(), Set.of(), 0);
    } else {
      throw new ImageException(
          "it holds neither manifest.json nor index.json: write it with docker save, or as an OCI"
              + " image layout (skopeo copy … oci-archive:FILE:NAME)");
    }
    return List.copyOf(images.found);
  }

  static JsonNode parse(byte[] bytes, String name) throws IOException {
    try {
      JsonNode json = JSON.readTree(bytes);
      if (json != null && json.isContainerNode()) {
        return json;
      }
    } catch (JsonProcessingException e) {
      throw new ImageException("its %s is no JSON: %s".formatted(name, e.getOriginalMessage()));
    } catch (CharConversionException e) {
      throw new ImageException("its %s is no JSON: %s".formatted(name, e.getMessage()));
    }
    throw new ImageException("its %s is no description of an image".formatted(name));
  }

  /** A description, which has to be as its name says. */
  private JsonNode json(String file, Optional<String> sha256) throws IOException {
    if (++read > MOST_READ) {
      throw new ImageException(
          "it holds more than %d descriptions of images, which is the most".formatted(MOST_READ));
    }
    byte[] bytes = from.read(file);
    check(file, sha256, Sha256.hex(bytes));
    return parse(bytes, file);
  }

  static void check(String file, Optional<String> expected, String found) throws ImageException {
    if (expected.isPresent() && !expected.get().equals(found)) {
      throw new ImageException(
          "its %s has the SHA-256 %s, and %s was expected: the archive is damaged, copy it anew"
              .formatted(file, found, expected.get()));
    }
  }

  private void add(SavedImage image) throws ImageException {
    if (found.size() >= MOST) {
      throw new ImageException("it holds more than %d images, which is the most".formatted(MOST));
    }
    if (image.layers().size() > MOST_LAYERS) {
      throw new ImageException(
          "it has %d layers, at most %d can be".formatted(image.layers().size(), MOST_LAYERS));
    }
    found.add(image);
  }

  private void docker() throws IOException {
    for (JsonNode each : json(DOCKER, Optional.empty())) {
      String config = each.path("Config").asText("");
      String base = config.substring(config.lastIndexOf('/') + 1).replaceFirst("\\.json$", "");
      String id = Sha256.hex(from.read(config));
      check(config, Optional.of(base).filter(Sha256::isHex), id);
      List<SavedImage.Layer> layers = new ArrayList<>();
      for (String layer : ImageConfig.texts(each.path("Layers"))) {
        String name = layer.startsWith(BLOBS) ? layer.substring(BLOBS.length()) : "";
        layers.add(new SavedImage.Layer(layer, Optional.of(name).filter(Sha256::isHex)));
      }
      List<ImageName> names = new ArrayList<>();
      for (String name : ImageConfig.texts(each.path("RepoTags"))) {
        ImageName.read(name).ifPresent(names::add);
      }
      add(new SavedImage(orCalled(names), id, Set.of(id), config, layers));
    }
  }

  private List<ImageName> orCalled(List<ImageName> names) {
    return names.isEmpty() ? ImageName.read(called).map(List::of).orElse(List.of()) : names;
  }

  /** What it lists for this machine; what it lists may be a list itself, one for each platform. */
  private void index(JsonNode index, List<ImageName> named, Set<String> above, int depth)
      throws IOException {
    if (depth > DEEPEST) {
      throw new ImageException("its lists of manifests name each other");
    }
    for (JsonNode each : index.path("manifests")) {
      if (!isForHere(each.path("platform"))) {
        continue;
      }
      String hex = ImageConfig.hex(each.path("digest").asText(""));
      JsonNode manifest = json(BLOBS + hex, Optional.of(hex));
      List<ImageName> names = new ArrayList<>(named);
      names.addAll(names(each.path("annotations")));
      Set<String> digests = new LinkedHashSet<>(above);
      digests.add(hex);
      if (manifest.has("manifests")) {
        index(manifest, names, digests, depth + 1);
      } else {
        add(image(manifest, names, digests));
      }
    }
  }

  private SavedImage image(JsonNode manifest, List<ImageName> names, Set<String> digests)
      throws IOException {
    String id = ImageConfig.hex(manifest.path("config").path("digest").asText(""));
    digests.add(id);
    List<SavedImage.Layer> layers = new ArrayList<>();
    for (JsonNode each : manifest.path("layers")) {
      String hex = ImageConfig.hex(each.path("digest").asText(""));
      layers.add(new SavedImage.Layer(BLOBS + hex, Optional.of(hex)));
    }
    return new SavedImage(orCalled(names), id, digests, BLOBS + id, layers);
  }

  private boolean isForHere(JsonNode platform) {
    return platform.isMissingNode()
        || (platform.path("os").asText("linux").equals("linux")
            && platform.path("architecture").asText(architecture).equals(architecture));
  }

  private List<ImageName> names(JsonNode annotations) {
    List<ImageName> names = new ArrayList<>();
    ImageName.read(annotations.path(FULL_NAME).asText("")).ifPresent(names::add);
    String said = annotations.path(NAME).asText("");
    if (names.isEmpty() && !said.isEmpty()) {
      // a name with its tag, or the tag alone of what the archive is called by
      boolean whole = said.indexOf(':') >= 0 || said.indexOf('/') >= 0;
      String base = called.lastIndexOf(':') < 0 ? called : called.substring(0, called.indexOf(':'));
      ImageName.read(whole ? said : base + ":" + said).ifPresent(names::add);
    }
    return names;
  }
}
