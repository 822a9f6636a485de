package io.pilothouse.testing.architecture;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noMethods;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.AccessTarget.CodeUnitAccessTarget;
import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaModifier;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The Device Manager's rules depend on nothing but the log, the allocator on what it is told. */
class PurityTest {
  private static final String[] PURE = {
    "io.pilothouse.dm.state..",
    "io.pilothouse.manifests.access..",
    "io.pilothouse.manifests.audit..",
    "io.pilothouse.manifests.offers..",
    "io.pilothouse.manifests.pattern..",
    "io.pilothouse.manifests.policy..",
    "io.pilothouse.manifests.signing..",
    "io.pilothouse.scheduler.allocator.."
  };

  /** Calls that differ from replica to replica, and what to use instead. */
  private static final Map<String, Set<String>> BANNED_CALLS =
      Map.of(
          "java.lang.System",
              Set.of(
                  "currentTimeMillis",
                  "nanoTime",
                  "getenv",
                  "getProperty",
                  "identityHashCode",
                  "exit"),
          "java.time.Instant", Set.of("now"),
          "java.time.LocalDateTime", Set.of("now"),
          "java.time.ZonedDateTime", Set.of("now"),
          "java.time.ZoneId", Set.of("systemDefault"),
          "java.lang.Math", Set.of("random"),
          "java.util.UUID", Set.of("randomUUID"),
          "java.lang.Object", Set.of("hashCode", "wait", "notify", "notifyAll"),
          "java.util.Locale", Set.of("getDefault"),
          "java.util.TimeZone", Set.of("getDefault"));

  /** Sets and maps that Collectors make are hashed, and parallel streams have no order. */
  private static final Set<String> BANNED_STREAM_CALLS =
      Set.of("toSet", "toUnmodifiableSet", "toUnmodifiableMap", "parallelStream", "parallel");

  /** Conversions that write another locale's digits, separators or letters. */
  private static final Pattern LOCALE_FORMAT =
      Pattern.compile("\"[^\"]*%[-#+0,(\\d.$]*[defghxDEFGHXS][^\"]*\"");

  private static final Set<String> BANNED_PACKAGES =
      Set.of(
          "java.io.",
          "java.nio.file.",
          "java.net.",
          "java.util.concurrent.",
          "java.util.logging.",
          "org.slf4j.");

  /** What is read may be memory, and is: who opens a file needs one of the others. */
  private static final Set<String> ALLOWED_CLASSES =
      Set.of("java.io.Serializable", "java.io.InputStream", "java.io.IOException");

  private static final Set<String> BANNED_CLASSES =
      Set.of(
          "java.util.HashMap",
          "java.util.HashSet",
          "java.util.IdentityHashMap",
          "java.util.WeakHashMap",
          "java.util.Random",
          "java.util.SplittableRandom",
          "java.security.SecureRandom",
          "java.time.Clock",
          "java.lang.Thread",
          "java.lang.ThreadLocal");

  @Test
  void noClockRandomnessEnvironmentOrIdentity() {
    noClasses()
        .that()
        .resideInAnyPackage(PURE)
        .should()
        .accessTargetWhere(
            new DescribedPredicate<JavaAccess<?>>("is a call that replicas answer differently") {
              @Override
              public boolean test(JavaAccess<?> access) {
                String owner = access.getTargetOwner().getFullName();
                boolean caseOfLocale =
                    owner.equals("java.lang.String")
                        && Set.of("toLowerCase", "toUpperCase").contains(access.getName())
                        && access.getTarget() instanceof CodeUnitAccessTarget target
                        && target.getRawParameterTypes().isEmpty();
                boolean hashed =
                    owner.startsWith("java.util.")
                        && BANNED_STREAM_CALLS.contains(access.getName());
                return caseOfLocale
                    || hashed
                    || BANNED_CALLS.getOrDefault(owner, Set.of()).contains(access.getName());
              }
            })
        .because(
            "time is Draft.now(), ids and entropy come with the Request (the log holds both);"
                + " use toLowerCase(Locale.ROOT), and TreeMap, TreeSet or List for what is collected")
        .check(Code.CLASSES);
  }

  @Test
  void noIoThreadsLogsOrHashOrder() {
    noClasses()
        .that()
        .resideInAnyPackage(PURE)
        .should()
        .dependOnClassesThat(
            new DescribedPredicate<JavaClass>("do I/O, run threads, log or iterate in hash order") {
              @Override
              public boolean test(JavaClass other) {
                String name = other.getFullName();
                return !ALLOWED_CLASSES.contains(name)
                    && (BANNED_CLASSES.contains(name)
                        || BANNED_PACKAGES.stream().anyMatch(name::startsWith));
              }
            })
        .because("use TreeMap and TreeSet; effects are values that the caller carries out")
        .check(Code.CLASSES);
  }

  /** The rest of manifests reads files. */
  @Test
  void theStateUsesNothingOfTheFormatsButWhatIsPure() {
    noClasses()
        .that()
        .resideInAnyPackage(PURE)
        .should()
        .dependOnClassesThat(
            new DescribedPredicate<JavaClass>("read plain-text formats") {
              @Override
              public boolean test(JavaClass other) {
                String name = other.getFullName();
                return (name.startsWith("io.pilothouse.manifests.")
                        && !name.startsWith("io.pilothouse.manifests.access.")
                        && !name.startsWith("io.pilothouse.manifests.audit.")
                        && !name.startsWith("io.pilothouse.manifests.offers.")
                        && !name.startsWith("io.pilothouse.manifests.pattern.")
                        && !name.startsWith("io.pilothouse.manifests.policy.")
                        && !name.startsWith("io.pilothouse.manifests.signing."))
                    || name.startsWith("com.fasterxml.")
                    || name.startsWith("org.snakeyaml.")
                    || name.startsWith("org.apache.commons.");
              }
            })
        .because("the state machine takes what was read, never a file")
        .check(Code.CLASSES);
  }

  @Test
  void nothingOfTheStateIsSynchronized() {
    noMethods()
        .that()
        .areDeclaredInClassesThat()
        .resideInAnyPackage(PURE)
        .should()
        .haveModifier(JavaModifier.SYNCHRONIZED)
        .because("the caller keeps readers apart from the one writer")
        .check(Code.CLASSES);
  }

  @Test
  void sentencesOfTheStateHaveNoLocale() throws IOException {
    List<String> found = new ArrayList<>();
    for (Path file : Code.files(".java")) {
      String path = file.toString();
      if (path.contains("src/main/java/io/pilothouse/dm/state/")
          || path.contains("src/main/java/io/pilothouse/scheduler/allocator/")
          || path.contains("src/main/java/io/pilothouse/manifests/pattern/")
          || path.contains("src/main/java/io/pilothouse/manifests/policy/")) {
        LOCALE_FORMAT
            .matcher(Files.readString(file))
            .results()
            .forEach(match -> found.add(file.getFileName() + ": " + match.group()));
      }
    }
    assertThat(found).as("write %%s: %%d has the digits of the replica's locale").isEmpty();
  }
}
