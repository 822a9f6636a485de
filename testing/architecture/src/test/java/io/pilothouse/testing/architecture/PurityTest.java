package io.pilothouse.testing.architecture;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.domain.JavaClass;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** The Device Manager's rules depend on nothing but the log. */
class PurityTest {
  private static final String STATE = "io.pilothouse.dm.state..";

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
          "java.lang.Math", Set.of("random"),
          "java.util.UUID", Set.of("randomUUID"),
          "java.lang.Object", Set.of("hashCode", "wait", "notify", "notifyAll"),
          "java.util.Locale", Set.of("getDefault"),
          "java.util.TimeZone", Set.of("getDefault"));

  private static final Set<String> BANNED_PACKAGES =
      Set.of(
          "java.io.",
          "java.nio.file.",
          "java.net.",
          "java.util.concurrent.",
          "java.util.logging.",
          "org.slf4j.");

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
        .resideInAPackage(STATE)
        .should()
        .accessTargetWhere(
            new DescribedPredicate<JavaAccess<?>>("is a call that replicas answer differently") {
              @Override
              public boolean test(JavaAccess<?> access) {
                return BANNED_CALLS
                    .getOrDefault(access.getTargetOwner().getFullName(), Set.of())
                    .contains(access.getName());
              }
            })
        .because("time is Draft.now(), ids and entropy come with the Request; the log holds both")
        .check(Code.CLASSES);
  }

  @Test
  void noIoThreadsLogsOrHashOrder() {
    noClasses()
        .that()
        .resideInAPackage(STATE)
        .should()
        .dependOnClassesThat(
            new DescribedPredicate<JavaClass>("do I/O, run threads, log or iterate in hash order") {
              @Override
              public boolean test(JavaClass other) {
                String name = other.getFullName();
                return !name.equals("java.io.Serializable")
                    && (BANNED_CLASSES.contains(name)
                        || BANNED_PACKAGES.stream().anyMatch(name::startsWith));
              }
            })
        .because("use TreeMap and TreeSet; effects are values that the caller carries out")
        .check(Code.CLASSES);
  }

  @Test
  void nothingOfTheStateIsSynchronized() {
    com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noMethods()
        .that()
        .areDeclaredInClassesThat()
        .resideInAPackage(STATE)
        .should()
        .haveModifier(com.tngtech.archunit.core.domain.JavaModifier.SYNCHRONIZED)
        .because("the caller keeps readers apart from the one writer")
        .check(Code.CLASSES);
  }
}
