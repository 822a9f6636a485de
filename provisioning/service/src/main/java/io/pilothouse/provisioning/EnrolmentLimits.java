package io.pilothouse.provisioning;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.LongSupplier;

/**
 * How often the enrolment port answers. Whoever has proven nothing yet must not use up what others
 * need: each source address has an allowance of its own, only what has the form of a request comes
 * to that of all newcomers, and renewals have another.
 */
final class EnrolmentLimits {
  /** Each costs signatures and an entry in the log; a rack of machines comes in a few seconds. */
  private static final int A_SECOND = 20;

  private static final int AT_ONCE = 60;

  private static final int A_SECOND_FROM_ONE = 5;
  private static final int AT_ONCE_FROM_ONE = 20;

  /** Answers get lost, but not all day; each certificate is kept in the authority's register. */
  private static final double CERTIFICATES_A_SECOND = 1 / 60.0;

  private static final int CERTIFICATES_AT_ONCE = 5;

  /** Of sources and of machines; those that came longest ago start anew. */
  private static final int REMEMBERED = 10_000;

  private final LongSupplier nanoTime;
  private final Allowance newcomers;
  private final Allowance renewals;
  private final Map<String, Allowance> sources = latest();
  private final Map<String, Allowance> machines = latest();

  EnrolmentLimits(LongSupplier nanoTime) {
    this.nanoTime = nanoTime;
    this.newcomers = new Allowance(A_SECOND, AT_ONCE, nanoTime);
    this.renewals = new Allowance(A_SECOND, AT_ONCE, nanoTime);
  }

  private static Map<String, Allowance> latest() {
    return new LinkedHashMap<>(16, 0.75f, true) {
      private static final long serialVersionUID = 1L;

      @Override
      protected boolean removeEldestEntry(Map.Entry<String, Allowance> eldest) {
        return size() > REMEMBERED;
      }
    };
  }

  /** Any request of one that shows no certificate. */
  void source(String address) throws Enrolment.Refused {
    if (!of(sources, address, A_SECOND_FROM_ONE, AT_ONCE_FROM_ONE).take()) {
      throw tooMany(
          "more than %s requests a second come from %s".formatted(A_SECOND_FROM_ONE, address));
    }
  }

  /** One that may cost an entry in the log. */
  void newcomer() throws Enrolment.Refused {
    if (!newcomers.take()) {
      throw tooMany("more than %s certificates are asked for a second".formatted(A_SECOND));
    }
  }

  /** One of a machine that has proven its name by its certificate. */
  void renewal() throws Enrolment.Refused {
    if (!renewals.take()) {
      throw tooMany("more than %s renewals are asked for a second".formatted(A_SECOND));
    }
  }

  /** A certificate of a machine, which has proven to be it. */
  void certificate(String machine) throws Enrolment.Refused {
    if (!of(machines, machine, CERTIFICATES_A_SECOND, CERTIFICATES_AT_ONCE).take()) {
      throw tooMany(
          "%s got %s certificates within a short time".formatted(machine, CERTIFICATES_AT_ONCE));
    }
  }

  private Allowance of(Map<String, Allowance> all, String key, double aSecond, double most) {
    synchronized (all) {
      return all.computeIfAbsent(key, each -> new Allowance(aSecond, most, nanoTime));
    }
  }

  private static Enrolment.Refused tooMany(String message) {
    return new Enrolment.Refused(429, message, "try again later");
  }
}
