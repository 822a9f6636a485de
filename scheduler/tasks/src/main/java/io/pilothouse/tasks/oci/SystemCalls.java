package io.pilothouse.tasks.oci;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;

/**
 * What the kernel refuses to containers (seccomp(2)): what needs rights that they do not have, and
 * yet was the way out of more than one container; above all name spaces in which they would be
 * root.
 */
final class SystemCalls {
  private static final int ENOSYS = 38;
  private static final long NEW_USER_NAMESPACE = 0x10000000;

  private static final List<String> REFUSED =
      List.of(
          "acct",
          "add_key",
          "bpf",
          "clock_settime",
          "delete_module",
          "finit_module",
          "fsconfig",
          "fsmount",
          "fsopen",
          "fspick",
          "init_module",
          "io_uring_enter",
          "io_uring_register",
          "io_uring_setup",
          "ioperm",
          "iopl",
          "kexec_file_load",
          "kexec_load",
          "keyctl",
          "lookup_dcookie",
          "mount",
          "mount_setattr",
          "move_mount",
          "nfsservctl",
          "open_by_handle_at",
          "open_tree",
          "perf_event_open",
          "pivot_root",
          "quotactl",
          "reboot",
          "request_key",
          "setns",
          "settimeofday",
          "swapoff",
          "swapon",
          "umount",
          "umount2",
          "unshare",
          "userfaultfd",
          "vhangup");

  private SystemCalls() {}

  /**
   * In the words of the runtime specification.
   *
   * @param machine its architecture, as Java calls it
   */
  static ObjectNode refused(String machine) {
    ObjectNode seccomp = JsonNodeFactory.instance.objectNode();
    seccomp.put("defaultAction", "SCMP_ACT_ALLOW");
    List<String> architectures =
        switch (machine) {
          case "amd64", "x86_64" -> List.of("X86_64", "X86", "X32");
          case "aarch64" -> List.of("AARCH64", "ARM");
          default -> List.of();
        };
    ArrayNode known = JsonNodeFactory.instance.arrayNode();
    architectures.forEach(each -> known.add("SCMP_ARCH_" + each));
    if (!known.isEmpty()) {
      seccomp.set("architectures", known);
    }
    ArrayNode rules = seccomp.putArray("syscalls");
    ObjectNode all = rules.addObject().put("action", "SCMP_ACT_ERRNO");
    REFUSED.forEach(all.putArray("names")::add);
    ObjectNode clone = rules.addObject().put("action", "SCMP_ACT_ERRNO");
    clone.putArray("names").add("clone");
    clone
        .putArray("args")
        .addObject()
        .put("index", 0)
        .put("value", NEW_USER_NAMESPACE)
        .put("valueTwo", NEW_USER_NAMESPACE)
        .put("op", "SCMP_CMP_MASKED_EQ");
    // its flags are in memory, where no rule sees them: C libraries then call the older one
    ObjectNode newer = rules.addObject().put("action", "SCMP_ACT_ERRNO").put("errnoRet", ENOSYS);
    newer.putArray("names").add("clone3");
    return seccomp;
  }
}
