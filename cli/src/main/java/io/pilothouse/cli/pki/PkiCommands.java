package io.pilothouse.cli.pki;

import io.pilothouse.cli.Pilot;
import java.util.Map;
import java.util.function.Supplier;
import picocli.CommandLine;

/** The noun {@code pki}. */
public final class PkiCommands {
  private PkiCommands() {}

  /** Adds it with how to build it. */
  public static void addTo(Map<String, Supplier<CommandLine>> nouns) {
    nouns.put(
        "pki",
        () ->
            Pilot.noun(
                "pki",
                "Certificates for mutual TLS: an authority in a directory, and what it issues.",
                new PkiInit(),
                new PkiIssue(),
                new PkiRenew(),
                new PkiRevoke(),
                new PkiShow()));
  }
}
