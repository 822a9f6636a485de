package io.pilothouse.testing.architecture;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.belongToAnyOf;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import io.pilothouse.mesos.RecordException;
import io.pilothouse.mesos.RecordReader;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Which module may use which. Satellites meet only in the Device Manager's state. */
class DirectionsTest {

  /** What all may use: the contract, and how sockets are made safe. */
  private static final Set<String> FOR_ALL = Set.of("api", "tls");

  /** For each package, the other packages of ours that it may use beside these. */
  private static final Map<String, List<String>> MAY_USE = new LinkedHashMap<>();

  static {
    MAY_USE.put("mesos", List.of());
    MAY_USE.put("api", List.of("mesos"));
    MAY_USE.put("tls", List.of());
    MAY_USE.put("pki", List.of());
    MAY_USE.put("client", List.of());
    MAY_USE.put("framework", List.of("mesos"));
    MAY_USE.put("driver", List.of("mesos"));
    MAY_USE.put("manifests", List.of());
    MAY_USE.put("filesync", List.of());
    MAY_USE.put("dm.state", List.of("manifests"));
    MAY_USE.put("dm.record", List.of("dm.state"));
    MAY_USE.put("dm.raft", List.of("dm.state", "dm.record"));
    MAY_USE.put("dm.server", List.of("dm.state", "dm.raft", "dm.record", "manifests", "mesos"));
    MAY_USE.put("dm.simulate", List.of("dm.state", "manifests"));
    MAY_USE.put("dm.backtest", List.of("dm.state", "dm.record", "client", "manifests"));
    MAY_USE.put("dm.inspect", List.of("dm.raft", "dm.record", "dm.state"));
    MAY_USE.put("kit", List.of("client"));
    MAY_USE.put("provisioning.power", List.of());
    MAY_USE.put("provisioning", List.of("kit", "client", "manifests", "pki", "provisioning.power"));
    MAY_USE.put("repair", List.of("kit", "client", "manifests", "provisioning.power"));
    MAY_USE.put("scheduler.allocator", List.of());
    MAY_USE.put("scheduler.wire", List.of("scheduler.allocator", "mesos"));
    MAY_USE.put("scheduler.validation", List.of("scheduler.allocator", "scheduler.wire", "mesos"));
    MAY_USE.put(
        "scheduler.core",
        List.of("scheduler.allocator", "scheduler.wire", "scheduler.validation", "mesos"));
    MAY_USE.put(
        "scheduler.loop",
        List.of("scheduler.core", "scheduler.allocator", "scheduler.wire", "scheduler.validation"));
    MAY_USE.put("scheduler.sandboxes", List.of("scheduler.core"));
    MAY_USE.put(
        "scheduler.http",
        List.of(
            "scheduler.loop",
            "scheduler.core",
            "scheduler.sandboxes",
            "scheduler.validation",
            "scheduler.allocator",
            "mesos",
            "kit",
            "client"));
    MAY_USE.put(
        "scheduler.agents",
        List.of(
            "scheduler.loop", "scheduler.core", "scheduler.sandboxes", "mesos", "kit", "client"));
    MAY_USE.put(
        "scheduler",
        List.of(
            "scheduler.allocator",
            "scheduler.core",
            "scheduler.loop",
            "scheduler.http",
            "scheduler.agents",
            "scheduler.sandboxes",
            "mesos",
            "kit",
            "client"));
    MAY_USE.put("watchdog", List.of("kit", "client", "manifests"));
    MAY_USE.put("processes", List.of("manifests", "watchdog"));
    MAY_USE.put(
        "tasks", List.of("client", "filesync", "manifests", "mesos", "processes", "watchdog"));
    MAY_USE.put(
        "agent",
        List.of(
            "kit",
            "client",
            "manifests",
            "pki",
            "filesync",
            "watchdog",
            "mesos",
            "processes",
            "tasks"));
    MAY_USE.put("deployment", List.of("kit", "client", "manifests", "filesync"));
    // docs/decisions/0005-cli-starts-machines.md says why it may use these
    MAY_USE.put(
        "cli",
        List.of(
            "client", "manifests", "mesos", "pki", "filesync", "watchdog", "provisioning.power"));
  }

  @TestFactory
  Stream<DynamicTest> modulesUseOnlyWhatTheyMay() {
    return MAY_USE.entrySet().stream()
        .map(
            entry ->
                DynamicTest.dynamicTest(
                    entry.getKey(), () -> check(entry.getKey(), entry.getValue())));
  }

  private static void check(String module, List<String> mayUse) {
    List<String> forbidden = new ArrayList<>();
    for (String other : MAY_USE.keySet()) {
      if (!other.equals(module) && !FOR_ALL.contains(other) && !mayUse.contains(other)) {
        forbidden.addAll(packages(other));
      }
    }
    noClasses()
        .that()
        .resideInAnyPackage(packages(module).toArray(String[]::new))
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(forbidden.toArray(String[]::new))
        .because("docs/internals/main-job.md and the architecture allow it " + mayUse + " only")
        .check(Code.CLASSES);
  }

  /** A package that others are below must not take them along. */
  private static List<String> packages(String module) {
    return module.equals("provisioning") || module.equals("scheduler")
        ? List.of("io.pilothouse." + module)
        : List.of("io.pilothouse." + module + "..");
  }

  @Test
  void everyClassBelongsToAModuleOfTheTable() {
    String[] known =
        MAY_USE.keySet().stream()
            .flatMap(module -> packages(module).stream())
            .toArray(String[]::new);
    classes()
        .should()
        .resideInAnyPackage(known)
        .because("a package that the table does not know could use anything: add its line")
        .check(Code.CLASSES);
  }

  @Test
  void onlyTheRaftModuleKnowsRatisAndRocksDb() {
    noClasses()
        .that()
        .resideOutsideOfPackage("io.pilothouse.dm.raft..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("org.apache.ratis..", "org.rocksdb..")
        .because("replication and storage can be exchanged only behind dm.raft")
        .check(Code.CLASSES);
  }

  @Test
  void theDriverForOldFrameworksNeedsTheJdkAlone() {
    JavaClasses driver =
        new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .importPackages(
                "org.apache.mesos", "io.pilothouse.driver", "io.pilothouse.mesos.stream");
    assertThat(driver.contain("org.apache.mesos.MesosSchedulerDriver")).isTrue();
    classes()
        .should()
        .onlyDependOnClassesThat(
            resideInAnyPackage(
                    "java..",
                    "org.apache.mesos",
                    "org.apache.mesos.scheduler",
                    "io.pilothouse.driver",
                    "io.pilothouse.mesos.stream",
                    "org.jspecify..")
                .or(belongToAnyOf(RecordReader.class, RecordException.class)))
        .because("old frameworks bring Protocol Buffers and loggers of any version")
        .check(driver);
  }

  @Test
  void theCommandLineUsesOnlyTheFetchingSideOfFilesync() {
    // agents serve, too: docs/decisions/0018-machines-hand-on-contents.md
    noClasses()
        .that()
        .resideInAPackage("io.pilothouse.cli..")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("io.pilothouse.filesync.server..")
        .check(Code.CLASSES);
  }

  @Test
  void packagesHaveNoCycles() {
    slices().matching("io.pilothouse.(*)..").should().beFreeOfCycles().check(Code.CLASSES);
  }

  @Test
  void noPackageIsARummageDrawer() {
    classes()
        .should()
        .resideOutsideOfPackages("..util..", "..utils..", "..common..", "..helper..")
        .because("a class belongs to what it is about")
        .check(Code.CLASSES);
  }
}
