package io.pilothouse.tasks.oci;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.pilothouse.filesync.DurableFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * A container in the words of the OCI runtime specification ({@code config.json}): the machine's
 * network, name spaces of its own for everything else, few capabilities, and no way to more.
 */
final class RuntimeConfig {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String VERSION = "1.0.2";

  /** Of the machine, so that names of hosts lead to the same in the container as outside. */
  private static final List<String> NAMES = List.of("/etc/resolv.conf", "/etc/hosts");

  private static final List<String> MASKED =
      List.of(
          "/proc/acpi",
          "/proc/asound",
          "/proc/kcore",
          "/proc/keys",
          "/proc/latency_stats",
          "/proc/timer_list",
          "/proc/timer_stats",
          "/proc/sched_debug",
          "/proc/scsi",
          "/sys/firmware",
          "/sys/devices/virtual/powercap");
  private static final List<String> READ_ONLY =
      List.of("/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger");

  /**
   * What root in a container may: Docker's own without what reaches beyond it on a machine's
   * network (NET_RAW; NET_BIND_SERVICE, since executors trust a port that only the machine's own
   * root can have), or needs a list of devices that control groups allow (MKNOD), and without what
   * nobody needs who can become nobody else (SETFCAP, AUDIT_WRITE).
   */
  static final List<String> CAPABILITIES =
      List.of(
          "CAP_CHOWN",
          "CAP_DAC_OVERRIDE",
          "CAP_FOWNER",
          "CAP_FSETID",
          "CAP_KILL",
          "CAP_SETGID",
          "CAP_SETPCAP",
          "CAP_SETUID",
          "CAP_SYS_CHROOT");

  /**
   * A container as it is to be.
   *
   * @param words of its first program
   * @param environment of it, all
   * @param directory that it starts in
   * @param mounts beside those that every container has
   * @param groups path of its control groups below each mount of them; empty for none
   */
  record Spec(
      List<String> words,
      Map<String, String> environment,
      String directory,
      Ids user,
      String hostname,
      List<Mount> mounts,
      Optional<String> groups) {}

  private final ObjectNode root = JSON.createObjectNode();

  private RuntimeConfig() {}

  /**
   * Writes it down.
   *
   * @param runtime that is to read it
   */
  static void write(Spec spec, Bundle bundle, OciRuntime runtime) throws IOException {
    byte[] bytes = JSON.writeValueAsBytes(of(spec, runtime));
    DurableFiles.replace(bundle.config(), bytes);
  }

  static ObjectNode of(Spec spec, OciRuntime runtime) {
    RuntimeConfig config = new RuntimeConfig();
    config.root.put("ociVersion", VERSION);
    config.root.putObject("root").put("path", "rootfs").put("readonly", false);
    config.root.put("hostname", spec.hostname());
    config.process(spec);
    config.mounts(spec);
    config.linux(spec, runtime);
    return config.root;
  }

  private void process(Spec spec) {
    ObjectNode process = root.putObject("process");
    process.put("terminal", false).put("cwd", spec.directory()).put("noNewPrivileges", true);
    texts(process.putArray("args"), spec.words());
    environment(process, spec.environment());
    ObjectNode user = process.putObject("user");
    user.put("uid", spec.user().uid()).put("gid", spec.user().gid());
    spec.user().groups().forEach(user.withArray("additionalGids")::add);
    ObjectNode capabilities = process.putObject("capabilities");
    texts(capabilities.putArray("bounding"), CAPABILITIES);
    List<String> now = spec.user().uid() == 0 ? CAPABILITIES : List.of();
    texts(capabilities.putArray("effective"), now);
    texts(capabilities.putArray("permitted"), now);
  }

  private static void environment(ObjectNode process, Map<String, String> environment) {
    ArrayNode all = process.putArray("env");
    environment.forEach((name, value) -> all.add(name + "=" + value));
  }

  private static void texts(ArrayNode list, List<String> texts) {
    texts.forEach(list::add);
  }

  private void mount(String destination, String type, String... options) {
    ObjectNode mount = root.withArray("mounts").addObject();
    mount.put("destination", destination).put("type", type).put("source", type);
    texts(mount.putArray("options"), List.of(options));
  }

  private void mounts(Spec spec) {
    mount("/proc", "proc", "nosuid", "noexec", "nodev");
    mount("/dev", "tmpfs", "nosuid", "strictatime", "mode=755", "size=65536k");
    mount("/dev/pts", "devpts", "nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620");
    mount("/dev/shm", "tmpfs", "nosuid", "noexec", "nodev", "mode=1777", "size=65536k");
    mount("/dev/mqueue", "mqueue", "nosuid", "noexec", "nodev");
    mount("/sys", "sysfs", "nosuid", "noexec", "nodev", "ro");
    if (spec.groups().isPresent()) {
      // what runs there looks for its limits
      mount("/sys/fs/cgroup", "cgroup", "nosuid", "noexec", "nodev", "relatime", "ro");
    }
    for (String each : NAMES) {
      if (Files.isRegularFile(Path.of(each))) {
        bind(new Mount(each, each, true));
      }
    }
    spec.mounts().forEach(this::bind);
  }

  private void bind(Mount mount) {
    ObjectNode bind = root.withArray("mounts").addObject();
    bind.put("destination", mount.destination()).put("type", "bind").put("source", mount.source());
    texts(
        bind.putArray("options"),
        // what is mounted below would stay writable: it is left out of what is only to be read
        mount.readOnly()
            ? List.of("bind", "rprivate", "nosuid", "nodev", "ro")
            : List.of("rbind", "rprivate", "nosuid", "nodev", "rw"));
  }

  private void linux(Spec spec, OciRuntime runtime) {
    ObjectNode linux = root.putObject("linux");
    ArrayNode spaces = linux.putArray("namespaces");
    for (String each : List.of("pid", "ipc", "uts", "mount")) {
      spaces.addObject().put("type", each);
    }
    if (spec.groups().isPresent()) {
      spaces.addObject().put("type", "cgroup");
    }
    texts(linux.putArray("maskedPaths"), MASKED);
    texts(linux.putArray("readonlyPaths"), READ_ONLY);
    linux.set("seccomp", SystemCalls.refused(System.getProperty("os.arch", "")));
    if (!runtime.isCrun()) {
      spec.groups().ifPresent(path -> linux.put("cgroupsPath", path));
      ObjectNode none = linux.putObject("resources").putArray("devices").addObject();
      none.put("allow", false).put("access", "rwm"); // beside those that every container has
    }
  }

  /**
   * Another process in a container, as its first one but for its words and variables.
   *
   * @param variables that it has beside, or instead
   */
  static String beside(Bundle bundle, List<String> words, Map<String, String> variables)
      throws IOException {
    ObjectNode process =
        (ObjectNode) JSON.readTree(Files.readAllBytes(bundle.config())).path("process");
    texts(process.putArray("args"), words);
    Map<String, String> all = new TreeMap<>();
    for (JsonNode each : process.path("env")) {
      String[] parts = each.asText().split("=", 2);
      all.put(parts[0], parts[1]);
    }
    all.putAll(variables);
    environment(process, all);
    return JSON.writeValueAsString(process);
  }
}
