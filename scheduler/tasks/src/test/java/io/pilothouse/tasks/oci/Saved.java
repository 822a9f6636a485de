package io.pilothouse.tasks.oci;

import io.pilothouse.filesync.Sha256;
import io.pilothouse.tasks.fetch.Tar;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.zip.GZIPOutputStream;

/** Makes an image, and the archives that docker save and others make of one. */
public final class Saved {
  private final List<byte[]> layers = new ArrayList<>();
  private String config = "";
  private String platform = "'os':'linux'";

  /** Upon those before it. */
  public Saved layer(Tar tar) throws IOException {
    layers.add(tar.bytes());
    return this;
  }

  /** What its author says, in JSON with single quotes, such as {@code 'Cmd':['/bin/x']}. */
  public Saved says(String inner) {
    config = inner;
    return this;
  }

  Saved on(String platform) {
    this.platform = platform;
    return this;
  }

  static byte[] json(String text) {
    return text.replace('\'', '"').getBytes(StandardCharsets.UTF_8);
  }

  byte[] config() {
    return json(
        "{%s,'config':{%s},'rootfs':{'type':'layers','diff_ids':[%s]}}"
            .formatted(
                platform,
                config,
                String.join(
                    ",", layers.stream().map(e -> "'sha256:" + Sha256.hex(e) + "'").toList())));
  }

  /** Its id. */
  public String id() {
    return Sha256.hex(config());
  }

  static byte[] gzip(byte[] plain) throws IOException {
    ByteArrayOutputStream packed = new ByteArrayOutputStream();
    try (GZIPOutputStream gzip = new GZIPOutputStream(packed)) {
      gzip.write(plain);
    }
    return packed.toByteArray();
  }

  private static String texts(List<String> texts) {
    return String.join(",", texts.stream().map(each -> "'" + each + "'").toList());
  }

  static Tar add(Tar tar, String name, byte[] bytes) throws IOException {
    return tar.add(name, 0644, '0', "", bytes.length, bytes);
  }

  /** As docker save writes it. */
  public byte[] docker(String... names) throws IOException {
    Tar tar = new Tar();
    List<String> files = new ArrayList<>();
    for (int i = 0; i < layers.size(); i++) {
      files.add("layer-" + i + "/layer.tar");
      add(tar, files.getLast(), layers.get(i));
    }
    add(tar, id() + ".json", config());
    String manifest =
        "[{'Config':'%s.json','RepoTags':[%s],'Layers':[%s]}]"
            .formatted(id(), texts(List.of(names)), texts(files));
    return add(tar, "manifest.json", json(manifest)).bytes();
  }

  /** The files of an OCI image layout, with compressed layers. */
  Map<String, byte[]> layout(String annotations) throws IOException {
    Map<String, byte[]> files = new TreeMap<>();
    List<String> described = new ArrayList<>();
    for (byte[] each : layers) {
      described.add("{'digest':'sha256:%s'}".formatted(blob(files, gzip(each))));
    }
    String manifest =
        "{'schemaVersion':2,'config':{'digest':'sha256:%s'},'layers':[%s]}"
            .formatted(blob(files, config()), String.join(",", described));
    String index =
        "{'schemaVersion':2,'manifests':[{'digest':'sha256:%s','annotations':{%s}}]}"
            .formatted(blob(files, json(manifest)), annotations);
    files.put("index.json", json(index));
    files.put("oci-layout", json("{'imageLayoutVersion':'1.0.0'}"));
    return files;
  }

  static String blob(Map<String, byte[]> files, byte[] bytes) {
    files.put("blobs/sha256/" + Sha256.hex(bytes), bytes);
    return Sha256.hex(bytes);
  }

  static byte[] tar(Map<String, byte[]> files) throws IOException {
    Tar tar = new Tar();
    for (Map.Entry<String, byte[]> each : files.entrySet()) {
      add(tar, "./" + each.getKey(), each.getValue());
    }
    return tar.bytes();
  }
}
